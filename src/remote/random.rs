//! Words that nobody can guess.

/// So many random bytes, in lower-case hexadecimal digits.
///
/// # Errors
///
/// [`getrandom::Error`] where the system has no randomness.
pub fn random_word(bytes: usize) -> Result<String, getrandom::Error> {
    let mut random = vec![0_u8; bytes];
    getrandom::fill(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A word that begins like this and that no text holds by chance. Without randomness it always is the same, and still is none
/// that a login shell prints or a file of a host holds.
pub(super) fn unlikely_word(beginning: &str) -> String {
    let digits = random_word(16).unwrap_or_else(|_| "0".repeat(32));
    format!("{beginning}-{digits}")
}
