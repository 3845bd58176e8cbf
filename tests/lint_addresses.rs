//! The rules of addresses and interfaces at the edges of their conditions.

use carpgen::config::Description;
use carpgen::lint::{LintFinding, check};
use carpgen::model::Severity;

/// Two nodes with one interface each on the segment `lan`, and what follows.
fn pair(release: &str, of_a: &str, of_b: &str, rest: &str) -> String {
    format!(
        "[cluster]\nname = \"t\"\nrelease = \"{release}\"\npass = {{ env = \"KEY\" }}\npriority = [\"a\", \"b\"]\n\
         [[node]]\nname = \"a\"\n[node.interfaces]\nlan = {of_a}\n\
         [[node]]\nname = \"b\"\n[node.interfaces]\nlan = {of_b}\n{rest}"
    )
}

fn interface(name: &str, addresses: &str) -> String {
    format!("{{ name = \"{name}\", addresses = [{addresses}] }}")
}

fn vhid(id: u8, segment: &str, vips: &str) -> String {
    format!("[[vhid]]\nid = {id}\nsegment = \"{segment}\"\nvips = [{vips}]\n")
}

/// A pair with these own addresses (`%` is the number of the node) and one vhid with these VIPs.
fn lan(release: &str, own: &str, vips: &str) -> String {
    let of = |number: &str| interface("em0", &own.replace('%', number));
    pair(release, &of("2"), &of("3"), &vhid(1, "lan", vips))
}

/// The findings about addresses and interfaces.
fn found(text: &str) -> Vec<LintFinding> {
    let mut list = check(&Description::read(text), true);
    list.retain(|f| f.rule.code.starts_with("CG4") || f.rule.code == "CG007");
    list
}

/// `code severity` of each.
fn codes(text: &str) -> Vec<String> {
    found(text)
        .iter()
        .map(|f| format!("{} {}", f.rule.code, f.finding.severity))
        .collect()
}

/// Release, own addresses, VIPs and what is found.
type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

