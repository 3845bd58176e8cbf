//! What a rule is, and the list of all of them.

use super::engine::Findings;
use super::hosts::{HostFindings, Hosts};
use super::rules;
use crate::config::Description;
use crate::model::Severity;

/// Which commands an error of a rule stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// Every command but `lint`: the description cannot be understood, or no kernel takes it.
    Everything,
    /// `render`, `plan` and `apply`: a broken cluster can still be simulated.
    Rendering,
}

/// A rule of the linter.
#[derive(Debug)]
pub struct Rule {
    /// Its code, `CG` and three digits. It never changes its meaning.
    pub code: &'static str,
    /// Its name: it completes "allow …".
    pub name: &'static str,
    /// The severity of its findings, or the highest one where the condition decides.
    pub severity: Severity,
    /// What its errors stop.
    pub refuses: Refuses,
    /// The version that brought it.
    pub since: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// What `lint --fix` does about its findings, as the end of a sentence; none where it does nothing.
    pub fix: Option<&'static str>,
    /// It looks at descriptions.
    pub on_descriptions: bool,
    /// It looks at the files of hosts.
    pub on_hosts: bool,
    /// Looks at a description.
    pub check: fn(&Description<'_>, &mut Findings<'_>),
    /// Looks at the files of hosts.
    pub check_hosts: fn(&Hosts<'_>, &mut HostFindings<'_>),
}

impl Rule {
    /// The first line of the page: what the rule finds.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        let body = self.page.trim_start();
        body.lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default()
    }

    /// The first paragraph under "Why it matters", on one line.
    #[must_use]
    pub fn reason(&self) -> String {
        let behind = self.page.split_once("## Why it matters");
        behind
            .map_or(self.page, |(_, behind)| behind)
            .lines()
            .map(str::trim)
            .skip_while(|line| line.is_empty())
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Defines a rule from its doc comment, which is its page. It looks at descriptions with a function `check`; with `for
/// hosts` it looks only at the files of hosts, with a function `check_hosts`, and with `for both` at both.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $static:ident = $code:literal, $name:literal, $severity:ident $(, refuses $refuses:ident)? $(, for $subject:ident)? $(, fix $fix:literal)?) => {
        $(#[doc = $doc])+
        pub(in crate::lint) static $static: crate::lint::registry::Rule = crate::lint::registry::Rule {
            code: $code,
            name: $name,
            severity: crate::model::Severity::$severity,
            refuses: crate::lint::registry::refuses!($($refuses)?),
            since: "0.1.0",
            page: concat!($($doc, "\n"),+),
            fix: crate::lint::registry::fix!($($fix)?),
            on_descriptions: crate::lint::registry::is_on!(descriptions $($subject)?),
            on_hosts: crate::lint::registry::is_on!(hosts $($subject)?),
            check: crate::lint::registry::on_description!($($subject)?),
            check_hosts: crate::lint::registry::on_hosts!($($subject)?),
        };
    };
}

/// What the errors of a rule stop, where the rule does not say.
macro_rules! refuses {
    () => {
        crate::lint::registry::Refuses::Rendering
    };
    ($refuses:ident) => {
        crate::lint::registry::Refuses::$refuses
    };
}

/// What the fix of a rule does, where it has one.
macro_rules! fix {
    () => {
        None
    };
    ($fix:literal) => {
        Some($fix)
    };
}

/// Whether a rule looks at a subject.
macro_rules! is_on {
    (descriptions hosts) => {
        false
    };
    (hosts) => {
        false
    };
    (descriptions) => {
        true
    };
    ($subject:ident both) => {
        true
    };
    (hosts hosts) => {
        true
    };
}

/// What a rule does with a description.
macro_rules! on_description {
    (hosts) => {
        |_, _| {}
    };
    ($(both)?) => {
        check
    };
}

/// What a rule does with the files of hosts.
macro_rules! on_hosts {
    () => {
        |_, _| {}
    };
    ($subject:ident) => {
        check_hosts
    };
}

pub(super) use {fix, is_on, on_description, on_hosts, refuses, rule};

/// The rule of a name or code.
#[must_use]
pub fn rule_named(text: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|rule| rule.name == text || rule.code.eq_ignore_ascii_case(text))
}

