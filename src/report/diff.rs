//! What changes in files, as a unified diff for people: keys are masked.

use std::fmt::Write as _;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use super::resolved::{File, Report};

/// How many lines are shown around a change, as in diff(1).
const CONTEXT: usize = 3;

/// The lines that change between two reports about the same files.
#[must_use]
pub fn diff(before: &Report<'_>, after: &Report<'_>) -> String {
    let mut text = String::new();
    for (old, new) in before.files.iter().zip(&after.files) {
        if old.text != new.text {
            text.push_str(&of_file(old, new));
        }
    }
    text
}

fn of_file(old: &File<'_>, new: &File<'_>) -> String {
    let (before, after) = (lines(old.text), lines(new.text));
    let shown_before = shown(old, new);
    let shown_after = shown(new, old);
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    let mut text = format!("--- {}\n+++ {}\n", old.path, new.path);
    for group in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let old = first.old_range().start..last.old_range().end;
        let new = first.new_range().start..last.new_range().end;
        let _ = writeln!(text, "@@ -{} +{} @@", hunk(&old), hunk(&new));
        for op in &group {
            let (removed, added) = match op {
                DiffOp::Equal { .. } => {
                    write(&mut text, ' ', &shown_after[op.new_range()]);
                    continue;
                }
                _ => (op.old_range(), op.new_range()),
            };
            write(&mut text, '-', &shown_before[removed]);
            write(&mut text, '+', &shown_after[added]);
        }
    }
    text
}

/// The first line of some lines and their number, which is left out where it is 1.
fn hunk(lines: &std::ops::Range<usize>) -> String {
    match lines.len() {
        // Nothing stands behind this line.
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        number => format!("{},{number}", lines.start + 1),
    }
}

fn write(text: &mut String, mark: char, lines: &[String]) {
    for line in lines {
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines of a file without the keys of both versions. A masked text is as long as the other; a line ends where it did,
/// even within a key.
fn shown(file: &File<'_>, other: &File<'_>) -> Vec<String> {
    let masked = file.shown_beside(other);
    let mut start = 0;
    let shown = lines(file.text).into_iter().map(|line| {
        let text = masked.get(start..start + line.len());
        start += line.len();
        // Where a mask covers a part of a character there is nothing to be shown.
        let mut text = text.map_or_else(|| "*".repeat(line.len()), str::to_owned);
        if line.ends_with('\n') && !text.ends_with('\n') {
            text.pop();
            text.push('\n');
        }
        text
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(old: &str, new: &str) -> String {
        let report = |text| Report {
            files: vec![File::new("rc.conf", "./a/rc.conf", text)],
            ..Report::default()
        };
        diff(&report(old), &report(new))
    }

    #[test]
    fn lines_are_shown_as_diff_shows_them() {
        assert_eq!(changed("a\n", "a\n"), "");
        assert_eq!(
            changed("1\n2\n3\n4\nx\n5\n", "1\n2\n3\n4\ny\n5"),
            "--- a/rc.conf\n+++ a/rc.conf\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-x\n-5\n+y\n+5\n\\ No newline at end of file\n"
        );
        assert_eq!(
            changed("a\n", ""),
            "--- a/rc.conf\n+++ a/rc.conf\n@@ -1 +0,0 @@\n-a\n"
        );
    }

    #[test]
    fn keys_are_masked() {
        let shown = changed("x pass S3cret\n", "y pass S3cret\n");
        assert!(
            shown.ends_with("-x pass ******\n+y pass ******\n"),
            "{shown}"
        );
    }
}