fn hold(cases: &[Case<'_>]) {
    for (release, own, vips, wanted) in cases {
        let text = lan(release, own, vips);
        assert_eq!(&codes(&text), wanted, "{release}: {own} and {vips}");
    }
}

const V4: &str = "\"192.0.2.%/24\"";
const DUAL: &str = "\"192.0.2.%/24\", \"2001:db8::%/64\"";

#[test]
fn prefixes() {
    hold(&[
        ("14", V4, "\"192.0.2.10\"", &["CG401 error"]),
        ("9", V4, "\"192.0.2.10\"", &["CG401 error"]),
        // The class is not held against the subnet a second time.
        ("14", "\"10.0.0.%/24\"", "\"10.0.0.9\"", &["CG401 error"]),
        ("14", DUAL, "\"2001:db8::10\"", &[]),
        (
            "14",
            "\"2001:db8::%/48\"",
            "\"2001:db8::10\"",
            &["CG406 warning"],
        ),
        ("14", V4, "\"192.0.2.10/24\"", &[]),
        ("14", V4, "\"192.0.2.10/32\"", &[]),
        ("9", V4, "\"192.0.2.10/24\"", &[]),
        ("9", V4, "\"192.0.2.10/32\"", &["CG406 info"]),
        ("9", V4, "\"192.0.2.10/25\"", &["CG406 info"]),
        ("14", V4, "\"192.0.2.10/23\"", &["CG406 warning"]),
        ("14", V4, "\"192.0.2.10/31\"", &["CG406 warning"]),
        ("14", DUAL, "\"2001:db8::10/128\"", &[]),
        ("14", DUAL, "\"2001:db8::10/127\"", &["CG406 warning"]),
        ("14", DUAL, "\"fe80::1/64\"", &[]),
        // One of two subnets that hold it is enough.
        (
            "14",
            "\"192.0.2.%/24\", \"192.0.2.1%/28\"",
            "\"192.0.2.10/28\", \"192.0.2.9/24\"",
            &[],
        ),
    ]);
    let text = lan("14", "\"10.1.2.%/24\"", "\"10.1.2.9\"");
    let finding = &found(&text)[0].finding;
    assert!(finding.message.contains("16777216 addresses of 10.0.0.0/8"));
    assert!(finding.help.contains("\"10.1.2.9/24\"") && finding.help.contains("\"10.1.2.9/8\""));
}

#[test]
fn the_candidates_of_a_prefix_come_from_the_segment_too() {
    let segment = "[[segment]]\nname = \"lan\"\nsubnets = [\"172.16.4.0/22\"]\n";
    let own = interface("em0", "");
    let text = pair("14", &own, &own, &vhid(1, "lan", "\"172.16.5.1\"")) + segment;
    let list = found(&text);
    let prefix = list.iter().find(|f| f.rule.code == "CG401").expect("found");
    assert!(prefix.finding.help.contains("\"172.16.5.1/22\""));
    assert!(prefix.finding.help.contains("\"172.16.5.1/16\""));
}

#[test]
fn network_addresses() {
    hold(&[
        ("14", V4, "\"192.0.2.0/24\"", &["CG402 error"]),
        ("9", V4, "\"192.0.2.255/24\"", &["CG402 error"]),
        ("14", V4, "\"192.0.2.255/32\"", &["CG402 error"]),
        (
            "14",
            V4,
            "\"192.0.2.0/31\"",
            &["CG402 error", "CG406 warning"],
        ),
        (
            "14",
            "\"192.0.2.%/31\"",
            "\"192.0.2.2/32\"",
            &["CG403 error"],
        ),
        (
            "14",
            "\"192.0.2.%/30\"",
            "\"192.0.2.0/32\"",
            &["CG402 error"],
        ),
        (
            "14",
            "\"192.0.0.%/22\"",
            "\"192.0.1.0/32\", \"192.0.1.255/22\"",
            &[],
        ),
        ("14", DUAL, "\"2001:db8::/64\"", &[]),
    ]);
    let point_to_point = interface("em0", "\"192.0.2.8/31\"");
    let other = interface("em0", "\"198.51.100.3/31\"");
    let text = pair(
        "14",
        &point_to_point,
        &other,
        &vhid(1, "lan", "\"192.0.2.9/31\", \"198.51.100.2/31\""),
    );
    assert_eq!(codes(&text), Vec::<String>::new());
}

#[test]
fn repeated_and_shared_addresses() {
    let twice = "\"192.0.2.10/24\", \"192.0.2.10/24\"";
    hold(&[
        ("14", V4, twice, &["CG408 warning"]),
        ("11", V4, twice, &["CG408 error"]),
        ("9", V4, twice, &[]),
        (
            "14",
            V4,
            "\"192.0.2.10/24\", \"192.0.2.10/32\", \"192.0.2.10/24\"",
            &["CG408 warning"],
        ),
        (
            "14",
            DUAL,
            "\"2001:db8::a/64\", \"2001:db8:0:0::a/64\"",
            &["CG408 warning"],
        ),
    ]);
    let list = found(&lan(
        "14",
        V4,
        "\"192.0.2.10/24\", \"x\", \"192.0.2.10/24\", \"192.0.2.10/24\"",
    ));
    assert_eq!(list[0].finding.at.to_string(), "vhid[0].vips[2]");
    assert_eq!(list[0].finding.related.len(), 2);
    assert!(
        list[0].finding.message.contains("3 s"),
        "{}",
        list[0].finding.message
    );

    let own = |number| interface("em0", &V4.replace('%', number));
    let vhids: String = (1..4)
        .map(|id| vhid(id, "lan", "\"192.0.2.10/24\""))
        .collect();
    let text = pair("14", &own("2"), &own("3"), &vhids);
    let list = found(&text);
    assert_eq!(codes(&text), ["CG407 error"]);
    assert_eq!(list[0].finding.related.len(), 2);
    let nine = pair("9", &own("2"), &own("3"), &vhids);
    assert_eq!(codes(&nine), Vec::<String>::new());
    let balanced = nine.replace("[cluster]", "[cluster]\narpbalance = true");
    assert_eq!(codes(&balanced), Vec::<String>::new());
}

#[test]
fn link_local_addresses_belong_to_their_segment() {
    let wan =
        |number| format!("\nwan = {{ name = \"em1\", addresses = [\"198.51.100.{number}/24\"] }}");
    let own = |number| interface("em0", &V4.replace('%', number)) + &wan(number);
    let on = |one, other| {
        let vhids = vhid(1, one, "\"fe80::1/64\"") + &vhid(2, other, "\"fe80::1/64\"");
        codes(&pair("14", &own("2"), &own("3"), &vhids))
    };
    assert_eq!(on("lan", "wan"), Vec::<String>::new());
    assert_eq!(on("lan", "lan"), ["CG407 error"]);
    let own = "\"192.0.2.%/24\", \"fe80::%/64\"";
    hold(&[
        ("14", own, "\"fe80::2/64\"", &["CG403 error"]),
        ("14", own, "\"2001:db8::2/128\"", &[]),
    ]);
    let both = interface("em0", "\"192.0.2.2/24\", \"fe80::1/64\"");
    let text = pair(
        "14",
        &both,
        &both.replace(".2/", ".3/"),
        &vhid(1, "lan", "\"192.0.2.9/24\""),
    );
    assert_eq!(codes(&text), ["CG412 error"]);
    let wan = both.replace(".2/", ".3/").replace("em0", "em1");
    let text = pair(
        "14",
        &both,
        &interface("em0", "\"192.0.2.4/24\""),
        &vhid(1, "lan", "\"192.0.2.9/24\""),
    );
    let text = text + &format!("[[node]]\nname = \"c\"\n[node.interfaces]\nwan = {wan}\n");
    assert_eq!(codes(&text), Vec::<String>::new());
}

#[test]
fn owners_of_an_address() {
    hold(&[
        ("14", V4, "\"192.0.2.3/32\"", &["CG403 error"]),
        (
            "14",
            "\"192.0.2.2/24\"",
            "\"192.0.2.9/24\"",
            &["CG412 error"],
        ),
        (
            "14",
            "\"192.0.2.2/24\"",
            "\"192.0.2.2/24\"",
            &["CG412 error", "CG403 error"],
        ),
    ]);
    let nine = &found(&lan("9", V4, "\"192.0.2.3/24\""))[0].finding;
    assert!(nine.message.contains("advskew 0 on node b"));
    // Nodes that sort the other way round: the first by name is the place.
    let text =
        lan("14", "\"192.0.2.2/24\"", "\"192.0.2.9/24\"").replace("name = \"a\"", "name = \"z\"");
    let text = text.replace("[\"a\"", "[\"z\"");
    assert_eq!(
        found(&text)[0].finding.at.to_string(),
        "node[1].interfaces.lan.addresses[0]"
    );
}

#[test]
fn private_links_of_other_pairs_may_use_the_same_addresses() {
    let link = |pair: &str, number: u8| {
        format!("\n{pair} = {{ name = \"em1\", addresses = [\"10.0.0.{number}/30\"] }}")
    };
    let mut text = pair(
        "14",
        &(interface("em0", "\"192.0.2.2/24\"") + &link("sync1", 1)),
        &(interface("em0", "\"192.0.2.3/24\"") + &link("sync1", 2)),
        &vhid(1, "lan", "\"192.0.2.9/24\""),
    );
    for (name, number) in [("c", 1), ("d", 2)] {
        let own = interface("em0", &format!("\"192.0.2.1{number}/24\""));
        text += &format!(
            "[[node]]\nname = \"{name}\"\n[node.interfaces]\nlan = {own}{}\n",
            link("sync2", number)
        );
    }
    assert_eq!(codes(&text), Vec::<String>::new());
    assert_eq!(
        codes(&text.replace("sync2", "sync1")),
        ["CG412 error", "CG412 error"]
    );
}

#[test]
fn vips_outside_of_the_subnets() {
    hold(&[
        ("9", V4, "\"192.0.3.10/24\"", &["CG404 error"]),
        ("9", V4, "\"192.0.3.10/32\"", &["CG404 error"]),
        ("9", DUAL, "\"2001:db8:1::10/64\"", &["CG404 error"]),
        ("9", DUAL, "\"fe80::10/64\"", &[]),
        ("10", V4, "\"192.0.3.10/24\"", &[]),
        ("10", V4, "\"192.0.3.10/32\"", &["CG405 warning"]),
        ("14", V4, "\"192.0.3.10/24\", \"192.0.3.11/32\"", &[]),
        ("14", V4, "\"2001:db8::1/128\"", &[]),
        ("14", DUAL, "\"2001:db8:1::1/128\"", &["CG405 warning"]),
        ("14", DUAL, "\"2001:db8:1::1/127\"", &[]),
        ("14", DUAL, "\"fe80::1/128\"", &[]),
        // An own address that cannot be read may be the one.
        (
            "14",
            "\"192.0.2.%/24\", \"192.0.3.%\"",
            "\"192.0.3.10/32\"",
            &[],
        ),
    ]);
}

#[test]
fn vips_in_the_subnet_of_another_interface() {
    let wan =
        |number| format!("\nwan = {{ name = \"em1\", addresses = [\"198.51.100.{number}/24\"] }}");
    let own = |number| interface("em0", &V4.replace('%', number)) + &wan(number);
    let with = |release, vips| pair(release, &own("2"), &own("3"), &vhid(1, "lan", vips));
    assert_eq!(codes(&with("14", "\"198.51.100.9/24\"")), ["CG405 error"]);
    assert_eq!(codes(&with("9", "\"198.51.100.9/24\"")), ["CG404 error"]);
    let nine = &found(&with("9", "\"198.51.100.9/24\""))[0].finding;
    assert!(
        nine.message.contains("puts carp0 on em1"),
        "{}",
        nine.message
    );
    // The list of the segment says the same: once is enough.
    let list =
        "[[segment]]\nname = \"lan\"\nsubnets = [\"192.0.2.0/24\"]\n[[segment]]\nname = \"wan\"\n";
    let listed = |release, vips| codes(&(with(release, vips) + list));
    assert_eq!(listed("14", "\"198.51.100.9/24\""), ["CG405 error"]);
    assert_eq!(listed("14", "\"203.0.113.9/32\""), ["CG007 warning"]);
    assert_eq!(listed("9", "\"203.0.113.9/32\""), ["CG404 error"]);
    // A wrong own address is one mistake.
    let wrong = with("14", "\"192.0.2.9/32\"").replace("192.0.2.2/", "192.0.4.2/") + list;
    assert_eq!(codes(&wrong), ["CG007 error"]);
    // Release 9: two VIPs that lead to two interfaces, neither of them the right one.
    let dmz = |number| {
        interface("em0", "").replace(", addresses = []", "")
            + &wan(number)
            + &format!("\ndmz = {{ name = \"em2\", addresses = [\"203.0.113.{number}/24\"] }}")
    };
    let text = pair(
        "9",
        &dmz("2"),
        &dmz("3"),
        &vhid(1, "lan", "\"198.51.100.9/24\", \"203.0.113.9/24\""),
    );
    assert_eq!(
        codes(&text),
        ["CG418 warning", "CG418 warning", "CG404 error"]
    );
}

#[test]
fn vhids_without_addresses() {
    hold(&[
        ("14", V4, "", &["CG410 error"]),
        ("9", V4, "", &["CG410 error"]),
        // A text that cannot be read counts as the address.
        ("14", V4, "\"192.0.2.300/24\"", &[]),
    ]);
    let missing = lan("14", V4, "").replace("vips = []\n", "");
    let rules: Vec<_> = check(&Description::read(&missing), true)
        .iter()
        .filter(|f| f.finding.severity > Severity::Info)
        .map(|f| f.rule.name)
        .collect();
    assert_eq!(rules, ["bad-value"]);
    let factor =
        "[cluster.sysctl]\nnet.inet.carp.ifdown_demotion_factor = 100\n[[node]]\nname = \"a\"";
    let text = lan("14", V4, "").replacen("[[node]]\nname = \"a\"", factor, 1);
    assert!(found(&text)[0].finding.message.contains("adds 100"));
}

#[test]
fn interfaces() {
    let on = |release, name| {
        let of = |number| interface(name, &V4.replace('%', number));
        codes(&pair(
            release,
            &of("2"),
            &of("3"),
            &vhid(1, "lan", "\"192.0.2.9/24\""),
        ))
    };
    for name in [
        "lagg0", "vlan5", "em0.100", "epair0a", "tap0", "vtnet0", "wlan0", "wan0",
    ] {
        assert_eq!(on("14", name), Vec::<String>::new(), "{name}");
        assert_eq!(on("9", name), Vec::<String>::new(), "{name}");
    }
    let both = |code: &str| vec![code.to_owned(); 2];
    for name in [
        "lo1", "tun0", "gif0", "gre3", "wg0", "ppp0", "ng0", "enc0", "ipsec1", "stf0",
    ] {
        assert_eq!(on("14", name), both("CG413 error"), "{name}");
        assert_eq!(on("9", name), both("CG413 error"), "{name}");
    }
    assert_eq!(on("14", "bridge0"), Vec::<String>::new());
    assert_eq!(on("9", "bridge0"), both("CG413 error"));
    assert_eq!(on("10", "bridge0.5"), both("CG415 warning"));
    assert_eq!(on("9", "bridge0.5"), Vec::<String>::new());
    // An interface that carries no vhid may be any.
    let of = |number| interface("em0", &V4.replace('%', number)) + "\nvpn = { name = \"wg0\" }";
    let text = pair(
        "14",
        &of("2"),
        &of("3"),
        &vhid(1, "lan", "\"192.0.2.9/24\""),
    );
    assert_eq!(codes(&text), Vec::<String>::new());
}

#[test]
fn an_interface_named_at_the_segment_is_found_once() {
    let of = |number| format!("{{ addresses = [{}] }}", V4.replace('%', number));
    let segment = "[[segment]]\nname = \"lan\"\ninterface = \"tun0\"\n";
    let text = pair(
        "14",
        &of("2"),
        &of("3"),
        &vhid(1, "lan", "\"192.0.2.9/24\""),
    ) + segment;
    let list = found(&text);
    assert_eq!(codes(&text), ["CG413 error"]);
    assert_eq!(list[0].finding.at.to_string(), "segment[0].interface");
    assert!(
        list[0].finding.message.contains("0 of 2 nodes"),
        "{}",
        list[0].finding.message
    );
}

#[test]
fn nodes_without_addresses() {
    let unicast = "peers = \"unicast\"\n";
    let with = |own: &str, vips: &str, more: &str| {
        codes(&pair(
            "14",
            &interface("em0", "\"192.0.2.2/24\", \"2001:db8::2/64\""),
            &interface("em0", own),
            &(vhid(1, "lan", vips) + more),
        ))
    };
    let (v4, v6) = ("\"192.0.2.9/24\"", "\"2001:db8::9/64\"");
    assert_eq!(with("", v4, ""), ["CG418 warning"]);
    assert_eq!(with("\"2001:db8::3/64\"", v4, ""), ["CG418 warning"]);
    assert_eq!(with("", v4, unicast), ["CG418 error"]);
    assert_eq!(with("\"192.0.2.3/24\"", v6, ""), Vec::<String>::new());
    assert_eq!(with("\"192.0.2.3/24\"", v6, unicast), ["CG418 error"]);
    assert_eq!(with("\"192.0.2.3\"", v4, ""), Vec::<String>::new());
    // One finding for an interface, however many vhids it serves.
    let second = vhid(2, "lan", "\"192.0.2.10/24\"");
    assert_eq!(with("", v4, &second), ["CG418 warning"]);
}
