//! Messages of the kernel, of ifconfig and of the boot scripts, and what they mean.
//!
//! The texts are those of FreeBSD 9 to 15: `sys/netinet/ip_carp.c`, `sbin/ifconfig/ifcarp.c` and `af_inet.c`,
//! `etc/network.subr`.

/// A message, as a family of FreeBSD prints it.
#[derive(Debug)]
pub struct Message {
    /// Its text, in lower case; `*` stands for what differs from case to case.
    pub pattern: &'static str,
    /// One of its texts.
    pub example: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// The name of the page or rule that tells more.
    pub page: &'static str,
}

impl Message {
    /// The message that a text is or holds, such as a line of a log.
    #[must_use]
    pub fn in_text(text: &str) -> Option<&'static Self> {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let text = words.join(" ");
        MESSAGES.iter().find(|message| message.is_in(&text))
    }

    fn is_in(&self, text: &str) -> bool {
        let mut rest = text;
        self.pattern.split('*').all(|piece| {
            let behind = rest.split_once(piece);
            rest = behind.map_or("", |(_, behind)| behind);
            behind.is_some()
        })
    }
}

macro_rules! messages {
    ($($pattern:literal $example:literal => $page:literal, $meaning:literal;)+) => {
        /// The messages; the first one that fits a text is meant.
        pub static MESSAGES: &[Message] = &[
            $(Message { pattern: $pattern, example: $example, meaning: $meaning, page: $page }),+
        ];
    };
}

