//! Ctrl-C: the first one is heard by whoever looks, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::error::CommandError;

/// A flag that the first Ctrl-C raises.
pub(super) fn flag() -> Result<Arc<AtomicBool>, CommandError> {
    let stop = Arc::new(AtomicBool::new(false));
    // A second Ctrl-C ends the program at once, as it would have without us.
    let conditional = signal_hook::flag::register_conditional_default(
        signal_hook::consts::SIGINT,
        Arc::clone(&stop),
    );
    conditional
        .and_then(|_| signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&stop)))
        .map_err(|error| CommandError::bad_input(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(stop)
}
