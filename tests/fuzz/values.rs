//! Files of single lines, and the values of the model.

use std::collections::BTreeMap;
use std::net::IpAddr;

use carpgen::dialect::parse::{
    LoaderAction, PfStatement, Text, devd_conf, file_kind, loader_conf, pf_conf, rc_conf_order,
    sysctl_conf,
};
use carpgen::lint::Message;
use carpgen::model::{
    ClusterName, FileId, GroupName, HostName, IfName, Release, SegmentName, Vip, own_address,
};
use carpgen::sim::scenario::time_us;

use crate::places::{assert_inside, behind};

fn text_of(text: &str) -> Text<'_> {
    Text::new(FileId(0), text)
}

pub(crate) fn sysctl(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    for release in [Release::R9, Release::R14] {
        let lines = sysctl_conf(&text_of(text), release);
        assert_eq!(lines, sysctl_conf(&text_of(text), release));
        for line in &lines {
            assert_inside(text, line.place);
            assert_inside(text, line.value_place);
        }
        if release == Release::R9 {
            continue;
        }
        for line in &lines {
            assert!(
                behind(text, line.place).starts_with(line.name.as_str()),
                "{text:?}"
            );
            if let Some(value) = &line.value {
                let written = behind(text, line.value_place);
                // A quote that goes stands before the value.
                let inner = written.strip_prefix(['"', '\'']).unwrap_or(written);
                assert!(inner.starts_with(value.as_str()), "{text:?}");
                if value.contains(['"', '\'', '#', '\\']) {
                    continue;
                }
            }
            let printed = match &line.value {
                Some(value) => format!("{}={value}\n", line.name),
                None => format!("{}\n", line.name),
            };
            let again = sysctl_conf(&text_of(&printed), release);
            assert_eq!(again.len(), 1, "{printed:?} of {text:?}");
            assert_eq!(
                (&again[0].name, &again[0].value),
                (&line.name, &line.value),
                "{text:?}"
            );
        }
        let written = text.split('\n').filter(|line| {
            let before = line.split('#').next().unwrap();
            !before
                .trim_matches([' ', '\t', '\r', '\x0b', '\x0c'])
                .is_empty()
        });
        assert_eq!(lines.len(), written.count(), "{text:?}");
    }
}

pub(crate) fn loader(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    for release in [Release::R9, Release::R14] {
        let mut environment = BTreeMap::new();
        let lines = loader_conf(&text_of(text), release, &mut environment);
        assert_eq!(
            lines,
            loader_conf(&text_of(text), release, &mut BTreeMap::new())
        );
        let written = text.split('\n').map(str::trim);
        let written = written.filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(lines.len(), written.count(), "{text:?}");
        for line in &lines {
            assert_inside(text, line.place);
            assert_inside(text, line.value_place);
            let printed = match &line.action {
                LoaderAction::Malformed(malformed) => {
                    assert!(behind(text, line.place).starts_with(malformed.as_str()));
                    continue;
                }
                LoaderAction::Module(name, value) => format!("{name}_load=\"{value}\"\n"),
                LoaderAction::Set(name, value) => {
                    assert!(environment.contains_key(name));
                    format!("{name}=\"{value}\"\n")
                }
                LoaderAction::Exec(command) => format!("exec=\"{command}\"\n"),
            };
            let inner = &printed[printed.find("=\"").unwrap() + 2..printed.len() - 2];
            if inner.contains(['"', '\\', '$', '\n']) {
                continue;
            }
            let again = loader_conf(&text_of(&printed), release, &mut BTreeMap::new());
            assert_eq!(again[0].action, line.action, "{printed:?} of {text:?}");
        }
    }
}

