//! The rules, one file each.

pub mod duplicate_vhid;
pub mod missing_pass;
pub mod unknown_key;
