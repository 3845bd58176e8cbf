//! What pf.conf is read as: macros, lists, and what is not plain.

use super::*;
use crate::model::FileId;

fn rules(text: &str) -> Vec<PfRule> {
    let conf = pf_conf(&Text::new(FileId(0), text));
    let rules = conf
        .statements
        .into_iter()
        .map(|statement| match statement {
            PfStatement::Rule(rule) => rule,
            PfStatement::Unknown(place) => panic!("line {} is unknown", place.line),
        });
    rules.collect()
}

fn texts(names: &[PfName]) -> Vec<String> {
    let text = |name: &PfName| format!("{}{}", if name.negated { "!" } else { "" }, name.text);
    names.iter().map(text).collect()
}

#[test]
fn macros_and_lists_are_replaced() {
    let found = rules(
        "ext = \"em0\"\nnets = \"{ 10.0.0.0/8, 192.0.2.0/24 }\"\nset skip on lo0\n\
         block return log all # all of it\n\
         pass out log (all) quick on { $ext !em1 } inet proto { tcp, \\\n udp carp } \\\n from $nets to any keep state\n\
         pass in on $ext route-to ($ext 192.0.2.254) from ($ext:network) to <bad> port { 22 80 } flags S/SA\n\
         nat on $ext from any to any -> 192.0.2.1\n",
    );
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|rule| !rule.unsure));
    assert_eq!(found[0].action, PfAction::Block);
    assert_eq!(texts(&found[1].interfaces), ["em0", "!em1"]);
    assert_eq!(texts(&found[1].protocols), ["tcp", "udp", "carp"]);
    assert_eq!(texts(&found[1].from), ["10.0.0.0/8", "192.0.2.0/24"]);
    assert!(found[1].to.is_empty() && found[1].quick);
    assert_eq!(texts(&found[2].from), ["(em0:network)"]);
    assert_eq!(texts(&found[2].to), ["<bad>"]);
    assert_eq!(
        found[2].route.map(|(route, _)| route),
        Some(PfRoute::RouteTo)
    );
    assert_eq!(texts(&found[3].translation), ["192.0.2.1"]);
}

#[test]
fn what_is_not_plain_is_unsure() {
    let unsure = |text: &str| rules(text)[0].unsure;
    assert!(unsure("block in tagged BAD\n"));
    assert!(unsure("block in probability 20%\n"));
    assert!(!unsure("block in proto tcp to port 1024 >< 2048\n"));
    let conf = pf_conf(&Text::new(
        FileId(0),
        "include \"/etc/pf.more\"\npass on $unset\n",
    ));
    assert_eq!(conf.statements.len(), 2);
    assert!(
        conf.statements
            .iter()
            .all(|s| matches!(s, PfStatement::Unknown(_)))
    );
}

#[test]
fn macros_that_name_themselves_end() {
    let conf = pf_conf(&Text::new(
        FileId(0),
        "a = \"$a $a\"\nb = \"$b\"\npass on $a\npass on $b\n",
    ));
    assert!(
        conf.statements
            .iter()
            .all(|s| matches!(s, PfStatement::Unknown(_)))
    );
}

#[test]
fn what_is_never_closed_is_not_understood() {
    for text in [
        "table <t> { 192.0.2.0/24\npass quick proto carp\n",
        "block all\nset limit { states 1\npass quick proto carp\n",
        "set hostid 1 # x\nnat-anchor \"a\npass quick proto carp\n",
    ] {
        let conf = pf_conf(&Text::new(FileId(0), text));
        let last = conf.statements.last();
        assert!(
            matches!(last, Some(PfStatement::Unknown(_))),
            "{text}: {last:?}"
        );
    }
    let closed = "nat-anchor \"a\"";
    assert_eq!(pf_conf(&Text::new(FileId(0), closed)).statements, []);
}
