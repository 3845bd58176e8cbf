//! Every parser, under inputs that nobody wrote: what must hold for each of them.
//!
//! `cargo test --test fuzz` runs each target over its corpus in `__fuzz__/TARGET/corpus`, the inputs in
//! `__fuzz__/TARGET/crashes` that once failed, some noise, and a fixed number of edited inputs of the corpus, which is
//! made of the fixtures. `CARPGEN_FUZZ_INPUTS` sets another number of edits. The targets have been run in this way alone,
//! never under an engine that follows the coverage of the code.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod cluster;
mod edit;
mod host;
mod output;
mod packets;
mod places;
mod shell;
mod values;

/// How many inputs of noise each target gets.
const NOISE: usize = 20;

/// Runs a target over its corpus and noise, and over edits of the corpus.
macro_rules! targets {
    ($($name:ident $check:path, $edits:literal edits;)+) => {$(
        #[test]
        fn $name() {
            bolero::check!()
                .with_iterations(NOISE)
                .for_each(|input: &[u8]| $check(input));
        }
    )+

        /// The edited inputs of each target, whose names are those of their folders.
        mod edited {
            $(
                #[test]
                fn $name() {
                    super::edit::check_edits(stringify!($name), $edits, $check);
                }
            )+

            #[test]
            fn every_target_has_a_corpus() {
                let kept = super::edit::folders();
                assert_eq!(kept, std::collections::BTreeSet::from([$(stringify!($name).to_owned()),+]));
            }
        }
    };
}

targets! {
    rc_conf crate::shell::rc_conf, 1500 edits;
    live_script crate::shell::live_script, 1000 edits;
    sysctl_conf crate::values::sysctl, 1000 edits;
    loader_conf crate::values::loader, 1000 edits;
    devd_conf crate::values::devd, 800 edits;
    pf_conf crate::values::pf, 800 edits;
    words crate::values::words, 800 edits;
    ifconfig_output crate::output::ifconfig, 600 edits;
    sysctl_output crate::output::sysctl, 600 edits;
    packets crate::packets::packet, 2000 edits;
    hosts crate::host::hosts, 300 edits;
    cluster_toml crate::cluster::description, 300 edits;
    scenario crate::cluster::scenario, 300 edits;
}
