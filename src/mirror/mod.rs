//! Mirror-image assignment.
