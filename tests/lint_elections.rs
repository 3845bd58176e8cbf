//! The boundaries of the rules about elections, mirror images, releases and sysctls.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use carpgen::config::{Description, examples::EXAMPLES};
use carpgen::lint::{LintFinding, Refusal, check};
use carpgen::model::Severity;

/// Nodes `a`, `b`, … on the segments lan and wan, with `keys` in `[cluster]` and `rest` at the end.
fn cluster(nodes: &str, keys: &str, rest: &str) -> String {
    let mut text = format!("[cluster]\nname = \"t\"\npass = {{ env = \"KEY\" }}\n{keys}\n");
    for (position, name) in nodes.chars().enumerate() {
        let host = position + 2;
        text += &format!(
            "[[node]]\nname = \"{name}\"\n[node.interfaces]\nlan = {{ name = \"em0\", addresses = [\"10.0.0.{host}/24\", \"fd00::{host}/64\"] }}\nwan = {{ name = \"em1\", addresses = [\"10.0.1.{host}/24\"] }}\n"
        );
    }
    text + rest
}

/// A vhid on a segment with the VIP 10.0.N.100+ID.
fn vhid(id: u8, segment: &str, keys: &str) -> String {
    let net = u8::from(segment == "wan");
    format!(
        "[[vhid]]\nid = {id}\nsegment = \"{segment}\"\nvips = [\"10.0.{net}.{}/32\"]\n{keys}\n",
        id + 100
    )
}

/// The findings of one rule.
fn of(rule: &str, text: &str) -> Vec<LintFinding> {
    let description = Description::read(text);
    assert_eq!(description.source.syntax_errors(), [], "{text}");
    let mut found = check(&description, true);
    found.retain(|f| f.rule.name == rule);
    found
}

/// How often a rule fires.
fn count(rule: &str, text: &str) -> usize {
    of(rule, text).len()
}

/// The only message of a rule.
fn message(rule: &str, text: &str) -> String {
    let found = of(rule, text);
    assert_eq!(found.len(), 1, "{rule}: {found:#?}");
    found[0].finding.message.clone()
}

const AB: &str = "release = \"14\"\npriority = [\"a\", \"b\"]";

#[test]
fn the_examples_have_no_error_and_no_warning() {
    for example in EXAMPLES {
        let found = check(&Description::read(example.text), true);
        let loud: Vec<_> = found
            .iter()
            .filter(|f| f.finding.severity > Severity::Info)
            .collect();
        assert!(loud.is_empty(), "{}: {loud:#?}", example.name);
    }
}

#[test]
fn preemption_matters_from_two_segments_on() {
    let off = format!("{AB}\npreempt = false");
    let both = vhid(1, "lan", "") + &vhid(2, "wan", "");
    let lan = vhid(1, "lan", "") + &vhid(2, "lan", "");
    assert_eq!(count("preempt-off", &cluster("ab", &off, &both)), 1);
    assert_eq!(count("preempt-off", &cluster("ab", &off, &lan)), 0);
    assert_eq!(count("preempt-off", &cluster("ab", AB, &both)), 0);
    let sysctl = format!("{AB}\nsysctl = {{ \"net.inet.carp.preempt\" = 0 }}");
    let found = of("preempt-off", &cluster("ab", &sysctl, &both));
    assert_eq!(
        found[0].finding.at.to_string(),
        "cluster.sysctl.net.inet.carp.preempt"
    );
}

#[test]
fn a_demotion_must_exceed_the_step_to_the_next_node() {
    let both = vhid(1, "lan", "") + &vhid(2, "wan", "");
    let lan = vhid(1, "lan", "");
    for (factor, vhids, release, expected) in [
        (99, &both, "14", 1),
        (100, &both, "14", 1),
        (101, &both, "14", 0),
        (0, &both, "10", 1),
        (0, &both, "9", 0),
        (0, &lan, "14", 0),
    ] {
        let keys = format!(
            "release = \"{release}\"\npriority = [\"a\", \"b\"]\nsysctl = {{ \"net.inet.carp.ifdown_demotion_factor\" = {factor} }}"
        );
        let text = cluster("ab", &keys, vhids);
        assert_eq!(count("demotion-too-small", &text), expected, "{text}");
    }
}

