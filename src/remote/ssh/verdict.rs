//! What the messages of `ssh(1)` mean where the script did not start.

use crate::model::PrivilegeCommand;
use crate::remote::transport::{Target, TransportError};

/// The most characters of a message that are repeated.
const MOST_CHARACTERS: usize = 200;

/// Why a script did not start, by the status and the messages of the client.
pub(super) fn not_started(target: &Target, status: Option<i32>, stderr: &[u8]) -> TransportError {
    let destination = target.destination.clone();
    let why = last_words(stderr);
    let text = String::from_utf8_lossy(stderr);
    let says = |words: &str| text.contains(words);
    if status != Some(255) {
        let command = match target.become_root {
            PrivilegeCommand::None => return TransportError::NoShell { destination, why },
            PrivilegeCommand::Doas => "doas",
            PrivilegeCommand::Sudo => "sudo",
        };
        return TransportError::Privilege {
            destination,
            command,
            why,
        };
    }
    if says("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        let why = "its host key is not the one that known_hosts has".to_owned();
        TransportError::HostKey { destination, why }
    } else if says("Host key verification failed") {
        let why = "its host key is not known".to_owned();
        TransportError::HostKey { destination, why }
    } else if says("Permission denied (") || says("Too many authentication failures") {
        TransportError::Refused { destination, why }
    } else {
        TransportError::Unreachable { destination, why }
    }
}

/// The last line that says something, without control characters.
pub(super) fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let plain = |line: &str| -> String {
        line.chars()
            .filter(|c| !c.is_control())
            .take(MOST_CHARACTERS)
            .collect::<String>()
            .trim()
            .to_owned()
    };
    // What a jump host or a ProxyCommand leaves behind says less than the line before it.
    let vague = |line: &String| line.contains("UNKNOWN port 65535");
    let lines: Vec<String> = text
        .lines()
        .map(plain)
        .filter(|line| !line.is_empty())
        .collect();
    let telling = lines.iter().rev().find(|line| !vague(line));
    let line = telling.or(lines.last()).map_or("", String::as_str);
    let line = line.strip_prefix("ssh: ").unwrap_or(line);
    if line.is_empty() {
        "nothing was said".to_owned()
    } else {
        line.to_owned()
    }
}
