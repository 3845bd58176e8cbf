//! `carpgen keygen`

use std::io::Write as _;

use zeroize::Zeroizing;

use super::Outcome;
use super::error::CommandError;
use super::ui::Ui;
use crate::model::Secret;

/// Letters and digits survive both shells, `ifconfig(8)` and every release, in every position.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Prints a key that is as long as counts: 113 bits from the system's random source.
pub(super) fn run(ui: &mut Ui) -> Result<Outcome, CommandError> {
    let mut key = Zeroizing::new(String::with_capacity(Secret::EFFECTIVE_BYTES));
    while key.len() < Secret::EFFECTIVE_BYTES {
        let mut byte = [0_u8; 1];
        getrandom::fill(&mut byte).map_err(|error| {
            CommandError::bad_input(format!("the system gives no random numbers: {error}"))
        })?;
        // 248 is the largest multiple of 62 in a byte: above it the first characters would be likelier.
        if byte[0] < 248 {
            key.push(char::from(ALPHABET[usize::from(byte[0]) % ALPHABET.len()]));
        }
    }
    writeln!(ui.out, "{}", *key)?;
    Ok(Outcome::Clean)
}
