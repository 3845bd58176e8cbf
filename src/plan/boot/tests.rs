//! Rule by rule, on texts as people write them.

use super::*;
use crate::dialect::parse::read_host;
use crate::model::{AdvSkew, Key, Mode, Secret, Sysctl};

type Files = Vec<(String, String)>;

fn files(texts: &[(&str, &str)]) -> Files {
    let mut files: Files = texts
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    if !files.iter().any(|(path, _)| path == "/boot/loader.conf") {
        let modules = "carp_load=\"YES\"\nif_carp_load=\"YES\"\n";
        files.push(("/boot/loader.conf".to_owned(), modules.to_owned()));
    }
    files
}

fn rc(text: &str) -> Files {
    files(&[("/etc/rc.conf", text)])
}

fn texts(files: &Files) -> Vec<HostText<'_>> {
    files
        .iter()
        .map(|(path, text)| HostText { path, text })
        .collect()
}

fn config(files: &Files, release: Release) -> HostConfig {
    let host = HostName::new("a").unwrap();
    read_host(&host, &texts(files), Some(release)).config
}

fn edits(
    files: &Files,
    wanted: &HostConfig,
    options: BootOptions,
) -> Result<BootEdits, BootProblem> {
    let host = HostName::new("a").unwrap();
    let texts = texts(files);
    let input = BootInput {
        host: &host,
        release: wanted.release,
        files: &texts,
        carp_in_kernel: false,
        rc_target: wanted.rc_target,
    };
    boot_edits(&input, wanted, options)
}

fn applied(files: &Files, edits: &BootEdits) -> Files {
    let mut files = files.clone();
    for edit in &edits.files {
        files.retain(|(path, _)| *path != edit.path);
        files.extend(edit.after.clone().map(|text| (edit.path.clone(), text)));
    }
    files
}

/// The text of a file after the edits that bring a changed configuration about.
fn edited(files: &Files, release: Release, change: impl FnOnce(&mut HostConfig)) -> Files {
    edited_with(files, release, BootOptions::default(), change)
}

fn edited_with(
    files: &Files,
    release: Release,
    options: BootOptions,
    change: impl FnOnce(&mut HostConfig),
) -> Files {
    let mut wanted = config(files, release);
    wanted.interfaces.iter_mut().for_each(|i| i.manage = false);
    change(&mut wanted);
    let done = edits(files, &wanted, options).unwrap_or_else(|problem| panic!("{problem}"));
    let after = applied(files, &done);
    let again = edits(&after, &wanted, options).unwrap();
    assert_eq!(again.files, [], "a second time: {after:?}");
    after
}

fn text<'f>(files: &'f Files, path: &str) -> &'f str {
    files
        .iter()
        .find(|(known, _)| known == path)
        .map_or("", |(_, text)| text)
}

fn skew(config: &mut HostConfig, vhid: usize, number: i64) {
    if let Mode::Carp { advskew, .. } = &mut config.vhids[vhid].mode {
        *advskew = AdvSkew::new(number).unwrap();
    }
}

fn pass(config: &mut HostConfig, vhid: usize, text: &str) {
    if let Mode::Carp { key, .. } = &mut config.vhids[vhid].mode {
        *key = Some(Key::Text(Secret::new(text)));
    }
}

/// Two vhids in a style of its own, with lines of others between.
const HAND: &str = "hostname=\"fw1\"\t# the name\n\
ifconfig_em0=\"inet 192.0.2.2/24\"; sshd_enable=\"YES\"\n\
ifconfig_em0_alias0='inet 192.0.2.9/32'\n\
KEY=\"s3cret\"\n\
ifconfig_em0_alias1=\"inet vhid 1 advskew 100 pass $KEY \\\n\t192.0.2.1 netmask 255.255.255.255\"   # wan\n\
ifconfig_em0_alias2=\"inet 192.0.2.3/32 vhid 1\"\n\
ifconfig_em0_alias3=\"inet 192.0.2.4/32 vhid 2 pass two\"";

