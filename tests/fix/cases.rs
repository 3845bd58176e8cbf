//! What the fixes are expected to change.

/// The lines that change in `fixtures/lint/RULE/bad-hosts`; none where the fixture leaves a doubt, which other cases do not.
pub(crate) const FIXTURES: &[(&str, &[&str])] = &[
    ("unknown-key", &[]),
    (
        "carriage-return",
        &[
            "b/rc.conf -hostname=\"b.example.net\"\r",
            "b/rc.conf -ifconfig_em0=\"inet 192.0.2.3/24\"\r",
            "b/rc.conf -ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"\r",
            "b/rc.conf -defaultrouter=\"192.0.2.254\"\r",
            "b/rc.conf +hostname=\"b.example.net\"",
            "b/rc.conf +ifconfig_em0=\"inet 192.0.2.3/24\"",
            "b/rc.conf +ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
            "b/rc.conf +defaultrouter=\"192.0.2.254\"",
        ],
    ),
    // In single quotes.
    ("broken-continuation", &[]),
    (
        "not-an-assignment",
        &[
            "b/rc.conf -ifconfig_em0_alias0 = \"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
            "b/rc.conf +ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
        ],
    ),
    (
        "malformed-loader-line",
        &[
            "b/loader.conf -carp_load='YES'",
            "b/loader.conf +carp_load=\"YES\"",
        ],
    ),
    (
        "missing-pass-keyword",
        &[
            "b/rc.conf -ifconfig_em0_alias0=\"inet vhid 1 advskew 100 Ee5Xkq2uPsz0 192.0.2.1/32\"",
            "b/rc.conf +ifconfig_em0_alias0=\"inet vhid 1 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.1/32\"",
        ],
    ),
    (
        "unknown-keyword",
        &[
            "b/rc.conf -ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 passwd Ee5Xkq2uPsz0\"",
            "b/rc.conf +ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
        ],
    ),
    (
        "keyword-before-vhid",
        &[
            "b/rc.conf -ifconfig_em0_alias0=\"inet 192.0.2.1/32 advskew 100 vhid 1 pass Ee5Xkq2uPsz0\"",
            "b/rc.conf +ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
        ],
    ),
    (
        "alias-without-family",
        &[
            "b/rc.conf -ifconfig_em0_alias0=\"192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
            "b/rc.conf +ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
        ],
    ),
    (
        "inet6-not-first",
        &[
            "b/live.sh -ifconfig em0 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 inet6 2001:db8::1/64 alias",
            "b/live.sh +ifconfig em0 inet6 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 2001:db8::1/64 alias",
        ],
    ),
    (
        "alias-gap",
        &[
            "b/rc.conf -ifconfig_em0_alias2=\"inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
            "b/rc.conf +ifconfig_em0_alias1=\"inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
        ],
    ),
    ("empty-alias", &["b/rc.conf -ifconfig_em0_alias0=\"\""]),
    (
        "live-without-alias",
        &[
            "b/live.sh -ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0",
            "b/live.sh +ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 alias",
        ],
    ),
    (
        "vhid-in-removal",
        &[
            "b/live.sh -ifconfig em0 inet 192.0.2.1/32 vhid 1 -alias",
            "b/live.sh +ifconfig em0 inet 192.0.2.1/32 -alias",
        ],
    ),
    (
        "range-hangs-boot",
        &[
            "b/rc.conf -ifconfig_em0_alias0=\"inet vhid 1 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.5-9/32\"",
            "b/rc.conf +ifconfig_em0_alias0=\"inet 192.0.2.5-9/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
        ],
    ),
    (
        "vip-repeated",
        &["a/rc.conf -ifconfig_em0_alias1=\"inet 192.0.2.10/32 vhid 1 pass Ee5Xkq2uPsz0\""],
    ),
    // A tie.
    ("preempt-differs", &[]),
    // Skews.
    ("live-differs-from-boot", &[]),
    (
        "arpbalance-removed",
        &[
            "a/sysctl.conf -net.inet.carp.arpbalance=1",
            "b/sysctl.conf -net.inet.carp.arpbalance=1",
        ],
    ),
    (
        "wrong-module-name",
        &[
            "a/loader.conf -if_carp_load=\"YES\"",
            "a/loader.conf +carp_load=\"YES\"",
        ],
    ),
    ("carp-not-loaded", &["a/loader.conf +carp_load=\"YES\""]),
    (
        "carp-in-kld-list",
        &[
            "a/loader.conf +carp_load=\"YES\"",
            "a/rc.conf -kld_list=\"carp\"",
        ],
    ),
    (
        "sysctl-in-loader-conf",
        &[
            "a/loader.conf -net.inet.carp.log=\"2\"",
            "a/sysctl.conf +net.inet.carp.log=2",
        ],
    ),
    (
        "demotion-in-sysctl-conf",
        &[
            "a/sysctl.conf -net.inet.carp.demotion=120",
            "b/sysctl.conf -net.inet.carp.demotion=120",
        ],
    ),
    (
        "devd-misses-interface",
        &[
            "a/devd.conf -\tmatch \"subsystem\" \"[0-9]+@[0-9a-z]+\";",
            "a/devd.conf +\tmatch \"subsystem\" \"[0-9]+@[0-9a-z_.]+\";",
            "b/devd.conf -\tmatch \"subsystem\" \"[0-9]+@[0-9a-z]+\";",
            "b/devd.conf +\tmatch \"subsystem\" \"[0-9]+@[0-9a-z_.]+\";",
        ],
    ),
];

