//! Files with the line ends of other systems.

use crate::dialect::parse::{FileKind, file_kind};

/// The text of a file as if none of its lines ended in CR LF; none where it is right as it is, or where a CR does no
/// harm. Every byte but those beside a line end stays where it is, so that places hold for both texts.
#[must_use]
pub fn without_carriage_returns(path: &str, text: &str) -> Option<String> {
    let matters = matches!(
        file_kind(path)?,
        FileKind::RcConf | FileKind::Script | FileKind::BootScript | FileKind::SysctlConf
    );
    // A continued line stays one: its backslash moves to where the CR was.
    (matters && text.contains("\r\n"))
        .then(|| text.replace("\\\r\n", " \\\n").replace("\r\n", " \n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_mended_and_nothing_moves() {
        let mended = without_carriage_returns("rc.conf", "a=\"b \\\r\n c\"\r\nd=e\n").unwrap();
        assert_eq!(mended, "a=\"b  \\\n c\" \nd=e\n");
        assert_eq!(without_carriage_returns("rc.conf", "a=b\n"), None);
        assert_eq!(without_carriage_returns("loader.conf", "a=b\r\n"), None);
    }
}