#[test]
fn send_errors_demote_unless_the_factor_is_0() {
    let lan = vhid(1, "lan", "");
    let factor =
        |n: &str| format!("{AB}\nsysctl = {{ \"net.inet.carp.senderr_demotion_factor\" = {n} }}");
    let rule = "senderr-trap";
    assert_eq!(count(rule, &cluster("ab", AB, &lan)), 1);
    assert_eq!(count(rule, &cluster("ab", &factor("1"), &lan)), 1);
    assert_eq!(count(rule, &cluster("ab", &factor("0"), &lan)), 0);
    assert_eq!(count(rule, &cluster("ab", &factor("\"x\""), &lan)), 0);
    let off = format!("{AB}\npreempt = false");
    assert_eq!(count(rule, &cluster("ab", &off, &lan)), 0);
    let nine = AB.replace("14", "9");
    assert_eq!(count(rule, &cluster("ab", &nine, &lan)), 0);
}

#[test]
fn a_takeover_is_slow_from_ten_seconds_on() {
    for (advbase, skew, expected) in [(3, 254, 0), (4, 1, 1), (1, 254, 0)] {
        let keys = format!("advbase = {advbase}\nadvskew = {{ a = 0, b = {skew} }}");
        let text = cluster("ab", "release = \"14\"", &vhid(1, "lan", &keys));
        assert_eq!(count("slow-takeover", &text), expected, "{text}");
    }
    let keys = format!("{AB}\nadvbase = 5");
    let text = cluster("ab", &keys, &(vhid(1, "lan", "") + &vhid(2, "lan", "")));
    assert_eq!(
        message("slow-takeover", &text),
        "after a crash of the master of vhid 1 clients wait up to 15.391 s until b takes over; the same base is that of vhid 2"
    );
}

#[test]
fn vrrp_passes_over_demotion() {
    let rule = "vrrp-ignores-demotion";
    let keys = AB.replace("14", "15");
    let vrrp = vhid(1, "lan", "version = 3");
    let both = vrrp.clone() + &vhid(2, "wan", "");
    assert_eq!(count(rule, &cluster("ab", &keys, &vrrp)), 0);
    assert_eq!(count(rule, &cluster("ab", &keys, &both)), 1);
    assert_eq!(count(rule, &cluster("ab", AB, &both)), 0, "vrrp-before-15");
    for (name, value, expected) in [
        ("net.pfsync.carp_demotion_factor", 240, 1),
        ("net.inet.carp.senderr_demotion_factor", 0, 0),
        ("net.inet.carp.log", 2, 0),
    ] {
        let keys = format!("{keys}\nsysctl = {{ \"{name}\" = {value} }}");
        assert_eq!(
            count(rule, &cluster("ab", &keys, &vrrp)),
            expected,
            "{name}"
        );
    }
}

#[test]
fn one_node_is_alone_unless_the_order_is_wrong_elsewhere() {
    let rule = "lone-vhid";
    let release = "release = \"14\"";
    for (keys, expected) in [
        ("priority = [\"a\"]", 1),
        ("priority = [\"a\", \"b\"]", 0),
        ("priority = [\"a\", \"x\"]", 0),
        ("priority = [\"a\", \"a\"]", 0),
        ("advskew = { a = 0 }", 1),
        ("", 0),
    ] {
        let text = cluster("ab", release, &vhid(1, "lan", keys));
        assert_eq!(count(rule, &text), expected, "{keys}");
    }
    let group = "[[group]]\nname = \"g\"\npriority = [\"a\"]\n";
    let vhids = vhid(1, "lan", "group = \"g\"") + &vhid(2, "wan", "group = \"g\"");
    let found = of(rule, &cluster("ab", release, &format!("{group}{vhids}")));
    assert_eq!(found.len(), 1, "a group is one mistake");
    assert_eq!(found[0].finding.at.to_string(), "group[0].priority");
}

