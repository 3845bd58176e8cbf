//! The text format of Prometheus, for the textfile collector of its node exporter
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write as _;

use crate::dialect::parse::ShownState;
use crate::plan::{ClusterStatus, Discards, HostState, Side, VhidProblem};

/// A metric and its samples.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, String)>, i64)>,
}

impl Metric {
    const fn new(name: &'static str, kind: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind,
            help,
            samples: Vec::new(),
        }
    }

    fn add(&mut self, labels: Vec<(&'static str, String)>, value: impl TryInto<i64>) {
        let value = value.try_into().unwrap_or(i64::MAX);
        self.samples.push((labels, value));
    }

    /// The metric with its samples; nothing where it has none.
    fn write(&self, text: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        let Self {
            name, kind, help, ..
        } = self;
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in &self.samples {
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
                .collect();
            let _ = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// All metrics.
#[must_use]
pub fn status_metrics(status: &ClusterStatus) -> String {
    let mut text = String::new();
    for metric in hosts(status).iter().chain(&vhids(status)) {
        metric.write(&mut text);
    }
    text
}

fn hosts(status: &ClusterStatus) -> Vec<Metric> {
    let mut up = Metric::new(
        "carp_host_up",
        "gauge",
        "Whether the host answered; hosts that are described as away are left out.",
    );
    let mut drift = Metric::new(
        "carp_host_drift",
        "gauge",
        "Differences from the description, of what runs and of what boots.",
    );
    let mut extra = Metric::new("carp_host_extra_vhids", "gauge", "Vhids nobody described.");
    let mut demotion = Metric::new(
        "carp_host_demotion",
        "gauge",
        "The demotion counter; up to FreeBSD 9 the number of problems.",
    );
    let mut drained = Metric::new(
        "carp_host_drained",
        "gauge",
        "Whether carpgen took the host out of service.",
    );
    let mut pending = Metric::new(
        "carp_host_pending_change",
        "gauge",
        "Whether a change waits for its confirmation.",
    );
    let mut bad = Metric::new(
        "carp_host_bad_authentication_total",
        "counter",
        "Packets discarded for bad authentication since the boot.",
    );
    for host in &status.hosts {
        let name = || vec![("host", host.host.to_string())];
        let seen = match &host.state {
            HostState::Away(_) => continue,
            HostState::Unreachable { .. } => {
                up.add(name(), 0);
                continue;
            }
            HostState::Seen(seen) => seen,
        };
        up.add(name(), 1);
        for side in [Side::Live, Side::Boot] {
            let count = seen.drift.iter().filter(|(of, _)| *of == side).count();
            let mut labels = name();
            labels.push(("side", side.word().to_owned()));
            drift.add(labels, count);
        }
        extra.add(name(), seen.extra.len());
        demotion.add(name(), seen.demotion.as_ref().map_or(0, |d| d.total));
        drained.add(name(), i64::from(seen.drained));
        pending.add(name(), i64::from(seen.pending.is_some()));
        if let Some(Discards {
            since_boot: count, ..
        }) = seen.discards
        {
            bad.add(name(), count);
        }
    }
    vec![up, drift, extra, demotion, drained, pending, bad]
}

fn vhids(status: &ClusterStatus) -> Vec<Metric> {
    let mut masters = Metric::new(
        "carp_vhid_masters",
        "gauge",
        "How many hosts serve the vhid; 1 is right.",
    );
    let mut at_home = Metric::new(
        "carp_vhid_at_home",
        "gauge",
        "Whether the intended host, and no other, serves the vhid.",
    );
    let mut master = Metric::new(
        "carp_vhid_master",
        "gauge",
        "Whether the host serves the vhid.",
    );
    let mut skew = Metric::new(
        "carp_vhid_effective_advskew",
        "gauge",
        "The skew under the demotion of the host.",
    );
    for vhid in &status.vhids {
        let labels = || {
            vec![
                ("segment", vhid.segment.to_string()),
                ("vhid", vhid.vhid.to_string()),
            ]
        };
        masters.add(labels(), vhid.masters.len());
        if vhid.intended.is_some() && vhid.problem != Some(VhidProblem::Unknown) {
            at_home.add(labels(), i64::from(vhid.problem.is_none()));
        }
    }
    for (host, seen) in status.seen() {
        for own in &seen.vhids {
            let labels = || {
                vec![
                    ("host", host.to_string()),
                    ("segment", own.segment.to_string()),
                    ("vhid", own.config.vhid.to_string()),
                ]
            };
            master.add(labels(), i64::from(own.state == ShownState::Master));
            if let Some(effective) = own.effective_skew {
                skew.add(labels(), effective);
            }
        }
    }
    vec![masters, at_home, master, skew]
}
