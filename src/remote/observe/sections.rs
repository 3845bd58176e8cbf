//! The sections of an answer: any bytes between two lines with a nonce.

/// A section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    /// `output`, `file` and the like.
    pub(super) kind: &'a str,
    /// The name of an output; mode and path of a file.
    pub(super) words: &'a str,
    /// What stands in it, to the byte.
    pub(super) content: &'a [u8],
    /// How the command ended that printed it.
    pub(super) status: i32,
    /// Its message.
    pub(super) why: &'a str,
}

/// The whole sections of an answer. What stands between sections, and a section without an end, is passed over.
pub(super) fn sections<'a>(answer: &'a [u8], nonce: &str) -> Vec<Section<'a>> {
    let (begin, end) = (format!("{nonce} begin "), format!("\n{nonce} end "));
    let mut found = Vec::new();
    let mut rest = answer;
    while let Some(at) = find(rest, begin.as_bytes()) {
        rest = &rest[at + begin.len()..];
        let Some((words, behind)) = line(rest) else {
            break;
        };
        let Some(at) = find(behind, end.as_bytes()) else {
            break;
        };
        let content = &behind[..at];
        let Some((ending, after)) = line(&behind[at + end.len()..]) else {
            break;
        };
        rest = after;
        let (kind, words) = words.split_once(' ').unwrap_or((words, ""));
        let (status, why) = ending.split_once(' ').unwrap_or((ending, ""));
        if let Ok(status) = status.parse() {
            found.push(Section {
                kind,
                words,
                content,
                status,
                why,
            });
        }
    }
    found
}

/// The text up to a newline, and what stands behind it.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    // A path in another encoding is shown up to where it is one.
    let text = match std::str::from_utf8(&bytes[..at]) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or(""),
    };
    Some((text, &bytes[at + 1..]))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}
