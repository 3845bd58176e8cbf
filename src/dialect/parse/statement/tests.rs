//! What becomes of the words of single commands.

use super::*;
use crate::model::FileId;

fn statement(line: &str) -> Statement {
    let words: Vec<Word> = line
        .split(' ')
        .map(|word| Word::new(word, Place::start(FileId(0)), true))
        .collect();
    Statement::read(&words).expect(line)
}

#[test]
fn words_are_sorted_into_what_they_are() {
    let s = statement(
        "/sbin/ifconfig em0 inet vhid 1 advskew 300 pass k3y alias 192.0.2.1 netmask 255.255.255.0",
    );
    assert_eq!(s.interface.text(), "em0");
    assert_eq!(s.family.as_ref().and_then(|f| f.family), Some(Family::Inet));
    assert_eq!(
        s.parameter(Keyword::Advskew).and_then(Parameter::number),
        Some(300)
    );
    assert_eq!(s.key().map(|(key, _)| key.expose()), Some("k3y"));
    let address = s.addresses().next().unwrap();
    assert_eq!(address.mask.as_ref().and_then(Mask::length), Some(24));
    assert!(s.adds() && !s.removes());
    assert!(!format!("{s:?}").contains("k3y"));
}

#[test]
fn what_is_wrong_is_kept() {
    let s = statement("ifconfig em0 vhid 1O advskew passwd secret 192.0.2.256/24 inet6 advbase");
    assert_eq!(
        s.parameter(Keyword::Vhid).map(|p| (p.number(), p.atoi())),
        Some((None, 1))
    );
    assert_eq!(
        s.parameter(Keyword::Advskew).and_then(Parameter::text),
        Some("passwd")
    );
    assert_eq!(
        s.parameter(Keyword::Advbase).map(|p| p.value.clone()),
        Some(ParameterValue::Missing)
    );
    assert_eq!(s.addresses().next().map(|a| a.address), Some(None));
    assert_eq!(
        s.unknown().map(Word::text).collect::<Vec<_>>(),
        ["secret", "inet6"]
    );
    let s = statement("ifconfig em0 netmask 255.255.0.0 10.0.0.1");
    assert_eq!(
        s.addresses().next().and_then(|a| a.mask.as_ref()?.length()),
        Some(16)
    );
    let s = statement("ifconfig em0 inet6 2001:db8::1%em0/129 -alias mtu 1500 -ifdisabled");
    assert!(s.removes() && s.option("mtu").is_some() && s.unknown().next().is_none());
    assert_eq!(s.addresses().next().unwrap().mask, Some(Mask::Length(None)));
}

#[test]
fn questions_are_no_statements() {
    for line in [
        "ifconfig",
        "ifconfig -l",
        "ifconfig em0",
        "ifconfig -k em0",
        "ifconfig em0 inet6",
        "sysctl a=1",
    ] {
        let words: Vec<Word> = line
            .split(' ')
            .map(|word| Word::new(word, Place::start(FileId(0)), true))
            .collect();
        assert_eq!(Statement::read(&words), None, "{line}");
    }
}

#[test]
fn masks_in_both_forms() {
    assert_eq!(netmask_length("0xffffff00"), Some(24));
    assert_eq!(netmask_length("255.255.255.255"), Some(32));
    assert_eq!(netmask_length("0.0.0.0"), Some(0));
    assert_eq!(netmask_length("255.0.255.0"), None);
}