/// All rules, by code. It feeds the runner, `explain`, the documentation and the tests.
pub static RULES: &[&Rule] = &[
    &rules::unreadable_description::UNREADABLE_DESCRIPTION,
    &rules::unknown_key::UNKNOWN_KEY,
    &rules::bad_value::BAD_VALUE,
    &rules::duplicate_name::DUPLICATE_NAME,
    &rules::unknown_name::UNKNOWN_NAME,
    &rules::node_without_interface::NODE_WITHOUT_INTERFACE,
    &rules::address_outside_segment::ADDRESS_OUTSIDE_SEGMENT,
    &rules::skew_against_priority::SKEW_AGAINST_PRIORITY,
    &rules::ssh_to_vip::SSH_TO_VIP,
    &rules::auto_without_mirror::AUTO_WITHOUT_MIRROR,
    &rules::unused_allow::UNUSED_ALLOW,
    &rules::unterminated_quote::UNTERMINATED_QUOTE,
    &rules::carriage_return::CARRIAGE_RETURN,
    &rules::broken_continuation::BROKEN_CONTINUATION,
    &rules::not_an_assignment::NOT_AN_ASSIGNMENT,
    &rules::malformed_loader_line::MALFORMED_LOADER_LINE,
    &rules::unset_variable::UNSET_VARIABLE,
    &rules::overridden_assignment::OVERRIDDEN_ASSIGNMENT,
    &rules::missing_pass_keyword::MISSING_PASS_KEYWORD,
    &rules::unknown_keyword::UNKNOWN_KEYWORD,
    &rules::keyword_before_vhid::KEYWORD_BEFORE_VHID,
    &rules::garbled_value::GARBLED_VALUE,
    &rules::alias_without_family::ALIAS_WITHOUT_FAMILY,
    &rules::inet6_not_first::INET6_NOT_FIRST,
    &rules::aliases_without_family::ALIASES_WITHOUT_FAMILY,
    &rules::inet6_without_base::INET6_WITHOUT_BASE,
    &rules::alias_gap::ALIAS_GAP,
    &rules::empty_alias::EMPTY_ALIAS,
    &rules::odd_alias_name::ODD_ALIAS_NAME,
    &rules::live_without_alias::LIVE_WITHOUT_ALIAS,
    &rules::vhid_in_removal::VHID_IN_REMOVAL,
    &rules::not_evaluated::NOT_EVALUATED,
    &rules::shell_syntax_error::SHELL_SYNTAX_ERROR,
    &rules::vhid_out_of_range::VHID_OUT_OF_RANGE,
    &rules::advbase_out_of_range::ADVBASE_OUT_OF_RANGE,
    &rules::advskew_out_of_range::ADVSKEW_OUT_OF_RANGE,
    &rules::skew_clamped::SKEW_CLAMPED,
    &rules::vrrp_out_of_range::VRRP_OUT_OF_RANGE,
    &rules::bad_address::BAD_ADDRESS,
    &rules::missing_pass::MISSING_PASS,
    &rules::pass_truncated::PASS_TRUNCATED,
    &rules::pass_hangs_boot::PASS_HANGS_BOOT,
    &rules::range_hangs_boot::RANGE_HANGS_BOOT,
    &rules::pass_evaluated::PASS_EVALUATED,
    &rules::pass_reserved_word::PASS_RESERVED_WORD,
    &rules::guessable_pass::GUESSABLE_PASS,
    &rules::pass_in_clear::PASS_IN_CLEAR,
    &rules::vrrp_with_pass::VRRP_WITH_PASS,
    &rules::missing_prefix::MISSING_PREFIX,
    &rules::vip_is_network_address::VIP_IS_NETWORK_ADDRESS,
    &rules::vip_is_node_address::VIP_IS_NODE_ADDRESS,
    &rules::vip_outside_parent_subnet::VIP_OUTSIDE_PARENT_SUBNET,
    &rules::vip_outside_subnet::VIP_OUTSIDE_SUBNET,
    &rules::mask_differs_from_subnet::MASK_DIFFERS_FROM_SUBNET,
    &rules::vip_in_two_vhids::VIP_IN_TWO_VHIDS,
    &rules::vip_repeated::VIP_REPEATED,
    &rules::vip_without_vhid::VIP_WITHOUT_VHID,
    &rules::vhid_without_address::VHID_WITHOUT_ADDRESS,
    &rules::duplicate_vhid::DUPLICATE_VHID,
    &rules::duplicate_node_address::DUPLICATE_NODE_ADDRESS,
    &rules::unsupported_interface::UNSUPPORTED_INTERFACE,
    &rules::vhid_on_member_port::VHID_ON_MEMBER_PORT,
    &rules::vlan_on_bridge::VLAN_ON_BRIDGE,
    &rules::dhcp_on_carp_interface::DHCP_ON_CARP_INTERFACE,
    &rules::interface_not_configured::INTERFACE_NOT_CONFIGURED,
    &rules::missing_node_address::MISSING_NODE_ADDRESS,
    &rules::equal_skew::EQUAL_SKEW,
    &rules::narrow_skew::NARROW_SKEW,
    &rules::advbase_differs::ADVBASE_DIFFERS,
    &rules::conflicting_parameters::CONFLICTING_PARAMETERS,
    &rules::preempt_differs::PREEMPT_DIFFERS,
    &rules::preempt_off::PREEMPT_OFF,
    &rules::demotion_too_small::DEMOTION_TOO_SMALL,
    &rules::senderr_trap::SENDERR_TRAP,
    &rules::slow_takeover::SLOW_TAKEOVER,
    &rules::vrrp_priority_equal::VRRP_PRIORITY_EQUAL,
    &rules::vrrp_interval_differs::VRRP_INTERVAL_DIFFERS,
    &rules::vrrp_ignores_demotion::VRRP_IGNORES_DEMOTION,
    &rules::differing_key::DIFFERING_KEY,
    &rules::differing_address_set::DIFFERING_ADDRESS_SET,
    &rules::differing_vhid::DIFFERING_VHID,
    &rules::differing_mask::DIFFERING_MASK,
    &rules::lone_vhid::LONE_VHID,
    &rules::differing_version::DIFFERING_VERSION,
    &rules::peer_mismatch::PEER_MISMATCH,
    &rules::mixed_family_unicast::MIXED_FAMILY_UNICAST,
    &rules::unicast_with_many_nodes::UNICAST_WITH_MANY_NODES,
    &rules::live_differs_from_boot::LIVE_DIFFERS_FROM_BOOT,
    &rules::two_masters::TWO_MASTERS,
    &rules::vhid_in_init::VHID_IN_INIT,
    &rules::demoted_host::DEMOTED_HOST,
    &rules::uneven_mirror::UNEVEN_MIRROR,
    &rules::mirror_without_preempt::MIRROR_WITHOUT_PREEMPT,
    &rules::shared_vip_without_arpbalance::SHARED_VIP_WITHOUT_ARPBALANCE,
    &rules::arpbalance_differs::ARPBALANCE_DIFFERS,
    &rules::arpbalance_order::ARPBALANCE_ORDER,
    &rules::arpbalance_removed::ARPBALANCE_REMOVED,
    &rules::legacy_interface_after_9::LEGACY_INTERFACE_AFTER_9,
    &rules::vhid_before_10::VHID_BEFORE_10,
    &rules::unicast_before_14::UNICAST_BEFORE_14,
    &rules::vrrp_before_15::VRRP_BEFORE_15,
    &rules::bad_sysctl::BAD_SYSCTL,
    &rules::peer_looks_multicast::PEER_LOOKS_MULTICAST,
    &rules::live_readds_vip::LIVE_READDS_VIP,
    &rules::live_changes_running_vhid::LIVE_CHANGES_RUNNING_VHID,
    &rules::wrong_module_name::WRONG_MODULE_NAME,
    &rules::carp_not_loaded::CARP_NOT_LOADED,
    &rules::carp_in_kld_list::CARP_IN_KLD_LIST,
    &rules::sysctl_in_loader_conf::SYSCTL_IN_LOADER_CONF,
    &rules::demotion_in_sysctl_conf::DEMOTION_IN_SYSCTL_CONF,
    &rules::demotion_is_added::DEMOTION_IS_ADDED,
    &rules::allow_off::ALLOW_OFF,
    &rules::vip_set_elsewhere::VIP_SET_ELSEWHERE,
    &rules::netif_restart::NETIF_RESTART,
    &rules::carp_blocked_by_pf::CARP_BLOCKED_BY_PF,
    &rules::carp_routed_by_pf::CARP_ROUTED_BY_PF,
    &rules::nat_from_any::NAT_FROM_ANY,
    &rules::pfsync_interfaces_differ::PFSYNC_INTERFACES_DIFFER,
    &rules::devd_never_fires::DEVD_NEVER_FIRES,
    &rules::devd_misses_interface::DEVD_MISSES_INTERFACE,
];
