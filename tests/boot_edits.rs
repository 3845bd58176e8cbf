//! The edits of boot files: what is right stays, what changes arrives, and nothing else moves.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;

use carpgen::dialect::parse::{FileKind, HostText, LoaderAction, file_kind, read_host};
use carpgen::dialect::{Renderer, stand_in_interfaces};
use carpgen::model::{
    AdvBase, AdvSkew, HostConfig, HostName, IfName, InterfaceConfig, Key, Mode, RcTarget, Release,
    Secret, SegmentName, Sysctl, Vhid, VhidConfig, Vip, VrrpInterval, VrrpPriority,
};
use carpgen::plan::boot::{BootEdits, BootInput, BootOptions, ExtraKind, boot_edits};
use proptest::prelude::*;

type Files = Vec<(String, String)>;

/// A host with two interfaces.
#[derive(Clone, Debug)]
struct Sample {
    release: Release,
    inet6: bool,
    network: bool,
    other_mode: bool,
    manage: bool,
    key: String,
    vhids: Vec<(u8, bool, u8)>,
}

fn samples() -> impl Strategy<Value = Sample> {
    let vhids = proptest::collection::btree_map(1_u8..=240, (any::<bool>(), 1_u8..4), 1..5);
    let release = proptest::sample::select(Release::ALL.to_vec());
    let key = "[A-Za-z][A-Za-z0-9!%+,./:=@^_{}]{0,18}";
    (release, any::<[bool; 4]>(), key, vhids).prop_map(|(release, switches, key, vhids)| {
        let [inet6, network, other_mode, manage] = switches;
        Sample {
            release,
            inet6,
            network,
            other_mode,
            manage,
            key,
            vhids: vhids
                .into_iter()
                .map(|(id, (lan, vips))| (id, lan, vips))
                .collect(),
        }
    })
}

fn mode(sample: &Sample, lan: bool) -> Mode {
    if sample.other_mode && sample.release.has_vrrp() {
        return Mode::Vrrp {
            priority: VrrpPriority::new(150).unwrap(),
            interval: VrrpInterval::new(100).unwrap(),
        };
    }
    let unicast = sample.other_mode && sample.release.has_unicast();
    let net = if lan { 2 } else { 1 };
    Mode::Carp {
        advbase: AdvBase::new(if sample.network { 3 } else { 1 }).unwrap(),
        advskew: AdvSkew::new(if lan { 0 } else { 100 }).unwrap(),
        key: Some(Key::Text(Secret::new(&*sample.key))),
        peer: unicast.then(|| [10, net, 0, 3].into()),
        peer6: (unicast && sample.inet6).then(|| format!("2001:db8:{net}::3").parse().unwrap()),
    }
}

fn vips(sample: &Sample, id: u8, lan: bool, count: u8) -> Vec<Vip> {
    let net = if lan { 2 } else { 1 };
    let four = (0..count).map(|n| format!("10.{net}.{}.{id}/16", n + 1));
    let six = (0..count).map(|n| format!("2001:db8:{net}::a{n}:{id:x}/64"));
    let mut all: Vec<Vip> = four.map(|text| text.parse().unwrap()).collect();
    if sample.inet6 {
        all.extend(six.map(|text| text.parse::<Vip>().unwrap()));
    }
    all
}

fn vhid(sample: &Sample, id: u8, lan: bool, count: u8) -> VhidConfig {
    let name = if lan { "ix1" } else { "em0" };
    VhidConfig {
        vhid: Vhid::new(i64::from(id)).unwrap(),
        segment: SegmentName::new(name).unwrap(),
        interface: IfName::new(name).unwrap(),
        carp_unit: None,
        vips: vips(sample, id, lan, count),
        mode: mode(sample, lan),
    }
}

fn with_units(mut config: HostConfig) -> HostConfig {
    if config.release.has_carp_interfaces() {
        for (unit, vhid) in (0..).zip(&mut config.vhids) {
            vhid.carp_unit = Some(unit);
        }
    }
    config
}