#[test]
fn what_is_right_stays() {
    for (text, release) in [
        (HAND, Release::R14),
        (
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_aliases=\"inet 192.0.2.10-12/24 vhid 1 pass k inet 192.0.2.4/32 vhid 2\"\n",
            Release::R13,
        ),
        (
            "cloned_interfaces=\"lo1 carp7\"\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_carp7=\"vhid 1 pass k\"\nipv4_addrs_carp7=\"192.0.2.1/24 192.0.2.3/24\"\n",
            Release::R9,
        ),
    ] {
        let files = rc(text);
        assert_eq!(
            edited(&files, release, |config| assert!(!config.vhids.is_empty())),
            files
        );
    }
}

#[test]
fn a_number_changes_where_it_stands() {
    let after = edited(&rc(HAND), Release::R14, |config| skew(config, 0, 0));
    assert_eq!(
        text(&after, "/etc/rc.conf"),
        HAND.replace("advskew 100", "advskew 0")
    );
}

#[test]
fn a_missing_word_comes_behind_the_vhid() {
    let after = edited(&rc(HAND), Release::R14, |config| skew(config, 1, 50));
    assert_eq!(
        text(&after, "/etc/rc.conf"),
        HAND.replace("vhid 2 pass", "vhid 2 advskew 50 pass")
    );
}

#[test]
fn a_key_changes_in_the_variable_that_holds_it_unless_others_use_it() {
    let after = edited(&rc(HAND), Release::R14, |config| pass(config, 0, "n3w"));
    assert_eq!(text(&after, "/etc/rc.conf"), HAND.replace("s3cret", "n3w"));
    let shared = HAND.replace("pass two", "pass ${KEY}");
    let after = edited(&rc(&shared), Release::R14, |config| pass(config, 0, "n3w"));
    assert_eq!(
        text(&after, "/etc/rc.conf"),
        shared.replace("pass $KEY", "pass n3w")
    );
}

#[test]
fn a_new_address_stands_in_the_block_with_the_next_number() {
    let files = rc(HAND);
    let with = |config: &mut HostConfig| {
        config.vhids[0].vips.push("192.0.2.5/32".parse().unwrap());
    };
    let after = edited(&files, Release::R14, with);
    assert_eq!(
        text(&after, "/etc/rc.conf"),
        format!(
            "{HAND}\n# carpgen: begin (written by carpgen from cluster.toml)\n\
             ifconfig_em0_alias4=\"inet 192.0.2.5/32 vhid 1 advbase 1 advskew 100 pass s3cret\"\n\
             # carpgen: end\n"
        )
    );
    // It goes as it came.
    let back = edited(&after, Release::R14, |config| {
        config.vhids[0].vips.pop();
    });
    assert_eq!(text(&back, "/etc/rc.conf"), format!("{HAND}\n"));
}

#[test]
fn an_address_goes_and_leaves_no_gap() {
    let after = edited(&rc(HAND), Release::R14, |config| {
        config.vhids[0]
            .vips
            .retain(|vip| vip.to_string() != "192.0.2.3/32");
    });
    let expected = HAND
        .replace("ifconfig_em0_alias2=\"inet 192.0.2.3/32 vhid 1\"\n", "")
        .replace("alias3", "alias2");
    assert_eq!(text(&after, "/etc/rc.conf"), expected);
}

#[test]
fn a_prefix_length_changes_where_it_stands() {
    let after = edited(&rc(HAND), Release::R14, |config| {
        config.vhids[0].vips = vec![
            "192.0.2.1/24".parse().unwrap(),
            "192.0.2.3/24".parse().unwrap(),
        ];
    });
    let expected = HAND
        .replace("255.255.255.255", "255.255.255.0")
        .replace("192.0.2.3/32", "192.0.2.3/24");
    assert_eq!(text(&after, "/etc/rc.conf"), expected);
}