#[test]
fn unicast_is_for_two_nodes_one_family_and_14() {
    let vhids = |keys: &str| vhid(1, "lan", &format!("peers = \"unicast\"\n{keys}"));
    let release = |r: &str| format!("release = \"{r}\"");
    let two = vhids("priority = [\"a\", \"b\"]");
    let three = vhids("priority = [\"a\", \"b\", \"c\"]");
    let mixed = two.replace("/32\"", "/32\", \"fd00::100/128\"");
    for (rule, text, expected) in [
        (
            "unicast-with-many-nodes",
            cluster("abc", &release("14"), &two),
            0,
        ),
        (
            "unicast-with-many-nodes",
            cluster("abc", &release("14"), &three),
            1,
        ),
        (
            "unicast-with-many-nodes",
            cluster("abc", &release("13"), &three),
            0,
        ),
        (
            "mixed-family-unicast",
            cluster("ab", &release("14"), &two),
            0,
        ),
        (
            "mixed-family-unicast",
            cluster("ab", &release("15"), &mixed),
            1,
        ),
        (
            "mixed-family-unicast",
            cluster("ab", &release("13"), &mixed),
            0,
        ),
        ("unicast-before-14", cluster("ab", &release("13"), &two), 1),
        ("unicast-before-14", cluster("ab", &release("14"), &two), 0),
    ] {
        assert_eq!(count(rule, &text), expected, "{rule}: {text}");
    }
    let older_b = cluster("abc", &release("14"), &two)
        .replace("name = \"b\"\n", "name = \"b\"\nrelease = \"12\"\n");
    let found = of("unicast-before-14", &older_b);
    assert_eq!(
        found[0].finding.related[0].at.to_string(),
        "node[1].release"
    );
    let older_c = cluster("abc", &release("14"), &two)
        .replace("name = \"c\"\n", "name = \"c\"\nrelease = \"12\"\n");
    assert_eq!(count("unicast-before-14", &older_c), 0, "c is not a member");
}

#[test]
fn vrrp_needs_15_on_every_node() {
    let vrrp = vhid(1, "lan", "version = 3");
    let fifteen = AB.replace("14", "15");
    assert_eq!(count("vrrp-before-15", &cluster("ab", AB, &vrrp)), 1);
    assert_eq!(count("vrrp-before-15", &cluster("ab", &fifteen, &vrrp)), 0);
    let mixed = cluster("ab", &fifteen, &vrrp)
        .replace("name = \"b\"\n", "name = \"b\"\nrelease = \"14.3\"\n");
    let words = message("vrrp-before-15", &mixed);
    assert!(
        words.contains("1 of 2 nodes") && words.contains("b (14)"),
        "{words}"
    );
}

#[test]
fn a_last_byte_of_224_to_239_looks_like_multicast_on_14() {
    let two = vhid(1, "lan", "peers = \"unicast\"\npriority = [\"a\", \"b\"]");
    for (byte, release, expected) in [
        (223, "14", 0),
        (224, "14", 1),
        (239, "14", 1),
        (240, "14", 0),
        (230, "15", 0),
        (230, "13", 0),
    ] {
        let text = cluster("ab", &format!("release = \"{release}\""), &two)
            .replace("10.0.0.3/24", &format!("10.0.0.{byte}/24"));
        assert_eq!(
            count("peer-looks-multicast", &text),
            expected,
            "{byte} {release}"
        );
    }
    let multicast = cluster("ab", AB, &vhid(1, "lan", "")).replace("10.0.0.3/", "10.0.0.230/");
    assert_eq!(count("peer-looks-multicast", &multicast), 0);
}

/// Vhids with these orders in one mirror group.
fn mirror(orders: &[&str]) -> String {
    let vhids = orders.iter().zip(1_u8..).map(|(order, id)| {
        let names: Vec<String> = order.chars().map(|name| format!("\"{name}\"")).collect();
        vhid(
            id,
            "lan",
            &format!("mirror = \"m\"\npriority = [{}]", names.join(", ")),
        )
    });
    vhids.collect()
}

#[test]
fn a_mirror_that_can_be_more_even_is_told_with_its_matrix() {
    let release = "release = \"14\"";
    for (nodes, orders, expected) in [
        ("ab", &["ab", "ba"][..], 0),
        ("ab", &["ab", "ab"], 1),
        ("ab", &["ab", "ab", "ba"], 0),
        ("ab", &["ab"], 0),
        ("abc", &["abc", "bca", "cab"], 0),
        ("abc", &["abc", "acb", "bca", "bac", "cab", "cba"], 0),
    ] {
        let text = cluster(nodes, release, &mirror(orders));
        assert_eq!(count("uneven-mirror", &text), expected, "{orders:?}");
    }
    let orders = ["acb", "acb", "bca", "bac", "cab", "cba"];
    let text = cluster("abc", release, &mirror(&orders));
    let words = message("uneven-mirror", &text);
    assert_eq!(
        words,
        "mirror group m is uneven: after a fails, c serves 4 and b 2\n\
         failed  none  a  b  c\n\
         a          2  -  3  3\n\
         b          2  2  -  3\n\
         c          2  4  3  -"
    );
    let found = of("uneven-mirror", &text);
    let help = &found[0].finding.help;
    assert!(help.contains("priority = [\""), "{help}");
    assert_eq!(found[0].finding.related.len(), 5, "every other order");
}

