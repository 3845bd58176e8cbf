//! How fast 1,000 folders of hosts are linted: their texts in memory, and from the files on.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use carpgen::cli;
use carpgen::dialect::parse::HostText;
use carpgen::lint::check_hosts;
use carpgen::lint::hosts::{Hosts, LintHost};
use carpgen::model::HostName;
use criterion::{Criterion, criterion_group, criterion_main};

/// Hosts in pairs: half as many segments for each of two interfaces.
const PAIRS: usize = 500;

/// A host: its name, and its files by path.
type Files = (String, Vec<(&'static str, String)>);

/// rc.conf as administrators write it: some forty lines, two of them vhids.
fn rc_conf(pair: usize, own: usize) -> String {
    let (a, b) = (pair / 200, pair % 200);
    let skew = (own - 2) * 100;
    let mut text = format!(
        "# fw{own} of site {pair}\nhostname=\"fw{own}.site{pair}.example.net\"\nkeymap=\"us.kbd\"\n\n\
         # network\nifconfig_ix0=\"inet 10.{a}.{b}.{own}/24\"  # outside\n\
         ifconfig_ix0_alias0=\"inet vhid 1 advskew {skew} pass mekitB7xQ2nVd 10.{a}.{b}.1/32\"\n\
         ifconfig_ix1=\"inet 172.{}.{b}.{own}/24\"  # inside\n\
         ifconfig_ix1_alias0=\"inet vhid 2 advskew {skew} pass mekitB7xQ2nVd 172.{}.{b}.1/32\"\n\
         defaultrouter=\"10.{a}.{b}.254\"\ngateway_enable=\"YES\"\n\n",
        16 + a,
        16 + a,
    );
    for service in [
        "sshd",
        "ntpd",
        "ntpdate",
        "pf",
        "pflog",
        "syslogd",
        "cron",
        "zfs",
        "smartd",
        "bsnmpd",
        "local_unbound",
        "blacklistd",
        "powerd",
        "sendmail",
        "dumpdev",
    ] {
        let _ = writeln!(text, "# {service}\n{service}_enable=\"YES\"");
    }
    text
}

fn hosts() -> Vec<Files> {
    let all = (0..PAIRS).flat_map(|pair| [(pair, 2), (pair, 3)]);
    all.map(|(pair, own)| {
        let files = vec![
            ("rc.conf", rc_conf(pair, own)),
            (
                "sysctl.conf",
                "net.inet.carp.preempt=1\nnet.inet.carp.senderr_demotion_factor=0\n".to_owned(),
            ),
            (
                "loader.conf",
                "carp_load=\"YES\"\nautoboot_delay=\"3\"\n".to_owned(),
            ),
            ("release", "14\n".to_owned()),
        ];
        (format!("site{pair}-fw{own}"), files)
    })
    .collect()
}

fn lint(hosts: &[Files]) -> usize {
    let read = hosts.iter().map(|(name, files)| {
        let texts = files.iter().map(|(path, text)| HostText { path, text });
        let name = HostName::new(name).expect("a name");
        LintHost::read(name, texts.collect(), None)
    });
    check_hosts(&Hosts::new(read.collect())).len()
}

fn write(folder: &Path, hosts: &[Files]) {
    for (name, files) in hosts {
        let host = folder.join(name);
        fs::create_dir(&host).expect("writable");
        for (path, text) in files {
            fs::write(host.join(path), text).expect("writable");
        }
    }
}

fn benches(criterion: &mut Criterion) {
    let hosts = hosts();
    criterion.bench_function("lint/1,000 hosts in memory", |bencher| {
        bencher.iter(|| lint(black_box(&hosts)));
    });
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &hosts);
    // Nothing is printed: there are no errors.
    let words = ["carpgen", "lint", "--quiet", "--format", "github"].map(OsString::from);
    criterion.bench_function("lint/1,000 folders of hosts", |bencher| {
        bencher.iter(|| {
            let path = folder.path().as_os_str().to_owned();
            cli::run(words.iter().cloned().chain([path]))
        });
    });
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(20);
    targets = benches
}
criterion_main!(group);