#[test]
fn what_nobody_described_stays_unless_it_is_ours_or_pruned() {
    let files = rc(HAND);
    let mut wanted = config(&files, Release::R14);
    wanted.vhids.remove(1);
    wanted.interfaces[0].manage = false;
    let kept = edits(&files, &wanted, BootOptions::default()).unwrap();
    assert_eq!(kept.files, []);
    let [extra] = &kept.extras[..] else {
        panic!("{:?}", kept.extras)
    };
    assert_eq!((extra.path.as_str(), extra.line), ("/etc/rc.conf", 8));
    let options = BootOptions {
        prune: true,
        ..BootOptions::default()
    };
    let pruned = edits(&files, &wanted, options).unwrap();
    assert_eq!(pruned.extras, []);
    let after = applied(&files, &pruned);
    let line = HAND.rfind('\n').unwrap();
    assert_eq!(text(&after, "/etc/rc.conf"), &HAND[..=line]);
}

#[test]
fn a_range_that_loses_an_address_is_written_anew() {
    let files = rc(
        "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_aliases=\"inet 192.0.2.10-12/32 vhid 1 pass k inet 192.0.2.20/32\"\n",
    );
    let after = edited(&files, Release::R13, |config| {
        config.vhids[0].vips.remove(1);
    });
    let text = text(&after, "/etc/rc.conf");
    assert!(
        text.contains("ifconfig_em0_aliases=\"inet 192.0.2.20/32\"\n"),
        "{text}"
    );
    assert!(
        text.contains("alias0=\"inet 192.0.2.10/32")
            && text.contains("alias1=\"inet 192.0.2.12/32"),
        "{text}"
    );
}

#[test]
fn release_nine_gets_a_clone_in_every_layer() {
    let base = "cloned_interfaces=\"lo1 carp0\"\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_carp0=\"vhid 1 pass k 192.0.2.1/24\"\n";
    let add = |config: &mut HostConfig| {
        let mut vhid = config.vhids[0].clone();
        vhid.vhid = Vhid::new(2).unwrap();
        vhid.vips = vec![
            "192.0.2.3/24".parse().unwrap(),
            "192.0.2.4/24".parse().unwrap(),
        ];
        config.vhids.push(vhid);
    };
    let after = edited(&rc(base), Release::R9, add);
    assert_eq!(
        text(&after, "/etc/rc.conf"),
        format!(
            "{base}# carpgen: begin (written by carpgen from cluster.toml)\n\
             cloned_interfaces=\"${{cloned_interfaces}} carp1\"\n\
             ifconfig_carp1=\"vhid 2 pass k 192.0.2.3/24\"\n\
             ifconfig_carp1_alias0=\"inet 192.0.2.4/24\"\n# carpgen: end\n"
        )
    );
    // Ours goes, the list of clones with it.
    let back = edited(&after, Release::R9, |config| {
        config.vhids.pop();
    });
    assert_eq!(text(&back, "/etc/rc.conf"), base);
    // A later file has the list that counts.
    let local = "cloned_interfaces='lo1 carp0'\n";
    let layered = files(&[("/etc/rc.conf", base), ("/etc/rc.conf.local", local)]);
    let after = edited(&layered, Release::R9, add);
    assert_eq!(
        text(&after, "/etc/rc.conf.local"),
        "cloned_interfaces='lo1 carp0 carp1'\n"
    );
}

#[test]
fn keys_go_to_a_file_that_only_root_reads() {
    let files = rc(
        "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass POISON\"\n",
    );
    let mut wanted = config(&files, Release::R14);
    wanted.interfaces[0].manage = false;
    wanted.rc_target = RcTarget::Network;
    let options = BootOptions {
        adopt: true,
        ..BootOptions::default()
    };
    let done = edits(&files, &wanted, options).unwrap();
    let network = done
        .files
        .iter()
        .find(|edit| edit.path == "/etc/rc.conf.d/network")
        .unwrap();
    assert_eq!(
        (network.mode, network.before.as_ref(), network.secret),
        (Some(0o600), None, true)
    );
    let after = applied(&files, &done);
    assert_eq!(
        text(&after, "/etc/rc.conf"),
        "ifconfig_em0=\"inet 192.0.2.2/24\"\n"
    );
    assert_eq!(edits(&after, &wanted, options).unwrap().files, []);
    assert!(!format!("{done:?}").contains("POISON"));
    // The file goes with the last line of ours.
    wanted.vhids.clear();
    let done = edits(&after, &wanted, BootOptions::default()).unwrap();
    assert!(
        done.files
            .iter()
            .any(|edit| edit.path == network.path && edit.after.is_none())
    );
}

