//! Digests and packets, byte for byte.

use carpgen::carp::{
    AddressOrder, AuthKey, Authenticator, Envelope, Input, Output, Salt,
    wire::{LinkDestination, LinkSource},
};
use serde_json::Value;

use super::read::{address, become_master, family, hex, number, own_addresses, single, text};

pub(crate) fn hmac(case: &Value) -> Result<(), String> {
    let addresses: Vec<_> = case["addrs"]
        .as_array()
        .unwrap()
        .iter()
        .map(address)
        .collect();
    let counter: u64 = text(&case["counter"]).parse().unwrap();
    assert_eq!(counter.to_be_bytes(), *hex(&case["counter_hex"]));
    let key = AuthKey::from_bytes(&hex(&case["key"]));
    let set = if key.starts_with_nul() {
        AuthKey::EMPTY
    } else {
        key
    };
    for (flavour, key, order) in [
        ("modern", set, AddressOrder::Sorted),
        ("legacy_sorted", key, AddressOrder::Sorted),
        ("legacy_unsorted", key, AddressOrder::AsConfigured),
    ] {
        let auth = Authenticator::new(key, number(&case["vhid"]), &addresses, order);
        let digest = auth.digest(counter);
        if digest != *hex(&case[flavour]) {
            return Err(format!("{flavour}: {digest:02x?}"));
        }
    }
    Ok(())
}

pub(crate) fn packet(case: &Value) -> Result<(), String> {
    let mut host = single(case, own_addresses(&case["ifaddrs"]));
    if let Some(counter) = case["after_rx_counter"].as_str() {
        hear_first(case, &mut host, counter.parse().unwrap());
    }
    let (done, _) = become_master(&mut host);
    let mut sent = done.iter().filter_map(|output| match output {
        Output::Advertise(advertisement) => Some(advertisement),
        _ => None,
    });
    for (number, expected) in case["packets"].as_array().unwrap().iter().enumerate() {
        let advertisement = sent.next().ok_or("too few packets")?;
        let counter: u64 = expected["counter"]
            .as_str()
            .map_or(0, |c| c.parse().unwrap());
        if let Some(own) = advertisement.counter.filter(|own| *own != counter) {
            return Err(format!("counter {own}, expected {counter}"));
        }
        let mut bytes = Vec::new();
        let salt = Salt { counter, ip_id: 1 };
        let envelope = host.emit(advertisement, salt, &mut bytes);
        if advertisement.family != family(&expected["af"]) || bytes != hex(&expected["bytes"]) {
            return Err(format!("packet {number}: {bytes:02x?}"));
        }
        let (from, to) = spell(envelope);
        if (from.as_str(), to.as_str()) != (text(&expected["eth_src"]), text(&expected["eth_dst"]))
        {
            return Err(format!("packet {number}: from {from} to {to}"));
        }
    }
    match sent.next() {
        Some(_) => Err("too many packets".into()),
        None => Ok(()),
    }
}

/// The host hears a twin of itself that sends this counter.
fn hear_first(case: &Value, host: &mut carpgen::carp::Host, counter: u64) {
    let mut twin = single(case, own_addresses(&case["ifaddrs"]));
    let (done, _) = become_master(&mut twin);
    let Some(Output::Advertise(sent)) = done
        .iter()
        .find(|output| matches!(output, Output::Advertise(_)))
    else {
        panic!("the twin sends nothing");
    };
    let mut bytes = Vec::new();
    twin.emit(sent, Salt { counter, ip_id: 1 }, &mut bytes);
    let packet = Input::Packet {
        interface: 0,
        family: sent.family,
        bytes: &bytes,
    };
    host.handle(carpgen::carp::Instant::ZERO, packet);
}

fn spell(envelope: Envelope) -> (String, String) {
    let mac = |mac: [u8; 6]| mac.map(|byte| format!("{byte:02x}")).join(":");
    let from = match envelope.from {
        LinkSource::Virtual(address) => mac(address),
        LinkSource::Interface => "interface".into(),
    };
    let to = match envelope.to {
        LinkDestination::Multicast(address) => mac(address),
        LinkDestination::Peer => "peer".into(),
    };
    (from, to)
}
