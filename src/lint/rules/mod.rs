//! The rules, one file each.

pub(super) mod duplicate_vhid;
pub(super) mod missing_pass;
pub(super) mod unknown_key;