fn wanted(sample: &Sample) -> HostConfig {
    let interface = |name: &str, net: u8| {
        let six = sample.inet6.then(|| format!("2001:db8:{net}::2/64"));
        let all = std::iter::once(format!("10.{net}.0.2/16")).chain(six);
        InterfaceConfig {
            name: IfName::new(name).unwrap(),
            segment: SegmentName::new(name).unwrap(),
            addresses: all.map(|text| text.parse().unwrap()).collect(),
            manage: sample.manage,
            first_alias: 0,
        }
    };
    let vhids = sample.vhids.iter();
    with_units(HostConfig {
        host: HostName::new("a").unwrap(),
        release: sample.release,
        rc_target: if sample.network {
            RcTarget::Network
        } else {
            RcTarget::RcConf
        },
        cloned_interfaces: Vec::new(),
        interfaces: vec![interface("em0", 1), interface("ix1", 2)],
        vhids: vhids
            .map(|(id, lan, count)| vhid(sample, *id, *lan, *count))
            .collect(),
        sysctls: vec![
            Sysctl::new("net.inet.carp.preempt", 1),
            Sysctl::new("net.inet.carp.log", 2),
        ],
    })
}

/// Lines that have nothing to do with CARP.
const OTHERS: &str = "hostname=\"a\"\n\
ifconfig_em9=\"inet 10.9.0.1/24 mtu 9000\" # other\n\
ifconfig_em9_aliases=\"inet 10.9.0.5-6/32 inet 10.9.0.9/32\"\n";

/// The own addresses, where carpgen does not write them.
fn base(config: &HostConfig) -> String {
    let mut lines = String::new();
    for interface in config
        .interfaces
        .iter()
        .filter(|interface| !interface.manage)
    {
        for address in &interface.addresses {
            let (suffix, family) = if address.addr().is_ipv6() {
                ("_ipv6", "inet6")
            } else {
                ("", "inet")
            };
            lines.push_str(&format!(
                "ifconfig_{}{suffix}=\"{family} {address}\"\n",
                interface.name
            ));
        }
    }
    lines
}

fn rendered(config: &HostConfig) -> Files {
    let files = Renderer::new().unwrap().render(config).unwrap();
    let own = format!("{OTHERS}{}", base(config));
    let rc = if files.rc.path == "/etc/rc.conf" {
        vec![(
            "/etc/rc.conf".to_owned(),
            format!("{own}{}", files.rc.content),
        )]
    } else {
        vec![
            ("/etc/rc.conf".to_owned(), own),
            (files.rc.path.to_owned(), files.rc.content),
        ]
    };
    let others = [files.sysctl, files.loader].map(|file| (file.path.to_owned(), file.content));
    rc.into_iter().chain(others).collect()
}

/// The same written by hand, in one of several manners.
fn by_hand(config: &HostConfig, style: u8, key: &str) -> Files {
    let mut files = rendered(config);
    let assignments: Vec<(String, String)> = files
        .iter()
        .filter(|(path, _)| path.starts_with("/etc/rc.conf"))
        .flat_map(|(_, text)| text.lines())
        .filter(|line| !line.starts_with('#') && !OTHERS.contains(line))
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('"').to_owned())
        })
        .collect();
    let mut text = OTHERS.to_owned();
    match style % 7 {
        0 => {
            for (name, value) in &assignments {
                text.push_str(&format!("{name}='{value}'\t# why\n"));
            }
        }
        1 => {
            for pair in assignments.chunks(2) {
                let line: Vec<String> = pair
                    .iter()
                    .map(|(name, value)| format!("{name}=\"{value}\""))
                    .collect();
                text.push_str(&format!("{}\n", line.join("; ")));
            }
        }
        2 => {
            for (name, value) in &assignments {
                text.push_str(&format!("{name}=\"{}\"\n", value.replace(' ', " \\\n\t")));
            }
            text.pop();
        }
        3 => {
            text.push_str(&format!("KEY='{key}'\n"));
            for (name, value) in &assignments {
                text.push_str(&format!(
                    "{name}=\"{}\"\n",
                    value.replace(&format!("pass {key}"), "pass ${KEY}")
                ));
            }
        }
        4 => text.push_str(&in_lists(&assignments)),
        5 => {
            // What counts stands in a later file.
            for (name, value) in &assignments {
                text.push_str(&format!(
                    "{name}=\"{}\"\n",
                    value.replace("advskew 100", "advskew 9")
                ));
            }
            let local: Vec<String> = assignments
                .iter()
                .map(|(name, value)| format!("{name}=\"{value}\"\n"))
                .collect();
            files.push(("/etc/rc.conf.local".to_owned(), local.concat()));
        }
        _ => text.push_str(&named_once(&assignments)),
    }
    files.retain(|(path, _)| path != "/etc/rc.conf.d/network");
    files[0].1 = text;
    files
}