messages! {
    // Demotion, FreeBSD 10 and later.
    "demoted by -*(interface up)" "carp: demoted by -240 to 0 (interface up)" => "leftover-demotion",
        "A vhid of this host works again: its link or interface is up. The first number is taken from the demotion of the host, the second is what remains.";
    "demoted by *(interface down)" "carp: demoted by 240 to 240 (interface down)" => "leftover-demotion",
        "A vhid of this host cannot work: its link or interface is down, or net.inet.carp.allow is 0. The first number, net.inet.carp.ifdown_demotion_factor, comes to the demotion of the host once for each such vhid; the second is the sum. From 240 on all vhids of the host advertise the skew 240, and hosts with preempt=1 take them over.";
    "demoted by *(interface up)" "carp: demoted by 0 to 0 (interface up)" => "leftover-demotion",
        "A vhid of this host works again, and the factor that it takes back is 0 or below.";
    "demoted by *(vhid removed)" "carp: demoted by -240 to 0 (vhid removed)" => "leftover-demotion",
        "A vhid that had demoted the host, since its link was down, has been removed and takes its share along.";
    "demoted by *(send error * on *)" "carp: demoted by 240 to 240 (send error 64 on em0)" => "leftover-demotion",
        "Three advertisements of a vhid could not be sent on this interface; the number in the brackets is the error of the system. Only a host that sends can take this back, and one that lost its vhids does not send.";
    "demoted by *(send ok on *)" "carp: demoted by -240 to 0 (send ok on em0)" => "leftover-demotion",
        "Three advertisements in a row were sent after errors, so their demotion is taken back. If somebody took it back by hand before, the sum is below 0 now.";
    "demoted by *(sysctl)" "carp: demoted by 240 to 240 (sysctl)" => "leftover-demotion",
        "Somebody wrote net.inet.carp.demotion: the first number was added to the sum, which is the second. Writing 0 adds nothing.";
    "demoted by *(pfsync bulk start)" "carp: demoted by 240 to 240 (pfsync bulk start)" => "leftover-demotion",
        "pfsync asks its peer for all states and demotes the host until it has them, by net.pfsync.carp_demotion_factor.";
    "demoted by *(pfsync bulk done)" "carp: demoted by -240 to 0 (pfsync bulk done)" => "leftover-demotion",
        "pfsync has all states of its peer, and the demotion of the bulk update is taken back.";
    "demoted by *(pfsync bulk fail)" "carp: demoted by -240 to 0 (pfsync bulk fail)" => "leftover-demotion",
        "pfsync has given up waiting for the states of its peer: this host may become master without them, and connections break.";
    "demoted by *(pfsync destroy)" "carp: demoted by -240 to 0 (pfsync destroy)" => "leftover-demotion",
        "The pfsync interface was removed during a bulk update, and its demotion is taken back.";
    "demoted by " "carp: demoted by 240 to 240" => "leftover-demotion",
        "The demotion of the host changed: by the first number, to the second.";
    // Changes of state. FreeBSD 10 has two texts that mean something else later.
    "vhid *@*-> *(master down)" "carp: VHID 1@em0: BACKUP -> MASTER (master down)" => "state-changes",
        "FreeBSD 10: this host heard no advertisement of the vhid for 3·advbase + advskew/256 s and has become master.";
    "vhid *@*-> *(master timed out)" "carp: VHID 1@em0: BACKUP -> MASTER (master timed out)" => "state-changes",
        "FreeBSD 10: the master advertises so rarely that it would time out between two advertisements, so this host has become master. Later releases call this `master will time out`: the advbase of the hosts differ.";
    "-> *(master timed out)" "carp: 1@em0: BACKUP -> MASTER (master timed out)" => "state-changes",
        "This host heard no advertisement of the vhid for 3·advbase + advskew/256 s and has become master. If the other host is master still, they do not hear each other.";
    "-> *(master will time out)" "carp: 1@em0: BACKUP -> MASTER (master will time out)" => "state-changes",
        "The master advertises so rarely that it would time out between two advertisements, so this host has become master, whatever preempt says: the advbase of the hosts differ.";
    "-> *(preempting a slower master)" "carp: 1@em0: BACKUP -> MASTER (preempting a slower master)" => "state-changes",
        "This host has preempt=1 and the smaller interval, by advbase, advskew and demotion, and has taken the vhid over.";
    "-> *(more frequent advertisement received)" "carp: 1@em0: MASTER -> BACKUP (more frequent advertisement received)" => "state-changes",
        "Another host advertises the same or a smaller interval, so this one has stepped down. If there is no other, it has heard itself: hypervisor-port-security.";
    "-> *(initialization complete)" "carp: 1@em0: INIT -> BACKUP (initialization complete)" => "state-changes",
        "Interface and link are up and the vhid has an address: it listens now, and becomes master after 3·advbase + advskew/256 s unless it hears somebody better.";
    "-> *(hardware interface down)" "carp: 1@em0: MASTER -> INIT (hardware interface down)" => "state-changes",
        "The link or the interface is down, or net.inet.carp.allow was set to 0. The vhid does nothing until that is over, and the host is demoted.";
    "-> *(hardware interface up)" "carp: 1@em0: MASTER -> INIT (hardware interface up)" => "state-changes",
        "The vhid starts anew: its link came up, or an address of it was added, added again or removed. On a running master each such change costs 3·advbase + advskew/256 s.";
    "-> *(user requested via ifconfig)" "carp: 1@em0: MASTER -> BACKUP (user requested via ifconfig)" => "state-changes",
        "Somebody used `state master` or `state backup`. Neither lasts against preempt=1 on another host.";
    "carp*: link state changed to" "carp0: link state changed to DOWN" => "state-changes",
        "FreeBSD 9: UP is MASTER and DOWN is BACKUP; this is no cable.";
    "system=carp" "!system=CARP subsystem=1@em0 type=MASTER" => "state-changes",
        "What devd(8) gets from the kernel at every change of state, from FreeBSD 10 on.";
    "carp*: *-> *" "carp0: INIT -> BACKUP" => "state-changes",
        "A vhid changed its state. On FreeBSD 9 the interface carpN stands for it, and no reason is given.";
    // Rejected packets, net.inet.carp.log 2 and more.
    "incorrect hash" "carp: incorrect hash for VHID 1@em0" => "rejected-advertisements",
        "An advertisement has a digest that this host does not compute: another key, or another list of addresses.";
    "received ttl *!= 255" "carp_input: received ttl 64 != 255 on em0" => "rejected-advertisements",
        "An advertisement came through a router or a tunnel, or is forged from afar: on its own segment its TTL is 255.";
    // ifconfig.
    "siocgvh*protocol not supported" "ifconfig: SIOCGVH: Protocol not supported" => "carp-not-loaded",
        "FreeBSD 10 to 13: the carp module is not loaded. `carp_load=\"YES\"` in loader.conf, now `kldload carp`.";
    "siocaifaddr*protocol not supported" "ifconfig: ioctl (SIOCAIFADDR): Protocol not supported" => "carp-not-loaded",
        "From FreeBSD 14 on: the carp module is not loaded. `carp_load=\"YES\"` in loader.conf, now `kldload carp`.";
    "siocsvh*invalid argument" "ifconfig: SIOCSVH: Invalid argument" => "ifconfig-errors",
        "The vhid is not 1 to 255, advbase is above 255 or advskew above 254; on 15 also another version than the running vhid has. Before 15 advbase is changed already when advskew is refused.";
    "siocsvh*operation not supported" "ifconfig: SIOCSVH: Operation not supported" => "unsupported-interface",
        "CARP does not work on this type of interface.";
    "siocsvh*assign requested address" "ifconfig: SIOCSVH: Can't assign requested address" => "unsupported-interface",
        "The interface has no multicast, which CARP needs.";
    "siocsvh*file exists" "ifconfig: SIOCSVH: File exists" => "duplicate-vhid",
        "FreeBSD 9: another carpN has this vhid on the same interface.";
    "siocaifaddr*file exists" "ifconfig: ioctl (SIOCAIFADDR): File exists" => "duplicate-vhid",
        "FreeBSD 9: another carpN has this vhid on the interface that the address belongs to.";
    "siocaifaddr*protocol not available" "ifconfig: ioctl (SIOCAIFADDR): Protocol not available" => "live-readds-vip",
        "The interface has no vhid at all at the moment. On FreeBSD 11 this is what comes of adding a VIP a second time: the address went, with it the vhid, and the new one finds none.";
    "siocaifaddr*no such file" "ifconfig: ioctl (SIOCAIFADDR): No such file or directory" => "ifconfig-errors",
        "The interface has vhids, but not this one.";
    "siocaifaddr*assign requested address" "ifconfig: ioctl (SIOCAIFADDR): Can't assign requested address" => "vip-outside-parent-subnet",
        "FreeBSD 9: no interface has an address in the subnet of the VIP, so carpN finds no parent.";
    "siocdifaddr*assign requested address" "ifconfig: ioctl (SIOCDIFADDR): Can't assign requested address" => "ifconfig-errors",
        "The address to be deleted is not on the interface.";
    "requires vhid" "ifconfig: passwd requires vhid" => "keyword-before-vhid",
        "From FreeBSD 10 on `vhid N` has to stand before advbase, advskew, pass (which the message calls passwd) and state.";
    "vhid must be greater than 0" "ifconfig: vhid must be greater than 0 and less than 255" => "vhid-out-of-range",
        "A vhid is a number from 1 to 255; 255 is accepted, whatever the message says.";
    "unknown state" "ifconfig: unknown state" => "ifconfig-errors",
        "`state` takes `master` and `backup`.";
    "bad value" "ifconfig: passwd: bad value" => "unknown-keyword",
        "The word before the colon is no keyword, so ifconfig took it for an address. The keyword for a key is `pass`; for the others `advbase`, `advskew`, `vhid`.";
    "interface carp*does not exist" "ifconfig: interface carp0 does not exist" => "legacy-interface-after-9",
        "From FreeBSD 10 on there are no interfaces carpN: a vhid belongs to an address of an ordinary interface. On 9: the module if_carp is not loaded, or `ifconfig carp0 create` is missing.";
    // Others.
    "leading*inet*keyword" "/etc/rc: WARNING: IPv4 alias ifconfig_em0_alias0 needs leading \"inet\" keyword for an IPv4 address." => "alias-without-family",
        "The alias is set all the same, and `service netif stop` does not take it away. Write `inet` first.";
    "unknown oid*net.inet.carp." "sysctl: unknown oid 'net.inet.carp.arpbalance'" => "bad-sysctl",
        "This release does not have the sysctl, or the carp module is not loaded yet.";
    "net.inet.carp.*invalid argument" "sysctl: net.inet.carp.dscp=99: Invalid argument" => "bad-sysctl",
        "The sysctl does not take this value.";
    "is using my ip address" "arp: 00:00:5e:00:01:01 is using my IP address 192.0.2.1 on em0!" => "vip-is-node-address",
        "The kernel does not say this of an address with a vhid. So this host has the address without one: as its own, or through a jail that added it.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{Page, rule_named};

    #[test]
    fn every_example_is_its_message_and_has_a_page() {
        for message in MESSAGES {
            let found = Message::in_text(message.example).unwrap();
            assert_eq!(found.pattern, message.pattern, "{}", message.example);
            let page = message.page;
            assert!(
                rule_named(page).is_some() || Page::named(page).is_some(),
                "{page}"
            );
            assert_eq!(message.pattern, message.pattern.to_lowercase());
        }
    }

    #[test]
    fn lines_of_logs_hold_messages() {
        let line = "Nov  3 04:05:06 fw1 kernel: carp: demoted  by 240 to 480 (interface down)\n";
        assert!(
            Message::in_text(line)
                .unwrap()
                .pattern
                .contains("interface down")
        );
        assert!(Message::in_text("something else entirely").is_none());
        assert!(Message::in_text("").is_none());
    }

    #[test]
    fn the_same_words_mean_something_else_on_10() {
        let of = |text| Message::in_text(text).unwrap().meaning;
        assert!(
            of("carp: VHID 3@igb1: BACKUP -> MASTER (master timed out)").contains("FreeBSD 10")
        );
        assert!(!of("carp: 3@igb1: BACKUP -> MASTER (master timed out)").contains("FreeBSD 10"));
    }
}