#[test]
fn sysctls_and_the_module_are_set_where_they_count() {
    let mut files = files(&[
        ("/etc/rc.conf", HAND),
        (
            "/etc/sysctl.conf",
            "net.inet.carp.preempt = 0\t# why\r\nkern.x=1",
        ),
        ("/boot/loader.conf", "autoboot_delay=\"3\""),
    ]);
    let mut wanted = config(&files, Release::R14);
    wanted.interfaces[0].manage = false;
    wanted.sysctls = vec![
        Sysctl::new("net.inet.carp.preempt", 1),
        Sysctl::new("net.inet.carp.log", 2),
        Sysctl::new("net.inet.carp.demotion", 240),
    ];
    let done = edits(&files, &wanted, BootOptions::default()).unwrap();
    files = applied(&files, &done);
    let block = |line: &str| {
        format!("# carpgen: begin (written by carpgen from cluster.toml)\n{line}\n# carpgen: end\n")
    };
    assert_eq!(
        text(&files, "/etc/sysctl.conf"),
        format!(
            "net.inet.carp.preempt = 1\t# why\r\nkern.x=1\n{}",
            block("net.inet.carp.log=2")
        )
    );
    assert_eq!(
        text(&files, "/boot/loader.conf"),
        format!("autoboot_delay=\"3\"\n{}", block("carp_load=\"YES\""))
    );
    // A line of ours that is no longer wanted goes; the value is the kernel's again.
    wanted.sysctls.truncate(1);
    let done = edits(&files, &wanted, BootOptions::default()).unwrap();
    files = applied(&files, &done);
    assert_eq!(
        text(&files, "/etc/sysctl.conf"),
        "net.inet.carp.preempt = 1\t# why\r\nkern.x=1\n"
    );
}

#[test]
fn what_cannot_be_edited_is_named_without_its_key() {
    // A script of the interface sets the vhid again.
    let files = files(&[
        ("/etc/rc.conf", "ifconfig_em0=\"up\"\n"),
        (
            "/etc/start_if.em0",
            "ifconfig em0 inet 192.0.2.1/32 vhid 1 pass POISON alias\n",
        ),
    ]);
    let mut wanted = config(&files, Release::R14);
    wanted.interfaces.iter_mut().for_each(|i| i.manage = false);
    assert_eq!(wanted.vhids.len(), 1);
    skew(&mut wanted, 0, 20);
    let problem = edits(&files, &wanted, BootOptions::default()).unwrap_err();
    let said = problem.to_string();
    assert!(said.contains("/etc/start_if.em0:1: ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advbase 1 advskew 20 pass <secret>\""), "{said}");
    assert!(!said.contains("POISON"));
}

#[test]
fn a_key_that_the_boot_would_change_is_refused() {
    let files = rc(HAND);
    let mut wanted = config(&files, Release::R14);
    wanted.interfaces[0].manage = false;
    pass(&mut wanted, 0, "a$b");
    let problem = edits(&files, &wanted, BootOptions::default()).unwrap_err();
    assert!(matches!(problem, BootProblem::Render(_)), "{problem}");
}

#[test]
fn a_file_that_the_shell_gives_up_on_is_named() {
    let files = rc("ifconfig_em0=\"inet 192.0.2.2/24\"\nx=\"open\n");
    let good = rc(HAND);
    let wanted = config(&good, Release::R14);
    let said = edits(&files, &wanted, BootOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("/etc/rc.conf:2: the boot reads no further"),
        "{said}"
    );
}