/// The aliases of each interface in one list.
fn in_lists(assignments: &[(String, String)]) -> String {
    let mut text = String::new();
    let is_alias = |name: &str| name.contains("_alias") && !name.contains("carp");
    for (name, value) in assignments.iter().filter(|(name, _)| !is_alias(name)) {
        text.push_str(&format!("{name}=\"{value}\"\n"));
    }
    for interface in ["em0", "ix1"] {
        let prefix = format!("ifconfig_{interface}_alias");
        let all: Vec<&str> = assignments
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix))
            .map(|(_, value)| value.as_str())
            .collect();
        if !all.is_empty() {
            text.push_str(&format!("{prefix}es=\"\n\t{}\n\"\n", all.join("\n\t")));
        }
    }
    text
}

/// Only the first address of a vhid names its parameters.
fn named_once(assignments: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut named: Vec<String> = Vec::new();
    for (name, value) in assignments {
        let vhid = value.split(' ').skip_while(|word| *word != "vhid").nth(1);
        let short = match vhid {
            Some(vhid) if name.contains("_alias") && !value.contains(" peer") => {
                let known = named.iter().any(|known| known == vhid);
                named.push(vhid.to_owned());
                known.then(|| {
                    let words: Vec<&str> = value.split(' ').collect();
                    format!("{} {} vhid {vhid}", words[0], words[1])
                })
            }
            _ => None,
        };
        text.push_str(&format!("{name}=\"{}\"\n", short.as_ref().unwrap_or(value)));
    }
    text
}

fn texts(files: &Files) -> Vec<HostText<'_>> {
    files
        .iter()
        .map(|(path, text)| HostText { path, text })
        .collect()
}

fn edits(files: &Files, wanted: &HostConfig, options: BootOptions) -> BootEdits {
    let texts = texts(files);
    let input = BootInput {
        host: &wanted.host,
        release: wanted.release,
        files: &texts,
        carp_in_kernel: false,
        rc_target: wanted.rc_target,
    };
    boot_edits(&input, wanted, options).unwrap_or_else(|problem| panic!("{problem}\n{files:#?}"))
}

fn applied(files: &Files, edits: &BootEdits) -> Files {
    let mut files = files.clone();
    for edit in &edits.files {
        let before = files.iter().find(|(path, _)| *path == edit.path);
        assert_eq!(before.map(|(_, text)| text), edit.before.as_ref());
        files.retain(|(path, _)| *path != edit.path);
        files.extend(edit.after.clone().map(|text| (edit.path.clone(), text)));
    }
    files
}

type Configured = Vec<(String, Vhid, Vec<String>, Mode)>;

/// The vhids as a boot configures them, without what has no meaning.
fn configured(config: &HostConfig) -> Configured {
    let mut vhids: Configured = config
        .vhids
        .iter()
        .map(|vhid| {
            let mut vips: Vec<String> = vhid.vips.iter().map(ToString::to_string).collect();
            vips.sort();
            (
                vhid.interface.to_string(),
                vhid.vhid,
                vips,
                vhid.mode.clone(),
            )
        })
        .collect();
    vhids.sort_by_key(|(interface, vhid, ..)| (interface.clone(), *vhid));
    vhids
}

/// What the boot configures: vhids, own addresses, sysctls, and the commands of the interface that nobody described.
fn boots(files: &Files, release: Release) -> (Configured, Vec<String>, Vec<Sysctl>, Vec<String>) {
    let host = HostName::new("a").unwrap();
    let texts = texts(files);
    let reading = read_host(&host, &texts, Some(release));
    assert_eq!(reading.rejected, []);
    assert_eq!(reading.boot.losses, []);
    let mut own: Vec<String> = reading
        .config
        .interfaces
        .iter()
        .flat_map(|i| {
            i.addresses
                .iter()
                .map(|address| format!("{} {address}", i.name))
        })
        .collect();
    own.sort();
    let mut sysctls = reading.config.sysctls.clone();
    sysctls.sort();
    let others = reading
        .boot
        .commands
        .iter()
        .filter(|command| command.words[1].text() == "em9");
    let others = others.map(|command| {
        let words: Vec<&str> = command.words.iter().map(|word| word.text()).collect();
        words.join(" ")
    });
    (configured(&reading.config), own, sysctls, others.collect())
}

/// A change of the description.
#[derive(Clone, Copy, Debug)]
enum Step {
    Skew(u8),
    Key,
    VipAdded,
    VipRemoved,
    Prefix,
    VhidAdded,
    VhidRemoved,
    Sysctl,
    SysctlGone,
}

fn steps() -> impl Strategy<Value = Vec<(Step, u8)>> {
    let step = prop_oneof![
        (0_u8..240).prop_map(Step::Skew),
        Just(Step::Key),
        Just(Step::VipAdded),
        Just(Step::VipRemoved),
        Just(Step::Prefix),
        Just(Step::VhidAdded),
        Just(Step::VhidRemoved),
        Just(Step::Sysctl),
        Just(Step::SysctlGone),
    ];
    proptest::collection::vec((step, any::<u8>()), 1..4)
}