#[test]
fn a_wide_matrix_shows_the_worst_pair_only() {
    let text = cluster(
        "abcd",
        "release = \"14\"",
        &mirror(&["abcd", "bcda", "cdab", "dabc"]),
    );
    let wide = ('a'..='d').fold(text, |text, name| {
        text.replace(&format!("\"{name}\""), &format!("\"firewall-{name}\""))
    });
    let message = message("uneven-mirror", &wide);
    let head = message.lines().nth(1).unwrap_or_default();
    assert!(
        head.ends_with("  firewall-d  firewall-a+firewall-b"),
        "{message}"
    );
}

#[test]
fn groups_are_one_unit_of_a_mirror() {
    let groups = "[[group]]\nname = \"g\"\nmirror = \"m\"\npriority = [\"a\", \"b\"]\n\
                  [[group]]\nname = \"h\"\nmirror = \"m\"\npriority = [\"a\", \"b\"]\n";
    let vhids: String = [("lan", "g"), ("lan", "h"), ("wan", "g"), ("wan", "h")]
        .iter()
        .zip(1_u8..)
        .map(|((segment, group), id)| vhid(id, segment, &format!("group = \"{group}\"")))
        .collect();
    let text = cluster("ab", "release = \"14\"", &format!("{groups}{vhids}"));
    let found = of("uneven-mirror", &text);
    assert_eq!(found.len(), 1);
    assert!(found[0].finding.message.contains("a serves 2 and b 0"));
    let even = text.replacen("priority = [\"a\", \"b\"]", "priority = [\"b\", \"a\"]", 1);
    assert_eq!(count("uneven-mirror", &even), 0);
}

#[test]
fn without_preemption_a_mirror_does_not_come_back() {
    let off = "release = \"14\"\npreempt = false";
    let text = cluster("ab", off, &mirror(&["ab", "ba"]));
    assert_eq!(
        message("mirror-without-preempt", &text),
        "preempt is off: when a has failed and is back, it serves 0 of mirror group m and b serves 2, until the next failure"
    );
    let rule = "mirror-without-preempt";
    assert_eq!(count(rule, &cluster("ab", off, &mirror(&["ab"]))), 0);
    let on = "release = \"14\"";
    assert_eq!(count(rule, &cluster("ab", on, &mirror(&["ab", "ba"]))), 0);
}

#[test]
fn a_shared_vip_needs_arp_balancing_which_only_9_has() {
    let shared = vhid(1, "lan", "") + &vhid(2, "lan", "").replace("0.102", "0.101");
    let keys = |release: &str, on: &str| {
        format!("release = \"{release}\"\npriority = [\"a\", \"b\"]\narpbalance = {on}")
    };
    for (release, on, shared_rule, removed_rule) in [
        ("9", "false", 1, 0),
        ("9", "true", 0, 0),
        ("10", "false", 0, 0),
        ("10", "true", 0, 1),
    ] {
        let text = cluster("ab", &keys(release, on), &shared);
        let rule = "shared-vip-without-arpbalance";
        assert_eq!(count(rule, &text), shared_rule, "{release} {on}");
        assert_eq!(
            count("arpbalance-removed", &text),
            removed_rule,
            "{release} {on}"
        );
        assert_eq!(count("bad-value", &text), 0);
    }
    let apart = vhid(1, "lan", "") + &vhid(2, "wan", "").replace("1.102", "0.101");
    let text = cluster("ab", &keys("9", "false"), &apart);
    assert_eq!(count("shared-vip-without-arpbalance", &text), 0);
    let sysctl = format!("{AB}\nsysctl = {{ \"net.inet.carp.arpbalance\" = 0 }}");
    let found = of("arpbalance-removed", &cluster("ab", &sysctl, ""));
    assert_eq!(found[0].finding.severity, Severity::Warning);
}

