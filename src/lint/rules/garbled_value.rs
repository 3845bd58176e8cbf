//! `garbled-value`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::{Fault, Garbled, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds numbers of CARP that are not all digits, and keywords with nothing behind them.
    ///
    /// ## Why it matters
    ///
    /// ifconfig(8) reads numbers with atoi(3) (`sbin/ifconfig/carp.c` in FreeBSD): what stands before the first other character counts, so
    /// `1O0` is 1, and `abc` is 0. Without a word behind it a keyword takes the next one, or the command fails.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 1O0 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    GARBLED_VALUE = "CG111", "garbled-value", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let reserved = reserved(host);
        for found in host.statements() {
            for fault in host.faults(&found) {
                let Fault::Garbled(garbled) = fault else {
                    continue;
                };
                // A key that cuts the alias in two is said elsewhere.
                if !reserved.contains(&garbled.parameter.place) {
                    findings.add(finding(position, garbled));
                }
            }
        }
    }
}

/// The places of `pass` before a key that the scripts take for a family word.
fn reserved(host: &LintHost<'_>) -> Vec<crate::model::Place> {
    let pieces = host.alias_pieces();
    let pairs = pieces.iter().flat_map(|piece| piece.words.windows(2));
    pairs
        .filter(|pair| {
            pair[0].text() == "pass"
                && matches!(pair[1].text(), "inet" | "inet6" | "link" | "ether" | "ipx")
        })
        .map(|pair| pair[0].place)
        .collect()
}

fn finding(position: usize, garbled: Garbled<'_>) -> HostFinding {
    let Garbled {
        parameter,
        is_missing,
    } = garbled;
    let word = parameter.keyword.word();
    let (place, message) = if is_missing {
        let what = if parameter.keyword == Keyword::Pass {
            "key"
        } else {
            "number"
        };
        (
            parameter.place,
            format!(
                "no {what} stands behind `{word}`: the command fails, or takes another word for it"
            ),
        )
    } else {
        (
            parameter.value_place(),
            format!(
                "what stands behind `{word}` is not all digits: it counts as {}",
                parameter.atoi()
            ),
        )
    };
    let help = match parameter.keyword {
        Keyword::Pass => "write the key behind `pass`; `carpgen keygen` makes one".to_owned(),
        _ => format!("write `{word}` and a number in digits"),
    };
    HostFinding::at(Severity::Error, position, place, message, help)
}