fn change(sample: &Sample, config: &mut HostConfig, step: Step, which: u8) {
    let index = usize::from(which) % config.vhids.len().max(1);
    let count = config.vhids.len();
    match step {
        Step::VhidAdded => {
            config
                .vhids
                .push(vhid(sample, 250, which.is_multiple_of(2), 1 + which % 3))
        }
        Step::Sysctl => config.sysctls[0].value ^= 1,
        Step::SysctlGone => config.sysctls.truncate(1),
        Step::VhidRemoved if count > 1 => {
            config.vhids.remove(index);
        }
        _ if count == 0 => {}
        Step::Skew(number) => match &mut config.vhids[index].mode {
            Mode::Carp { advskew, .. } => *advskew = AdvSkew::new(i64::from(number)).unwrap(),
            Mode::Vrrp { priority, .. } => {
                *priority = VrrpPriority::new(i64::from(number.max(1))).unwrap();
            }
        },
        Step::Key => {
            if let Mode::Carp { key, .. } = &mut config.vhids[index].mode {
                *key = Some(Key::Text(Secret::new("another.key")));
            }
        }
        Step::VipAdded => {
            let lan = config.vhids[index].interface.as_str() == "ix1";
            let net = if lan { 2 } else { 1 };
            let id = config.vhids[index].vhid;
            config.vhids[index]
                .vips
                .insert(0, format!("10.{net}.77.{id}/16").parse().unwrap());
        }
        Step::VipRemoved => {
            let vips = &mut config.vhids[index].vips;
            if vips.len() > 1 {
                vips.remove(usize::from(which / 16) % vips.len());
            }
        }
        Step::Prefix => {
            let vips = &mut config.vhids[index].vips;
            vips[0] = Vip::new(vips[0].address(), Some(32)).unwrap();
        }
        Step::VhidRemoved => {}
    }
    let mut seen = Vec::new();
    for vhid in &mut config.vhids {
        vhid.vips.sort_by_key(|vip| vip.family());
        vhid.vips.dedup();
        seen.push((vhid.interface.clone(), vhid.vhid));
    }
    let mut at = 0;
    config.vhids.retain(|vhid| {
        at += 1;
        !seen[..at - 1].contains(&(vhid.interface.clone(), vhid.vhid))
    });
    *config = with_units(config.clone());
}

