//! Which files make up rc.conf, and in which order: `load_rc_config` of `rc.subr`.

use crate::model::Release;

/// Where a file stands among those that `rc.d/netif` of a release reads: files are read in ascending order, and
/// one without a place is not read. The path is that on the host, with or without `/etc/` before it.
///
/// `rc.conf.d/network` and `rc.conf.d/netif` may be a file, or from 10 on a folder of files, which are read in the
/// order of their names. Up to 10 the script is known as `network` only.
#[must_use]
pub fn rc_conf_order(path: &str, release: Release) -> Option<(u8, String)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_prefix("etc/").unwrap_or(path);
    match path {
        "rc.conf" => return Some((0, String::new())),
        "rc.conf.local" => return Some((1, String::new())),
        _ => {}
    }
    let (script, name) = match path.strip_prefix("rc.conf.d/")?.split_once('/') {
        Some((script, name)) => (script, name),
        None => (path.strip_prefix("rc.conf.d/")?, ""),
    };
    let folders = release >= Release::R10;
    // `"${folder}"/*` matches no name with a leading dot, and what it matches must be a file.
    let in_folder = !name.is_empty();
    if in_folder && (!folders || name.starts_with('.') || name.contains('/')) {
        return None;
    }
    match script {
        "network" => Some((2, name.to_owned())),
        "netif" if release >= Release::R11 => Some((3, name.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_the_order_of_the_release() {
        let order = |release| {
            let mut files = [
                "rc.conf.d/netif",
                "rc.conf.d/network/b",
                "etc/rc.conf.local",
                "/etc/rc.conf",
                "rc.conf.d/network/a",
                "rc.conf.d/routing",
            ]
            .iter()
            .filter_map(|path| Some((rc_conf_order(path, release)?, *path)))
            .collect::<Vec<_>>();
            files.sort();
            files.into_iter().map(|(_, path)| path).collect::<Vec<_>>()
        };
        let both = ["/etc/rc.conf", "etc/rc.conf.local"];
        assert_eq!(order(Release::R9), both);
        assert_eq!(
            order(Release::R10),
            [&both[..], &["rc.conf.d/network/a", "rc.conf.d/network/b"]].concat()
        );
        assert_eq!(
            order(Release::R14),
            [
                &both[..],
                &[
                    "rc.conf.d/network/a",
                    "rc.conf.d/network/b",
                    "rc.conf.d/netif"
                ]
            ]
            .concat()
        );
    }
}
