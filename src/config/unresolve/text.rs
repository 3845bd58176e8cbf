//! The text of the description.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use toml::{Table, Value};

use super::draft::{Draft, DraftNode};
use super::numbers::Rule;
use super::vhids::{DraftMode, DraftVhid};
use super::{About, ImportError, KeyUse, Remark, names};
use crate::config::resolve::alias_base;
use crate::model::{
    AdvBase, HostName, InterfaceConfig, Key, Peers, RcTarget, SecretReference, VrrpInterval,
};

#[derive(Serialize)]
struct DocumentView<'a> {
    title: String,
    notes: &'a [String],
    tables: Vec<TableView>,
}

/// A table with its remarks and its lines.
#[derive(Serialize)]
struct TableView {
    header: &'static str,
    remarks: Vec<String>,
    lines: Vec<LineView>,
}

/// A key and its value as TOML.
#[derive(Serialize)]
struct LineView {
    key: String,
    value: String,
    comment: Option<String>,
}

impl TableView {
    const fn new(header: &'static str) -> Self {
        Self {
            header,
            remarks: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn line(&mut self, key: &str, value: impl Into<Value>) {
        self.commented(key, value, None);
    }

    fn commented(&mut self, key: &str, value: impl Into<Value>, comment: Option<&str>) {
        self.lines.push(LineView {
            key: bare(key),
            value: value.into().to_string(),
            comment: comment.map(str::to_owned),
        });
    }

    fn remark(&mut self, remarks: &[Remark], is_here: impl Fn(&About) -> bool) {
        let here = remarks.iter().filter(|remark| is_here(&remark.about));
        self.remarks.extend(here.map(|remark| match &remark.about {
            About::Vhid(..) | About::Host(_) => remark.sentence(),
            About::Sysctl(_) | About::Interface(..) => {
                format!("{}: {}", remark.subject(), remark.sentence())
            }
        }));
    }
}

/// A key of a table, in quotes where it needs them.
fn bare(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.chars().all(plain) {
        key.to_owned()
    } else {
        Value::from(key).to_string()
    }
}

fn list(all: impl IntoIterator<Item = impl ToString>) -> Value {
    let values = all.into_iter().map(|one| Value::from(one.to_string()));
    Value::Array(values.collect())
}

fn table(all: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Table(all.into_iter().collect::<Table>())
}

/// Keys and what to write for them.
struct Passes<'a> {
    uses: Vec<KeyUse<'a>>,
    written: Option<&'a [Key]>,
}

impl Passes<'_> {
    fn value(&self, key: Option<&Key>) -> Value {
        let text = key.and_then(Key::text);
        let place = self
            .uses
            .iter()
            .position(|known| Some(known.secret) == text);
        let written = place.and_then(|place| self.written?.get(place)).or(key);
        match written {
            Some(Key::Text(secret)) => Value::from(secret.expose()),
            Some(Key::Reference(reference)) => {
                let (kind, value) = match reference {
                    SecretReference::Environment(name) => ("env", Value::from(name.as_str())),
                    SecretReference::File(path) => ("file", Value::from(path.as_str())),
                    SecretReference::Command(argv) => ("command", list(argv)),
                };
                table([(kind.to_owned(), value)])
            }
            Some(Key::Redacted) | None => Value::from(""),
        }
    }
}

/// The description as text.
pub(super) fn text(
    draft: &Draft,
    remarks: &[Remark],
    keys: Option<&[Key]>,
    notes: &[String],
) -> Result<String, ImportError> {
    let passes = Passes {
        uses: draft.keys(),
        written: keys,
    };
    let mut tables = vec![cluster(draft, &passes, remarks)];
    if !draft.sysctls.is_empty() {
        let mut table = TableView::new("[cluster.sysctl]");
        for sysctl in &draft.sysctls {
            table.line(&sysctl.name, sysctl.value);
        }
        tables.push(table);
    }
    for (name, subnets) in &draft.segments {
        let mut table = TableView::new("[[segment]]");
        table.line("name", name.as_str());
        if !subnets.is_empty() {
            table.line("subnets", list(subnets));
        }
        tables.push(table);
    }
    for each in &draft.nodes {
        tables.extend(node(draft, each, remarks));
    }
    let vhids = draft.vhids.iter();
    tables.extend(vhids.map(|each| vhid(draft, each, &passes, remarks)));
    let hosts = names(draft.nodes.iter().map(|node| &node.name));
    let view = DocumentView {
        title: format!("Written by carpgen import, from the files of {hosts}."),
        notes,
        tables,
    };
    fill(&view).map_err(|error| ImportError::Template(error.to_string()))
}

fn fill(view: &DocumentView<'_>) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax?);
    environment.add_template(
        "cluster.toml",
        include_str!("../../../templates/cluster.toml.j2"),
    )?;
    environment
        .get_template("cluster.toml")?
        .render(Serde(view))
}

fn rc_target(target: RcTarget) -> &'static str {
    match target {
        RcTarget::RcConf => "rc.conf",
        RcTarget::Network => "rc.conf.d/network",
    }
}

