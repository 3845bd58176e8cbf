//! Edited inputs: pieces of the corpus, cut, doubled, swapped and mixed with words that mean something somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// What parsers stumble over, apart from the words of the corpus.
const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "`",
    "\\",
    "\n",
    "\r\n",
    "\\\n",
    "\t",
    "\0",
    "$",
    "${",
    "}",
    "$(",
    ")",
    "$((",
    "<<",
    "<<-",
    ";",
    "&&",
    "||",
    "#",
    "=",
    "${x:-",
    "${x:=",
    "\u{e9}",
    "\u{feff}",
    "\u{2028}",
    "-",
    "--",
    "0-255",
    "[",
    "]",
    "{",
    "{ ",
    "%",
    "!",
    "-1",
    "256",
    "99999999999999999999",
    "0x",
    "::",
    "/",
    "/*",
];

/// An edit: what is done, where, up to where, and with which word.
type Edit = (u8, Index, Index, Index);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/__fuzz__")
}

/// The targets that have a corpus.
pub(crate) fn folders() -> BTreeSet<String> {
    let entries = fs::read_dir(root()).unwrap();
    let targets = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    targets.collect()
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for kind in ["corpus", "crashes"] {
        let Ok(entries) = fs::read_dir(root().join(target).join(kind)) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        inputs.extend(paths.into_iter().map(|path| fs::read(path).unwrap()));
    }
    assert!(inputs.len() >= 3, "{target} has no corpus");
    inputs
}

/// The words of a corpus and the hostile ones.
fn words(corpus: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"=\"';,{}()".contains(byte);
    let own = corpus.iter().flat_map(|input| input.split(ends));
    let own: BTreeSet<&[u8]> = own.filter(|word| word.len() < 40).collect();
    let hostile = HOSTILE.iter().map(|word| word.as_bytes());
    own.into_iter().chain(hostile).map(<[u8]>::to_vec).collect()
}

fn apply(input: &mut Vec<u8>, edit: &Edit, corpus: &[Vec<u8>], words: &[Vec<u8>]) {
    let (kind, from, to, word) = edit;
    let (from, to) = (from.index(input.len() + 1), to.index(input.len() + 1));
    let (from, to) = (from.min(to), from.max(to));
    // Small pieces as a rule, so that something is left.
    let near = to.min(from + 1 + to % 16).min(input.len());
    let word = || words[word.index(words.len())].iter().copied();
    match kind % 8 {
        0 => drop(input.splice(from..from, word())),
        1 => drop(input.splice(from..near, word())),
        2 => drop(input.drain(from..near)),
        3 => drop(input.drain(from..to)),
        4 => {
            let piece = input[from..near].to_vec();
            drop(input.splice(from..from, piece));
        }
        5 => {
            let piece = input[from..near].to_vec();
            input.extend(piece);
        }
        6 => {
            let other = &corpus[to % corpus.len()];
            let start = from.min(other.len());
            drop(input.splice(from.., other[start..].iter().copied()));
        }
        _ => {
            if let Some(byte) = input.get_mut(from) {
                *byte ^= 1 << (to % 8);
            }
        }
    }
}

/// Checks a number of edited inputs of a target's corpus.
pub(crate) fn check_edits(target: &str, inputs: u32, check: fn(&[u8])) {
    let corpus = corpus(target);
    let words = words(&corpus);
    let more = std::env::var("CARPGEN_FUZZ_INPUTS").ok();
    let config = Config {
        // The same inputs each time; whoever wants more gets others each time.
        rng_seed: if more.is_some() {
            RngSeed::Random
        } else {
            RngSeed::Fixed(1)
        },
        cases: more.map_or(inputs, |number| number.parse().unwrap()),
        failure_persistence: None,
        ..Config::default()
    };
    let edit = (any::<u8>(), any::<Index>(), any::<Index>(), any::<Index>());
    let edits = (any::<Index>(), prop::collection::vec(edit, 1..8));
    let edited = edits.prop_map(|(start, edits)| {
        let mut input = start.get(&corpus).clone();
        for edit in &edits {
            apply(&mut input, edit, &corpus, &words);
        }
        Shown(input)
    });
    let outcome = TestRunner::new(config).run(&edited, |Shown(input)| {
        check(&input);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{target}: {error}");
    }
}

/// An input that is shown as a text, for a file in `crashes`.
#[derive(Clone)]
struct Shown(Vec<u8>);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}