pub(crate) fn devd(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let found = devd_conf(&text_of(text));
    assert_eq!(found, devd_conf(&text_of(text)));
    let mut printed = String::new();
    for notify in &found {
        assert!(behind(text, notify.place).starts_with("notify"));
        printed += "notify 10 {\n";
        for part in &notify.matches {
            assert!(behind(text, part.place).starts_with('"'));
            let Some(pattern) = part
                .pattern
                .as_ref()
                .filter(|pattern| !pattern.contains('$'))
            else {
                continue;
            };
            printed += &format!("\tmatch \"{}\" \"{pattern}\";\n", part.name);
        }
        printed += "};\n";
    }
    let again = devd_conf(&text_of(&printed));
    assert_eq!(again.len(), found.len());
    for (again, notify) in again.iter().zip(&found) {
        let kept = notify.matches.iter().filter(|part| {
            let pattern = part.pattern.as_ref();
            pattern.is_some_and(|pattern| !pattern.contains('$'))
        });
        let plain = |name: &String, pattern: &Option<String>| (name.clone(), pattern.clone());
        assert_eq!(
            again
                .matches
                .iter()
                .map(|p| plain(&p.name, &p.pattern))
                .collect::<Vec<_>>(),
            kept.map(|p| plain(&p.name, &p.pattern)).collect::<Vec<_>>(),
            "{printed:?} of {text:?}"
        );
    }
}

pub(crate) fn pf(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let conf = pf_conf(&text_of(text));
    assert_eq!(conf, pf_conf(&text_of(text)));
    for statement in &conf.statements {
        match statement {
            PfStatement::Unknown(place) => assert_inside(text, *place),
            PfStatement::Rule(rule) => {
                assert_inside(text, rule.place);
                let lists = [&rule.interfaces, &rule.protocols, &rule.from, &rule.to];
                lists
                    .into_iter()
                    .flatten()
                    .for_each(|name| assert_inside(text, name.place));
                rule.any_source
                    .into_iter()
                    .for_each(|place| assert_inside(text, place));
            }
        }
    }
    // A rule behind the text is found, or what swallows it is marked as not understood.
    let longer = format!("{text}\n\npass quick on zz0 proto carp\n");
    let longer = pf_conf(&text_of(&longer));
    let last = longer.statements.last();
    let found = match last {
        Some(PfStatement::Rule(rule)) => {
            rule.unsure || rule.interfaces.iter().any(|name| name.text == "zz0")
        }
        Some(PfStatement::Unknown(_)) => true,
        None => false,
    };
    assert!(found, "{text:?}: {last:?}");
}

/// Names, addresses, releases, times and messages, one on each line.
pub(crate) fn words(input: &[u8]) {
    for line in String::from_utf8_lossy(input).split('\n') {
        if let Ok(vip) = line.parse::<Vip>() {
            assert!(vip.prefix() <= vip.family().bits());
            assert_eq!(vip.written_prefix().is_some(), line.contains('/'));
            let again: Vip = vip.to_string().parse().unwrap();
            assert_eq!(
                (again.address(), again.prefix()),
                (vip.address(), vip.prefix())
            );
            assert_eq!(Vip::new(vip.address(), vip.written_prefix()), Ok(vip));
        }
        if let Ok(own) = own_address(line) {
            assert_eq!(own_address(&own.to_string()), Ok(own));
            assert_eq!(
                line.parse::<Vip>().map(Vip::address),
                Ok::<IpAddr, _>(own.addr())
            );
        }
        let names = [
            HostName::new(line).map(|name| name.to_string()),
            SegmentName::new(line).map(|name| name.to_string()),
            GroupName::new(line).map(|name| name.to_string()),
            ClusterName::new(line).map(|name| name.to_string()),
            IfName::new(line).map(|name| name.to_string()),
        ];
        for name in names.into_iter().flatten() {
            assert_eq!(name, line);
            assert!(!line.contains(char::is_control) && !line.starts_with('.'));
        }
        if let Ok(name) = IfName::new(line) {
            assert!(line.starts_with(name.driver()));
            let variable = name.variable_part();
            assert!(
                variable
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_')
            );
        }
        if let Ok(release) = Release::new(line) {
            assert!(line.starts_with(release.as_str()));
            assert_eq!(Release::new(release.as_str()), Ok(release));
        }
        if let Some(time) = time_us(line) {
            assert_eq!(time_us(&format!("{time}us")), Some(time), "{line:?}");
        }
        if let Some(message) = Message::in_text(line) {
            assert!(std::ptr::eq(
                Message::in_text(message.example).unwrap(),
                message
            ));
        }
        for release in Release::ALL {
            let read = rc_conf_order(line, release).is_some();
            assert!(
                !read || file_kind(line).is_some(),
                "{line:?} is read as nothing"
            );
        }
    }
}
