//! A plan for people.

use super::{InterruptionReport, PlanReport};
use crate::dialect::shell_line;
use crate::plan::change::Change;
use crate::plan::planning::{Plan, PlannedHost};
use crate::report::Style;

/// The plan as text: what changes on each host, the steps, and what clients notice.
#[must_use]
pub fn plan(plan: &Plan, report: &PlanReport, style: Style) -> String {
    let mut text = String::new();
    for (host, shown) in plan.hosts.iter().zip(&report.hosts) {
        let nothing_else =
            shown.extra.is_empty() && shown.missing.is_empty() && !shown.keys_not_compared;
        if host.is_unchanged() && nothing_else {
            continue;
        }
        text.push_str(&format!("{}\n", style.bold(&shown.host)));
        text.push_str(&changes(host, style));
        for file in &shown.files {
            for line in file.diff.lines() {
                text.push_str(&format!("    {}\n", coloured(line, style)));
            }
        }
        if !shown.live.is_empty() {
            text.push_str("    while it runs:\n");
        }
        for argv in &shown.live {
            text.push_str(&format!(
                "      {}\n",
                shell_line(argv).replace("'<secret>'", "<secret>")
            ));
        }
        for extra in &shown.extra {
            text.push_str(&format!(
                "  {} {extra}: nobody declared it; left alone (--prune takes it away)\n",
                style.dim("?")
            ));
        }
        for missing in &shown.missing {
            text.push_str(&format!(
                "  {} {missing}: own addresses are not changed while a host runs\n",
                style.dim("?")
            ));
        }
        if shown.keys_not_compared {
            text.push_str("  ? the keys that run cannot be read, and were not compared\n");
        }
        text.push('\n');
    }
    for unseen in &report.unseen {
        let vhids: Vec<String> = unseen
            .serves
            .iter()
            .map(|served| format!("vhid {} on {}", served.vhid, served.segment))
            .collect();
        text.push_str(&format!(
            "{} was not looked at; it must be serving {}, and is taken to be as described\n\n",
            style.bold(&unseen.host),
            vhids.join(", ")
        ));
    }
    if plan.is_empty() {
        text.push_str(&unchanged(plan));
        return text;
    }
    if !report.order.is_empty() {
        text.push_str(&steps(report, style));
        text.push_str(&prediction(report, style));
        text.push_str(&alternatives(plan));
    }
    text.push_str(&count(plan, report));
    text
}

/// `No changes: 2 hosts, 4 vhids, 8 VIPs as described`
fn unchanged(plan: &Plan) -> String {
    let mut vhids = std::collections::BTreeSet::new();
    let mut vips = std::collections::BTreeSet::new();
    for vhid in plan.hosts.iter().flat_map(|host| &host.described) {
        vhids.insert((vhid.segment.clone(), vhid.vhid));
        vips.extend(
            vhid.vips
                .iter()
                .map(|vip| (vhid.segment.clone(), vip.address())),
        );
    }
    let number = |count: usize, what: &str| {
        if count == 1 {
            format!("1 {what}")
        } else {
            format!("{count} {what}s")
        }
    };
    format!(
        "No changes: {}, {}, {} as described\n",
        number(plan.hosts.len(), "host"),
        number(vhids.len(), "vhid"),
        number(vips.len(), "VIP")
    )
}

/// A line for each change of the running host.
fn changes(host: &PlannedHost, style: Style) -> String {
    let mut text = String::new();
    for change in &host.part.changes {
        let symbol = match change {
            Change::AddVhid(_) | Change::AddAddress { .. } | Change::LoadModule => style.green("+"),
            Change::RemoveVhid(_) | Change::RemoveAddress { .. } => style.red("-"),
            Change::Parameters { .. } | Change::Sysctl { .. } => style.yellow("~"),
        };
        text.push_str(&format!("  {symbol} {}\n", super::words::change(change)));
    }
    if host.part.joins_demoted && !host.part.changes.is_empty() {
        text.push_str(
            "  ! its vhids are served already: it joins demoted, until `carpgen undrain`\n",
        );
    }
    text
}

