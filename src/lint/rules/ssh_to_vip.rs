//! `ssh-to-vip`

use std::net::IpAddr;

use crate::config::Description;
use crate::lint::addresses::vips;
use crate::lint::engine::Findings;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds nodes that are reached by `ssh` under a VIP of the cluster.
    ///
    /// ## Why it matters
    ///
    /// A VIP leads to whichever node is master at that moment. A change meant for one node would reach the other one, and half way
    /// through a failover it would reach both.
    ///
    /// ## Example
    ///
    /// ```toml
    /// ssh = "root@192.0.2.10"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// ssh = "root@192.0.2.2"
    /// ```
    SSH_TO_VIP = "CG009", "ssh-to-vip", Warning
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    for node in &cluster.nodes {
        let Some(address) = host_part(&node.ssh) else {
            continue;
        };
        for vhid in &cluster.vhids {
            let mut placed = vips(description, vhid).into_iter();
            let Some(vip) = placed.find(|placed| placed.vip.address() == address) else {
                continue;
            };
            let message = format!(
                "node {} is reached under VIP {address} of {}: that leads to whichever node is master",
                node.name,
                vhid.label()
            );
            let own = node
                .interfaces
                .iter()
                .flat_map(|interface| &interface.addresses)
                .next();
            let help = own.map_or_else(
                || "write the node's own name or address".to_owned(),
                |own| {
                    format!(
                        "write the node's own name or address, such as {}",
                        own.addr()
                    )
                },
            );
            let finding = Finding::new(Severity::Warning, node.route.key("ssh"), message, help)
                .about(&node.name);
            findings.add(finding.and(vip.at, "the VIP"));
        }
    }
}

/// The address behind `user@` and `ssh://`, without a port.
fn host_part(destination: &str) -> Option<IpAddr> {
    let rest = destination.strip_prefix("ssh://").unwrap_or(destination);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.split_once(']'))
        .map(|(host, _)| host);
    let plain = host.split([':', '/']).next()?;
    bracketed.unwrap_or(plain).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_every_form_that_ssh_takes() {
        let v4: IpAddr = "192.0.2.1".parse().unwrap();
        for text in [
            "192.0.2.1",
            "root@192.0.2.1",
            "ssh://root@192.0.2.1:2222",
            "ssh://192.0.2.1/",
        ] {
            assert_eq!(host_part(text), Some(v4), "{text}");
        }
        assert_eq!(
            host_part("ssh://root@[2001:db8::1]:22"),
            "2001:db8::1".parse().ok()
        );
        assert_eq!(host_part("root@2001:db8::1"), "2001:db8::1".parse().ok());
        assert_eq!(host_part("root@fw1.example.net"), None);
    }
}
