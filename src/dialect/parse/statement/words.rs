//! The words of `ifconfig(8)` besides those of CARP, and how many words follow each.

/// Words that stand alone. Most have an opposite with `-` before it.
const ALONE: &str = " up down arp debug promisc create destroy plumb unplumb eui64 anycast tentative accept_rtadv \
    auto_linklocal ifdisabled nud no_radr no_dad prefer_source defer polling rxcsum txcsum rxcsum6 txcsum6 tso tso4 tso6 \
    lro wol wol_ucast wol_mcast wol_magic vlanmtu vlanhwtag vlanhwfilter vlanhwcsum vlanhwtso toe netmap monitor staticarp \
    stickyarp link0 link1 link2 deprecated autoconf use_flowid lacp_strict lacp_fast_timeout pfsync ";

/// Words that one word follows.
const WITH_ONE: &str = " broadcast mtu media mediaopt -mediaopt inst instance mode metric fib tunnelfib link ether lladdr \
    description descr name vlan vlandev vlanpcp vlanproto pcp laggproto laggport -laggport lagghash laggtype flowid_shift \
    rr_limit addm deletem span -span stp -stp edge -edge autoedge ptp private -private discover learn sticky static group \
    -group syncdev syncpeer maxupd dstaddr pltime vltime ssid wlandev wlanmode country channel maxage fwddelay hellotime \
    priority timeout maxaddr vnet -vnet version vxlanid vxlanlocal vxlanremote vxlandev grekey ";

/// Words that two words follow.
const WITH_TWO: &str = " tunnel ifpriority ifpathcost ifmaxaddr ";

fn is_one_of(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// How many words follow a word; none for one that `ifconfig(8)` does not know.
pub(super) fn arguments(word: &str) -> Option<usize> {
    if is_one_of(WITH_ONE, word) {
        return Some(1);
    }
    if is_one_of(WITH_TWO, word) {
        return Some(2);
    }
    let negated = word
        .strip_prefix('-')
        .is_some_and(|rest| is_one_of(ALONE, rest) || is_one_of(WITH_ONE, rest));
    (negated || is_one_of(ALONE, word)).then_some(0)
}
