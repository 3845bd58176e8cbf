//! The rules, one file each.

pub(super) mod address_outside_segment;
pub(super) mod advbase_out_of_range;
pub(super) mod advskew_out_of_range;
pub(super) mod auto_without_mirror;
pub(super) mod bad_address;
pub(super) mod bad_value;
pub(super) mod duplicate_name;
pub(super) mod duplicate_vhid;
pub(super) mod guessable_pass;
pub(super) mod missing_pass;
pub(super) mod node_without_interface;
pub(super) mod pass_evaluated;
pub(super) mod pass_hangs_boot;
pub(super) mod pass_in_clear;
pub(super) mod pass_reserved_word;
pub(super) mod pass_truncated;
pub(super) mod skew_against_priority;
pub(super) mod skew_clamped;
pub(super) mod ssh_to_vip;
pub(super) mod unknown_key;
pub(super) mod unknown_name;
pub(super) mod unreadable_description;
pub(super) mod vhid_out_of_range;
pub(super) mod vrrp_out_of_range;
pub(super) mod vrrp_with_pass;