/// The rules about what the boot makes of a host, whose good fixture is what the bad one was meant to be.
pub(crate) const BOOTS_AS_GOOD: &[&str] = &[
    "carriage-return",
    "not-an-assignment",
    "malformed-loader-line",
    "missing-pass-keyword",
    "unknown-keyword",
    "keyword-before-vhid",
    "alias-without-family",
    "alias-gap",
    "empty-alias",
    "range-hangs-boot",
    "wrong-module-name",
    "carp-not-loaded",
    "carp-in-kld-list",
    "sysctl-in-loader-conf",
    "demotion-in-sysctl-conf",
    "arpbalance-removed",
];

/// Files before and after.
pub(crate) struct Case<'c> {
    pub(crate) what: &'c str,
    pub(crate) release: &'c str,
    pub(crate) before: &'c [(&'c str, &'c str)],
    pub(crate) after: &'c [(&'c str, &'c str)],
}

const fn case<'c>(
    what: &'c str,
    release: &'c str,
    before: &'c [(&'c str, &'c str)],
    after: &'c [(&'c str, &'c str)],
) -> Case<'c> {
    Case {
        what,
        release,
        before,
        after,
    }
}

/// A case in which nothing changes.
const fn kept<'c>(what: &'c str, release: &'c str, files: &'c [(&'c str, &'c str)]) -> Case<'c> {
    case(what, release, files, files)
}

const RC: &str = "a/rc.conf";
const SH: &str = "a/live.sh";