/// Edits the files for a description, and holds what they configure then against it.
fn brought_about(
    files: &Files,
    wanted: &HostConfig,
    options: BootOptions,
) -> Result<Files, TestCaseError> {
    let done = edits(files, wanted, options);
    let after = applied(files, &done);
    let before = boots(files, wanted.release);
    let now = boots(&after, wanted.release);
    let extra: Vec<(String, Vhid)> = done
        .extras
        .iter()
        .filter_map(|extra| match &extra.kind {
            ExtraKind::Vhid(interface, vhid, _) => Some((interface.to_string(), *vhid)),
            ExtraKind::Sysctl(..) => None,
        })
        .collect();
    let (extras, vhids): (Configured, Configured) = now
        .0
        .into_iter()
        .partition(|(interface, vhid, ..)| extra.contains(&(interface.clone(), *vhid)));
    prop_assert_eq!(vhids, configured(wanted), "{:#?}", &after);
    prop_assert!(extras.iter().all(|extra| before.0.contains(extra)));
    prop_assert_eq!(options.prune, options.prune && extras.is_empty());
    prop_assert_eq!(now.1, before.1);
    prop_assert_eq!(&now.3, &before.3);
    for sysctl in &wanted.sysctls {
        prop_assert!(now.2.contains(sysctl), "{:#?}", &after);
    }
    let again = edits(&after, wanted, options);
    prop_assert_eq!(again.files, vec![], "{:#?}", &after);
    Ok(after)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_right_needs_no_edit(sample in samples(), style in any::<u8>()) {
        let config = wanted(&sample);
        prop_assert_eq!(edits(&rendered(&config), &config, BootOptions::default()).files, vec![]);
        let files = by_hand(&config, style, &sample.key);
        prop_assert_eq!(edits(&files, &config, BootOptions::default()).files, vec![], "{:#?}", &files);
    }

    #[test]
    fn changes_arrive_and_can_be_taken_back(
        sample in samples(), style in proptest::option::of(any::<u8>()), steps in steps(), prune in any::<bool>()
    ) {
        let config = wanted(&sample);
        let files = match style {
            Some(style) => by_hand(&config, style, &sample.key),
            None => rendered(&config),
        };
        let mut changed = config.clone();
        for (step, which) in &steps {
            change(&sample, &mut changed, *step, *which);
        }
        let options = BootOptions { prune, adopt: false };
        let after = brought_about(&files, &changed, options)?;
        let back = brought_about(&after, &config, options)?;
        let (vhids, own, _, others) = boots(&back, config.release);
        let (first_vhids, first_own, _, first_others) = boots(&files, config.release);
        let described = |all: Configured| -> Configured {
            all.into_iter().filter(|(_, vhid, ..)| vhid.number() != 250 || !prune).collect()
        };
        prop_assert_eq!(described(vhids), described(first_vhids));
        prop_assert_eq!((own, others), (first_own, first_others));
    }

    #[test]
    fn an_adopted_host_boots_the_same(sample in samples(), style in any::<u8>()) {
        let config = wanted(&sample);
        let files = by_hand(&config, style, &sample.key);
        let options = BootOptions { adopt: true, prune: false };
        let after = brought_about(&files, &config, options)?;
        let rc = after.iter().find(|(path, _)| path == config.rc_target.path()).unwrap();
        prop_assert!(rc.1.contains("# carpgen: begin"));
        // What is left of the description is nothing.
        let mut empty = config.clone();
        empty.vhids.clear();
        let bare = applied(&after, &edits(&after, &empty, BootOptions::default()));
        prop_assert_eq!(boots(&bare, config.release).0, vec![]);
    }

    #[test]
    fn an_empty_host_gets_everything(sample in samples()) {
        let config = wanted(&sample);
        let mut bare = config.clone();
        bare.vhids.clear();
        bare.sysctls.clear();
        let files = vec![("/etc/rc.conf".to_owned(), format!("{OTHERS}{}", base(&bare)))];
        let after = applied(&files, &edits(&files, &config, BootOptions::default()));
        let (vhids, own, _, _) = boots(&after, config.release);
        prop_assert_eq!(vhids, configured(&config));
        prop_assert_eq!(own.is_empty(), false);
        prop_assert_eq!(edits(&after, &config, BootOptions::default()).files, vec![]);
        let mut none = config.clone();
        (none.vhids, none.sysctls) = (Vec::new(), Vec::new());
        none.interfaces.iter_mut().for_each(|i| i.manage = false);
        let gone = applied(&after, &edits(&after, &none, BootOptions::default()));
        if !sample.manage {
            prop_assert_eq!(gone, files);
        }
    }
}

/// All files below a folder, by their paths on the host.
fn files_below(folder: &Path, prefix: &str, found: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            files_below(&path, &format!("{name}/"), found);
        } else {
            found.push((on_host(&name), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn on_host(name: &str) -> String {
    if name.starts_with("etc/") || name.starts_with("boot/") {
        return format!("/{name}");
    }
    match file_kind(name) {
        Some(FileKind::LoaderConf) => format!("/boot/{name}"),
        Some(
            FileKind::RcConf | FileKind::SysctlConf | FileKind::SysctlKld | FileKind::BootScript,
        ) => {
            format!("/etc/{name}")
        }
        _ => name.to_owned(),
    }
}

#[test]
fn the_good_hosts_of_the_rules_need_no_edit() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    let mut hosts = 0;
    for rule in fs::read_dir(rules).unwrap() {
        let Ok(folders) = fs::read_dir(rule.unwrap().path().join("good-hosts")) else {
            continue;
        };
        for folder in folders
            .map(|folder| folder.unwrap().path())
            .filter(|folder| folder.is_dir())
        {
            let mut files = Vec::new();
            files_below(&folder, "", &mut files);
            let name = HostName::new(folder.file_name().unwrap().to_str().unwrap()).unwrap();
            let texts = texts(&files);
            let reading = read_host(&name, &texts, None);
            let mut config = reading.config.clone();
            stand_in_interfaces(&mut config);
            let loads = reading
                .loader
                .iter()
                .any(|line| matches!(&line.action, LoaderAction::Module(name, _) if name.ends_with("carp")));
            let input = BootInput {
                host: &name,
                release: reading.release,
                files: &texts,
                carp_in_kernel: !loads,
                rc_target: config.rc_target,
            };
            let done = boot_edits(&input, &config, BootOptions::default())
                .unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
            assert_eq!(done.files, [], "{}", folder.display());
            hosts += usize::from(!config.vhids.is_empty());
        }
    }
    assert!(hosts > 50, "{hosts}");
}
