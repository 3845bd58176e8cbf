//! cluster.toml and scenario files.

use carpgen::config::{Description, examples, resolve};
use carpgen::dialect::Renderer;
use carpgen::dialect::parse::{HostText, read_host};
use carpgen::lint::{Refusal, check, toml_lines};
use carpgen::model::{HostConfig, Key, Secret};
use carpgen::sim::scenario::action;
use carpgen::sim::{Scenario, ScenarioProblem, Setup};

/// The vhids of a host by interface, with their addresses, where order says nothing.
fn vhids(host: &HostConfig) -> Vec<String> {
    let mut vhids: Vec<String> = host
        .vhids
        .iter()
        .map(|vhid| {
            let mut vips: Vec<String> = vhid.vips.iter().map(ToString::to_string).collect();
            vips.sort();
            format!(
                "{:?} {} {:?} {vips:?}",
                vhid.interface, vhid.vhid, vhid.mode
            )
        })
        .collect();
    vhids.sort();
    vhids
}

/// What is accepted is rendered, and read back as the same vhids.
fn render(description: &Description<'_>) {
    let renderer = Renderer::new().unwrap();
    for node in &description.cluster.nodes {
        let mut host = resolve(&description.cluster, node);
        host.interfaces
            .iter_mut()
            .for_each(|interface| interface.manage = true);
        host.keys_mut()
            .for_each(|key| *key = Key::Text(Secret::new("k")));
        if host.release.has_carp_interfaces() {
            // Their parents are found by addresses, which another part of the file may give.
            continue;
        }
        let files = renderer.render(&host).unwrap();
        let texts = [&files.rc, &files.sysctl, &files.loader].map(|file| HostText {
            path: file.path,
            text: &file.content,
        });
        let read = read_host(&host.host, &texts, Some(host.release));
        assert_eq!(vhids(&read.config), vhids(&host), "{}", files.rc.content);
    }
}

pub(crate) fn description(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let description = Description::read(text);
    let findings = check(&description, false);
    let again = check(&Description::read(text), false);
    assert_eq!(findings.len(), again.len());
    for (found, again) in findings.iter().zip(&again) {
        assert_eq!(
            (found.rule.code, &found.finding),
            (again.rule.code, &again.finding)
        );
        let span = description.source.span_of(&found.finding);
        assert!(
            text.get(span).is_some(),
            "a finding lies outside of {text:?}"
        );
        assert!(!found.finding.message.is_empty());
    }
    // What was not understood is said.
    let unusable = findings.iter().any(|found| Refusal::Unusable.stops(found));
    let understood =
        description.problems.is_empty() && description.source.syntax_errors().is_empty();
    assert!(understood || unusable, "{:?}", description.problems);
    for (at, comment) in toml_lines(text).iter().filter_map(|line| line.comment) {
        assert!(comment.starts_with('#') && text[at..].starts_with(comment));
    }
    if !findings.iter().any(|found| Refusal::AnyError.stops(found)) {
        render(&description);
    }
}

fn assert_problems(text: &str, problems: &[ScenarioProblem]) {
    assert!(!problems.is_empty());
    for problem in problems {
        assert!(
            text.get(problem.span.clone()).is_some(),
            "{problem:?} lies outside of {text:?}"
        );
        assert!(!problem.message.is_empty() && !problem.help.is_empty());
    }
}

pub(crate) fn scenario(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    for name in ["active-active", "article"] {
        let example = examples::example(name).unwrap();
        let description = Description::read(example.text);
        let setup = Setup::of_cluster(&description.cluster);
        let read = Scenario::parse(text, &setup);
        assert_eq!(read, Scenario::parse(text, &setup));
        match read {
            Ok(scenario) => {
                let table: toml::Table = text.parse().unwrap();
                let events = table.get("event").and_then(toml::Value::as_array);
                assert_eq!(scenario.events.len(), events.map_or(0, Vec::len));
                assert_eq!(scenario.boot.len(), setup.hosts.len());
                assert!(
                    scenario
                        .events
                        .iter()
                        .all(|event| event.at <= scenario.until)
                );
            }
            Err(problems) => assert_problems(text, &problems),
        }
        for line in text.split('\n') {
            let mut scenario = Scenario::quiet(&setup);
            match scenario.add(line, &setup) {
                Ok(()) => assert_eq!(scenario.events.len(), 1),
                Err(problems) => assert_problems(line, &problems),
            }
            // A fault without a time is the same action.
            if let Some((_, words)) = line.split_once('=')
                && let [event] = scenario.events.as_slice()
            {
                assert_eq!(
                    action(words, &setup).as_ref(),
                    Ok(&event.action),
                    "{line:?}"
                );
            }
        }
    }
}