fn coloured(line: &str, style: Style) -> String {
    match line.as_bytes().first() {
        Some(b'+') => style.green(line),
        Some(b'-') => style.red(line),
        Some(b'@') => style.dim(line),
        _ => line.to_owned(),
    }
}

fn steps(report: &PlanReport, style: Style) -> String {
    let mut text = format!("{}\n", style.bold("Steps"));
    for (place, step) in report.order.iter().enumerate() {
        let several = report
            .order
            .iter()
            .filter(|other| other.step == step.step)
            .count()
            > 1;
        let first = place == 0 || report.order[place - 1].step != step.step;
        let number = if first {
            step.step.to_string()
        } else {
            String::new()
        };
        let when = match (several, step.delay_ms) {
            (false, _) => String::new(),
            (true, 0) => " at one instant".to_owned(),
            (true, delay) => format!(" {delay} ms later"),
        };
        text.push_str(&format!(
            "  {number:>2} {}{when}: {}\n",
            step.host, step.what
        ));
    }
    text.push('\n');
    text
}

fn prediction(report: &PlanReport, style: Style) -> String {
    let mut text = format!("{}\n", style.bold("What clients notice"));
    let seconds = |us: u64| match us {
        0 => "0 s".to_owned(),
        1..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.2} s", us as f64 / 1e6),
    };
    let words = |entry: &InterruptionReport| match (entry.no_master_us, entry.dual_master_us) {
        (0, 0) => "nothing".to_owned(),
        (none, 0) => format!("no master for {}", seconds(none)),
        (0, two) => format!("two masters for {}", seconds(two)),
        (none, two) => format!(
            "no master for {}, two masters for {}",
            seconds(none),
            seconds(two)
        ),
    };
    for entry in &report.prediction {
        let naive = report
            .naive
            .iter()
            .find(|other| (&other.segment, other.vhid) == (&entry.segment, entry.vhid));
        let cost = |entry: &InterruptionReport| entry.no_master_us + entry.dual_master_us;
        let against = match naive {
            Some(naive) if entry.served_before && cost(naive) > cost(entry) + 10_000 => {
                format!(" (host by host: {})", words(naive))
            }
            _ => String::new(),
        };
        let what = if entry.served_before {
            words(entry)
        } else {
            "new".to_owned()
        };
        text.push_str(&format!(
            "  {} vhid {}: {what}{against}\n",
            entry.segment, entry.vhid
        ));
    }
    text.push('\n');
    text
}

/// What would cost nothing, ready to be pasted.
fn alternatives(plan: &Plan) -> String {
    let mut text = String::new();
    for own in &plan.alternatives {
        let order: Vec<String> = own.order.iter().map(|host| format!("\"{host}\"")).collect();
        let order = match &own.group {
            Some(group) => format!("group = \"{group}\""),
            None => format!("priority = [{}]", order.join(", ")),
        };
        text.push_str(&format!(
            "  {} in a vhid of its own instead of vhid {} would cost nothing:\n\n    [[vhid]]\n    id = {}\n    segment = \"{}\"\n    vips = [\"{}\"]\n    {order}\n\n",
            own.vip, own.vhid, own.free, own.segment, own.vip
        ));
    }
    text
}

fn count(plan: &Plan, report: &PlanReport) -> String {
    let hosts = plan
        .hosts
        .iter()
        .filter(|host| !host.is_unchanged())
        .count();
    let commands: usize = report.hosts.iter().map(|host| host.live.len()).sum();
    let files: usize = report.hosts.iter().map(|host| host.files.len()).sum();
    let number = |count: usize, what: &str| {
        if count == 1 {
            format!("1 {what}")
        } else {
            format!("{count} {what}s")
        }
    };
    format!(
        "{}: {} in {}, {}\n",
        number(hosts, "host")
            .replacen("host", "host to change", 1)
            .replace("host to changes", "hosts to change"),
        number(commands, "live command"),
        number(plan.chosen.steps.len(), "step"),
        number(files, "edited file")
    )
}
