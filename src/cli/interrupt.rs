//! Ctrl-C, and kill(1) without more words: the first one is heard by whoever looks, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

use super::error::CommandError;

/// A flag that the first Ctrl-C raises.
pub(super) fn flag() -> Result<Arc<AtomicBool>, CommandError> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // A second one ends the program at once, as it would have without us.
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| {
                CommandError::bad_input(format!("cannot listen for Ctrl-C: {error}"))
            })?;
    }
    Ok(stop)
}