/// Release, sysctl, value, and the errors and warnings that follow.
type SysctlCase = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, Severity)],
);

/// What each sysctl gives.
const SYSCTLS: &[SysctlCase] = {
    use Severity::{Error, Warning};
    &[
        ("14", "net.inet.carp.dscp", "63", &[]),
        ("14", "net.inet.carp.dscp", "64", &[("bad-sysctl", Error)]),
        ("11", "net.inet.carp.dscp", "56", &[]),
        ("10", "net.inet.carp.dscp", "56", &[("bad-sysctl", Warning)]),
        ("14", "net.inet.carp.log", "\"x\"", &[("bad-sysctl", Error)]),
        (
            "14",
            "net.inet.carp.nonsense",
            "1",
            &[("bad-sysctl", Warning)],
        ),
        (
            "9",
            "net.inet.carp.suppress_preempt",
            "1",
            &[("bad-sysctl", Warning)],
        ),
        (
            "10",
            "net.inet.carp.suppress_preempt",
            "1",
            &[("bad-sysctl", Warning)],
        ),
        (
            "9",
            "net.inet.carp.demotion",
            "1",
            &[("bad-sysctl", Warning)],
        ),
        (
            "10",
            "net.inet.carp.demotion",
            "1",
            &[("demotion-in-sysctl-conf", Error)],
        ),
        (
            "10",
            "net.inet.carp.demotion",
            "\"x\"",
            &[("bad-sysctl", Error)],
        ),
        (
            "9",
            "net.pfsync.carp_demotion_factor",
            "1",
            &[("bad-sysctl", Warning)],
        ),
        (
            "14",
            "net.pfsync.carp_demotion_factor",
            "-1",
            &[("bad-sysctl", Error)],
        ),
        ("9", "net.inet.carp.arpbalance", "1", &[]),
        ("9", "net.inet.carp.allow", "0", &[("allow-off", Error)]),
        ("14", "net.inet.carp.allow", "0", &[("allow-off", Error)]),
        ("14", "net.inet.carp.allow", "1", &[]),
    ]
};

#[test]
fn each_sysctl_has_one_rule_and_the_right_severity() {
    for (release, name, value, expected) in SYSCTLS {
        let keys = format!(
            "release = \"{release}\"\npriority = [\"a\", \"b\"]\nsysctl = {{ \"{name}\" = {value} }}"
        );
        let text = cluster("ab", &keys, &vhid(1, "lan", ""));
        let found: Vec<_> = check(&Description::read(&text), true)
            .iter()
            .filter(|f| f.finding.severity > Severity::Info)
            .map(|f| (f.rule.name, f.finding.severity))
            .collect();
        assert_eq!(found, *expected, "{release} {name} = {value}");
    }
}

#[test]
fn a_demotion_at_boot_counts_twice() {
    for (value, words) in [
        ("119", "a skew of 0 counts as 238"),
        ("120", "counts as 240: nobody"),
        ("-5", "becomes -10"),
        ("0", "adds nothing"),
    ] {
        let keys = format!("{AB}\nsysctl = {{ \"net.inet.carp.demotion\" = {value} }}");
        let text = cluster("ab", &keys, &vhid(1, "lan", ""));
        let message = message("demotion-in-sysctl-conf", &text);
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn what_a_release_lacks_stops_every_command() {
    let refused = |rule: &str, text: &str| {
        let found = of(rule, text);
        assert_eq!(found.len(), 1, "{rule}");
        Refusal::Unusable.stops(&found[0])
    };
    let balance = format!("{AB}\narpbalance = true");
    let unicast = vhid(1, "lan", "peers = \"unicast\"");
    let vrrp = vhid(1, "lan", "version = 3");
    let allow = format!("{AB}\nsysctl = {{ \"net.inet.carp.allow\" = 0 }}");
    let thirteen = AB.replace("14", "13");
    assert!(refused("arpbalance-removed", &cluster("ab", &balance, "")));
    assert!(refused(
        "unicast-before-14",
        &cluster("ab", &thirteen, &unicast)
    ));
    assert!(refused("vrrp-before-15", &cluster("ab", AB, &vrrp)));
    let lan = vhid(1, "lan", "");
    assert!(!refused("allow-off", &cluster("ab", &allow, &lan)));
}