pub(crate) const CASES: &[Case<'_>] = &[
    case(
        "a backslash in double quotes",
        "14",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 \\ \t\n pass abcdefgh1\"\n",
        )],
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 \\\n pass abcdefgh1\"\n",
        )],
    ),
    case(
        "several faults in one value, and a comment",
        "14",
        &[(
            RC,
            "ifconfig_em0_alias0=\"192.0.2.1/32 advskew 5 vhdi 1 passwd abcdefgh1\" # why\r\n",
        )],
        &[(
            RC,
            "ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 5 pass abcdefgh1\" # why\n",
        )],
    ),
    case(
        "dots in the name",
        "14",
        &[(
            RC,
            "vlans_em0=\"100\"\nifconfig_em0.100=\"inet 192.0.2.2/24\" # own\n",
        )],
        &[(
            RC,
            "vlans_em0=\"100\"\nifconfig_em0_100=\"inet 192.0.2.2/24\" # own\n",
        )],
    ),
    kept(
        "more than one word behind the name",
        "14",
        &[(RC, "ifconfig_em0 = inet 192.0.2.2/24\n")],
    ),
    kept(
        "a variable that is set elsewhere too",
        "14",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0 = \"inet 192.0.2.3/24\"\n",
        )],
    ),
    case(
        "a sysctl with blanks on 9",
        "9",
        &[("a/sysctl.conf", "net.inet.carp.preempt = 1 # on\n")],
        &[("a/sysctl.conf", "net.inet.carp.preempt=1 # on\n")],
    ),
    case(
        "lines of the loader",
        "14",
        &[(
            "a/loader.conf",
            "set carp_load=YES;\nzfs_load=\"YES\"\nnet.inet.carp.allow='1' # join\n",
        )],
        &[(
            "a/loader.conf",
            "carp_load=\"YES\"\nzfs_load=\"YES\"\nnet.inet.carp.allow=\"1\" # join\n",
        )],
    ),
    kept(
        "a line of the loader with two settings",
        "14",
        &[("a/loader.conf", "carp_load=\"YES\" zfs_load=\"YES\"\n")],
    ),
    kept(
        "`pass` before a key that hangs the boot would do harm",
        "14",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet vhid 1 advskew 5 secret1-x 192.0.2.1/32\"\nifconfig_em0_alias1=\"inet 192.0.2.4/32 vhid 2 pass abcdefgh1\"\n",
        )],
    ),
    case(
        "inet6 in the place of inet, and where no family is",
        "14",
        &[
            (
                SH,
                "#!/bin/sh\nifconfig em0 inet 2001:db8::1/64 vhid 1 pass abcdefgh1 alias\nifconfig em0 2001:db8::2/64 alias\n",
            ),
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_ipv6=\"inet6 2001:db8::9/64\"\nifconfig_em0_alias0=\"vhid 1 pass abcdefgh1 inet6 2001:db8::1/64\"\n",
            ),
        ],
        &[
            (
                SH,
                "#!/bin/sh\nifconfig em0 inet6 2001:db8::1/64 vhid 1 pass abcdefgh1 alias\nifconfig em0 inet6 2001:db8::2/64 alias\n",
            ),
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_ipv6=\"inet6 2001:db8::9/64\"\nifconfig_em0_alias0=\"inet6 vhid 1 pass abcdefgh1 2001:db8::1/64\"\n",
            ),
        ],
    ),
    kept(
        "both families in one command",
        "14",
        &[(SH, "ifconfig em0 inet 192.0.2.1/32 2001:db8::1/64 alias\n")],
    ),
    case(
        "an alias that begins with a variable",
        "14",
        &[(
            RC,
            "V=192.0.2.1/32\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"${V} vhid 1 pass abcdefgh1\"\n",
        )],
        &[(
            RC,
            "V=192.0.2.1/32\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet ${V} vhid 1 pass abcdefgh1\"\n",
        )],
    ),
    kept(
        "an alias without quotes",
        "14",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=192.0.2.1/32\n",
        )],
    ),
    kept(
        "aliases that are named elsewhere keep their numbers",
        "10",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\nifconfig_em0_alias2=\"inet 192.0.2.4/32 vhid 1 pass abcdefgh1\"\nx=\"$ifconfig_em0_alias2\"\n",
        )],
    ),
    case(
        "an empty alias and the hole behind it",
        "10",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\nifconfig_em0_alias1=''\t# gone\nifconfig_em0_alias2=\"inet 192.0.2.4/32 vhid 1 pass abcdefgh1\"\n",
        )],
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\nifconfig_em0_alias1=\"inet 192.0.2.4/32 vhid 1 pass abcdefgh1\"\n",
        )],
    ),
    case(
        "commands with variables, redirections and comments",
        "14",
        &[(
            SH,
            "KEY=abcdefgh1\nifconfig em0 192.0.2.1/32 vhid 1 pass \"$KEY\" >/dev/null # why\nifconfig em0 192.0.2.1 -alias vhid 1 advskew 5 pass \"$KEY\" || exit 1\n",
        )],
        &[(
            SH,
            "KEY=abcdefgh1\nifconfig em0 192.0.2.1/32 vhid 1 pass \"$KEY\" >/dev/null alias # why\nifconfig em0 192.0.2.1 -alias || exit 1\n",
        )],
    ),
    case(
        "a VIP twice in one list of aliases",
        "14",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_aliases=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1 inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\n",
        )],
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_aliases=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\n",
        )],
    ),
    kept(
        "a VIP twice with other parameters",
        "14",
        &[(
            RC,
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\nifconfig_em0_alias1=\"inet 192.0.2.1/24 vhid 1 pass abcdefgh1\"\n",
        )],
    ),
    case(
        "the module in all places, and no newline at the end",
        "14",
        &[
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nkld_list=\"if_carp.ko aesni\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\n",
            ),
            ("a/loader.conf", "zfs_load=\"YES\""),
            (SH, "kldload /boot/kernel/if_carp.ko\n"),
        ],
        &[
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nkld_list=\"aesni\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\n",
            ),
            ("a/loader.conf", "zfs_load=\"YES\"\ncarp_load=\"YES\"\n"),
            (SH, "kldload /boot/kernel/carp.ko\n"),
        ],
    ),
    case(
        "a sysctl of the loader that is set rightly too",
        "14",
        &[(
            "a/loader.conf",
            "net.inet.carp.preempt=0\nnet.inet.carp.log=\"1\"\nnet.inet.carp.log=\"2\"\n",
        )],
        &[
            ("a/loader.conf", ""),
            (
                "a/sysctl.conf",
                "net.inet.carp.preempt=1\nnet.inet.carp.log=2\n",
            ),
        ],
    ),
    case(
        "a comment that silences stays with its line",
        "14",
        &[(
            "a/sysctl.conf",
            "net.inet.carp.preempt=1\n# carpgen: allow bad-sysctl as we know\nnet.inet.carp.arpbalance=1\nnet.inet.carp.log=1\n",
        )],
        &[(
            "a/sysctl.conf",
            "net.inet.carp.preempt=1\n# carpgen: allow bad-sysctl as we know\n\nnet.inet.carp.log=1\n",
        )],
    ),
    kept(
        "a script that may depend on it",
        "14",
        &[(SH, "sysctl net.inet.carp.arpbalance=1\n")],
    ),
    case(
        "two of three hosts preempt",
        "14",
        &[
            ("b/release", "14"),
            ("c/release", "14"),
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 advskew 0 pass abcdefgh1\"\n",
            ),
            (
                "b/rc.conf",
                "ifconfig_em0=\"inet 192.0.2.3/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 advskew 100 pass abcdefgh1\"\n",
            ),
            (
                "c/rc.conf",
                "ifconfig_em0=\"inet 192.0.2.4/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 advskew 200 pass abcdefgh1\"\n",
            ),
            ("b/sysctl.conf", "net.inet.carp.preempt=1\n"),
            ("c/sysctl.conf", "net.inet.carp.log=1\n"),
        ],
        &[
            ("b/release", "14"),
            ("c/release", "14"),
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 advskew 0 pass abcdefgh1\"\n",
            ),
            (
                "b/rc.conf",
                "ifconfig_em0=\"inet 192.0.2.3/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 advskew 100 pass abcdefgh1\"\n",
            ),
            (
                "c/rc.conf",
                "ifconfig_em0=\"inet 192.0.2.4/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 advskew 200 pass abcdefgh1\"\n",
            ),
            ("b/sysctl.conf", "net.inet.carp.preempt=1\n"),
            (
                "c/sysctl.conf",
                "net.inet.carp.log=1\nnet.inet.carp.preempt=1\n",
            ),
        ],
    ),
    case(
        "the subnet of a script",
        "14",
        &[
            ("b/release", "14"),
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.100/24 vhid 1 advskew 0 pass abcdefgh1\"\n",
            ),
            (
                "b/rc.conf",
                "ifconfig_em0=\"inet 192.0.2.3/24\"\nifconfig_em0_alias0=\"inet 192.0.2.100/24 vhid 1 advskew 100 pass abcdefgh1\"\n",
            ),
            (
                SH,
                "ifconfig em0 inet 192.0.1.100/24 vhid 1 advskew 0 pass abcdefgh1 alias\n",
            ),
        ],
        &[
            ("b/release", "14"),
            (
                RC,
                "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.100/24 vhid 1 advskew 0 pass abcdefgh1\"\n",
            ),
            (
                "b/rc.conf",
                "ifconfig_em0=\"inet 192.0.2.3/24\"\nifconfig_em0_alias0=\"inet 192.0.2.100/24 vhid 1 advskew 100 pass abcdefgh1\"\n",
            ),
            (
                SH,
                "ifconfig em0 inet 192.0.2.100/24 vhid 1 advskew 0 pass abcdefgh1 alias\n",
            ),
        ],
    ),
    case(
        "a pattern of its own is left alone, that of the manual page is not",
        "14",
        &[
            (
                RC,
                "vlans_em0=\"100\"\nifconfig_em0_100=\"inet 192.0.2.2/24\"\nifconfig_em0_100_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\n",
            ),
            (
                "a/devd.conf",
                "notify 1 {\n match \"system\" \"CARP\";\n match \"subsystem\" \"[0-9]+@em[0-9]+\";\n};\nnotify 1 {\n match \"system\" \"CARP\";\n match \"subsystem\" \"[0-9]+@[0-9a-z]+\";\n};\n",
            ),
        ],
        &[
            (
                RC,
                "vlans_em0=\"100\"\nifconfig_em0_100=\"inet 192.0.2.2/24\"\nifconfig_em0_100_alias0=\"inet 192.0.2.1/32 vhid 1 pass abcdefgh1\"\n",
            ),
            (
                "a/devd.conf",
                "notify 1 {\n match \"system\" \"CARP\";\n match \"subsystem\" \"[0-9]+@em[0-9]+\";\n};\nnotify 1 {\n match \"system\" \"CARP\";\n match \"subsystem\" \"[0-9]+@[0-9a-z_.]+\";\n};\n",
            ),
        ],
    ),
];