fn cluster(draft: &Draft, passes: &Passes<'_>, remarks: &[Remark]) -> TableView {
    let mut table = TableView::new("[cluster]");
    table.remark(remarks, |about| matches!(about, About::Sysctl(_)));
    table.line("name", draft.name.as_str());
    table.line("release", draft.release.as_str());
    table.commented(
        "preempt",
        draft.preempt,
        Some(if draft.preempt {
            "a better master takes over at once"
        } else {
            "a better master waits until the present one fails"
        }),
    );
    if draft.arpbalance {
        table.line("arpbalance", true);
    }
    if draft.advbase != AdvBase::DEFAULT {
        table.line("advbase", i64::from(draft.advbase.number()));
    }
    let mut rule = |key: &str, rule: Option<Rule>, comment: &str| {
        if let Some(rule) = rule {
            let numbers = [("first", rule.first), ("step", rule.step)];
            let numbers = numbers.map(|(name, number)| (name.to_owned(), Value::from(number)));
            table.commented(key, self::table(numbers), Some(comment));
        }
    };
    rule("skew", draft.rules.skew, "advskew = first + rank * step");
    rule("vrrp", draft.rules.vrrp, "priority = first - rank * step");
    if draft.pass.is_some() {
        table.line("pass", passes.value(draft.pass.as_ref()));
    }
    if draft.rc_target != RcTarget::default() {
        table.line("rc_target", rc_target(draft.rc_target));
    }
    table
}

fn node(draft: &Draft, node: &DraftNode, remarks: &[Remark]) -> [TableView; 2] {
    let mut table = TableView::new("[[node]]");
    table.remark(remarks, |about| match about {
        About::Host(host) | About::Interface(host, _) => *host == node.name,
        About::Vhid(..) | About::Sysctl(_) => false,
    });
    table.line("name", node.name.as_str());
    if node.release != draft.release {
        table.line("release", node.release.as_str());
    }
    if node.rc_target != draft.rc_target {
        table.line("rc_target", rc_target(node.rc_target));
    }
    if !node.cloned_interfaces.is_empty() {
        table.line("cloned_interfaces", list(&node.cloned_interfaces));
    }
    let mut interfaces = TableView::new("[node.interfaces]");
    for each in &node.interfaces {
        interfaces.line(each.segment.as_str(), interface(each));
    }
    [table, interfaces]
}

fn interface(interface: &InterfaceConfig) -> Value {
    let mut all = vec![
        ("name".to_owned(), Value::from(interface.name.as_str())),
        ("addresses".to_owned(), list(&interface.addresses)),
    ];
    if interface.manage {
        all.push(("manage".to_owned(), Value::from(true)));
    }
    let default = if interface.manage {
        0
    } else {
        alias_base(&interface.addresses)
    };
    if interface.first_alias != default {
        let number = i64::from(interface.first_alias);
        all.push(("first_alias".to_owned(), Value::from(number)));
    }
    table(all)
}

fn vhid(draft: &Draft, vhid: &DraftVhid, passes: &Passes<'_>, remarks: &[Remark]) -> TableView {
    let mut table = TableView::new("[[vhid]]");
    let own = About::Vhid(vhid.segment.clone(), vhid.id);
    table.remark(remarks, |about| *about == own);
    table.line("id", i64::from(vhid.id.number()));
    table.line("segment", vhid.segment.as_str());
    table.line("vips", list(&vhid.vips));
    let ruled = draft.rules.hold_for(vhid);
    if ruled {
        table.line("priority", list(vhid.order()));
    }
    let numbers = |all: Vec<(&HostName, i64)>| {
        let numbers = all.into_iter();
        self::table(numbers.map(|(name, number)| (name.to_string(), Value::from(number))))
    };
    match &vhid.mode {
        DraftMode::Carp {
            advbase,
            key,
            peers,
            advskew,
        } => {
            if !ruled {
                let all = advskew
                    .iter()
                    .map(|(name, n)| (name, i64::from(n.number())));
                table.line("advskew", numbers(all.collect()));
            }
            if *advbase != draft.advbase {
                table.line("advbase", i64::from(advbase.number()));
            }
            if *key != draft.pass {
                table.line("pass", passes.value(key.as_ref()));
            }
            if *peers == Peers::Unicast {
                table.line("peers", "unicast");
            }
        }
        DraftMode::Vrrp { interval, priority } => {
            table.line("version", 3_i64);
            let mut all = Vec::new();
            if *interval != VrrpInterval::DEFAULT {
                let number = i64::from(interval.number());
                all.push(("interval_cs".to_owned(), Value::from(number)));
            }
            if !ruled {
                let each = priority
                    .iter()
                    .map(|(name, n)| (name, i64::from(n.number())));
                all.push(("priority".to_owned(), numbers(each.collect())));
            }
            if !all.is_empty() {
                table.line("vrrp", self::table(all));
            }
        }
    }
    if let Some(unit) = vhid.carp_unit {
        table.line("carp", i64::from(unit));
    }
    table
}
