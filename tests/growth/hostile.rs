//! Texts that are meant to take more time or memory than their length allows.

/// Makes a text of about so many bytes.
pub(crate) type Make = fn(usize) -> String;

/// What reads a text, and what in it is meant to grow.
pub(crate) type Hostile = (&'static str, &'static str, Make);

fn nested(open: &str, inner: &str, close: &str, bytes: usize) -> String {
    let depth = bytes / (open.len() + close.len());
    open.repeat(depth) + inner + &close.repeat(depth)
}

/// What is read in one way.
pub(crate) const OTHERS: &[Hostile] = &[
    ("rc.conf", "nested defaults", |n| {
        format!("x={}\n", nested("${a:-", "b", "}", n))
    }),
    ("rc.conf", "nested assignments", |n| {
        format!("x={}\n", nested("${a:=", "b", "}", n))
    }),
    ("rc.conf", "nested substitutions", |n| {
        format!("x={}\n", nested("$(", "b", ")", n))
    }),
    ("rc.conf", "doubling", |n| {
        format!("a=x\n{}", "a=$a$a\n".repeat(n / 7))
    }),
    ("rc.conf", "doubling that is evaluated", |n| {
        format!(
            "a=x\n{}ifconfig_em0=\"inet $a\"\nifconfig_em0_alias0=\"inet $a\"\n",
            "a=$a$a\n".repeat(n / 7)
        )
    }),
    ("rc.conf", "ranges of ranges", |n| {
        (0..n / 60)
            .map(|i| format!("ifconfig_em0_alias{i}=\"inet 0-255.0-255.0-255.0-255\"\n"))
            .collect()
    }),
    ("rc.conf", "many addresses", |n| {
        (0..n / 60)
            .map(|i| format!("ifconfig_em{i}_alias0=\"inet 10.0-255.0.0-255/32 vhid 1\"\n"))
            .collect()
    }),
    ("rc.conf", "ranges of nothing", |n| {
        (0..n / 60)
            .map(|i| format!("ifconfig_em0_alias{i}=\"inet 0-255.0-255.0-255.5-4\"\n"))
            .collect()
    }),
    ("rc.conf", "ranges that become longer", |n| {
        (0..n / 60)
            .map(|i| format!("ifconfig_em0_alias{i}=\"inet6 2001:db8:1-5:5-6::1\"\n"))
            .collect::<String>()
            + "ifconfig_em0_ipv6=\"inet6 accept_rtadv\"\n"
    }),
    ("rc.conf", "many addresses of one long name", |n| {
        format!(
            "ifconfig_em0_alias0{}=\"inet 10.0.0-255.0-255\"\n",
            "x".repeat(n)
        )
    }),
    ("rc.conf", "many losses of one long name", |n| {
        format!(
            "ifconfig_em0_alias0{}=\"inet 10.0.0-255.0-255 pass a-b\"\n",
            "x".repeat(n)
        )
    }),
    ("rc.conf", "many commands of one long name", |n| {
        format!(
            "ifconfig_{}=\"{}\"\n",
            "x".repeat(n / 2),
            "a;".repeat(n / 4)
        )
    }),
    ("live.sh", "doubling", |n| {
        format!("a=x\n{}ifconfig $a\n", "a=$a$a\n".repeat(n / 7))
    }),
    ("live.sh", "nested ifs", |n| {
        format!("{}\n", nested("if x; then ", "ifconfig em0 up;", " fi;", n))
    }),
    ("live.sh", "words", |n| {
        format!("ifconfig em0 {}\n", "vhid 1 ".repeat(n / 7))
    }),
    ("start_if.em0", "nested parentheses", |n| {
        nested("(", "x", ")", n)
    }),
    ("sysctl.conf", "one line", |n| "a=".repeat(n / 2)),
    ("sysctl.conf", "continued", |n| "a\\\n".repeat(n / 3)),
    ("sysctl.conf", "quotes", |n| "a=\"'#\n".repeat(n / 6)),
    ("loader.conf", "doubling", |n| {
        "a=\"x$a$a\"\n".repeat(n / 10)
    }),
    ("loader.conf", "references", |n| {
        format!("a=\"{}\"\n", "$a".repeat(n / 2))
    }),
    ("loader.conf", "backslashes", |n| {
        format!("a=\"{}\"\n", "\\".repeat(n))
    }),
    ("devd.conf", "doubling", |n| {
        format!(
            "options {{ set a \"xx\"; }};\nnotify 1 {{ {} }};\n",
            "match \"s\" \"$a$a\"; ".repeat(n / 20)
        )
    }),
    ("devd.conf", "comments", |n| "/*".repeat(n / 2)),
    ("devd.conf", "strings", |n| "\"".repeat(n)),
    ("pf.conf", "doubling macros", |n| {
        let lines: String = (0..n / 20)
            .map(|i| format!("a{} = \"$a{i} $a{i}\"\n", i + 1))
            .collect();
        format!("a0 = \"x\"\n{lines}pass on {{ $a9 $a12 $a16 }}\n")
    }),
    ("pf.conf", "many uses of a macro", |n| {
        format!(
            "a = \"{}\"\n{}",
            "x ".repeat(200),
            "pass on { $a }\n".repeat(n / 15)
        )
    }),
    ("pf.conf", "braces", |n| "pass {".repeat(n / 6)),
    ("pf.conf", "lists", |n| {
        format!("pass proto {{ {} }}\n", "carp, ".repeat(n / 6))
    }),
    ("ifconfig.txt", "vhids", |n| {
        format!(
            "em0: flags=1<UP>\n{}",
            "\tcarp: MASTER vhid 1 advbase 1 advskew 0\n".repeat(n / 40)
        )
    }),
    ("ifconfig.txt", "flags", |n| {
        format!("em0: flags=1<{}>\n", "A,".repeat(n / 2))
    }),
    ("sysctl.txt", "changes", |n| {
        format!("a.b: {}\n", "1 -> ".repeat(n / 5))
    }),
    ("cluster.toml", "nested arrays", |n| {
        format!("x = {}", nested("[", "1", "]", n))
    }),
    ("cluster.toml", "dotted keys", |n| {
        format!("{} = 1\n", vec!["a"; n / 2].join("."))
    }),
    ("cluster.toml", "vhids", |n| {
        "[[vhid]]\nid = 1\n".repeat(n / 16)
    }),
    ("scenario", "events", |n| {
        "[[event]]\nat = \"1s\"\n".repeat(n / 21)
    }),
    ("scenario", "groups", |n| {
        format!(
            "[[event]]\nat = \"1s\"\ndo = \"partition\"\ngroups = [{}]\n",
            "[\"a\"],".repeat(n / 6)
        )
    }),
];

/// What is read as rc.conf and as live.sh.
pub(crate) const SHELL: &[(&str, Make)] = &[
    ("one long line", |n| {
        format!("x=\"{}\"\n", "a b ".repeat(n / 4))
    }),
    ("words on one line that is not ASCII", |n| {
        format!(
            "ifconfig_em0_alias0=\"inet 1.2.3.4/8 é{}\"\n",
            " up".repeat(n / 3)
        )
    }),
    ("open braces", |n| "x=${a:-".repeat(n / 7)),
    ("open parentheses", |n| "(".repeat(n)),
    ("open ifs", |n| "if x\nthen\n".repeat(n / 10)),
    ("quotes", |n| "x='a'\"b\"".repeat(n / 8)),
    ("references", |n| {
        format!("a={}\n{}", "y".repeat(1000), "x=$a$a\n".repeat(n / 7))
    }),
    ("references that grow", |n| "a=x$a$a\n".repeat(n / 8)),
    ("exports", |n| {
        format!(
            "a={}\n{}",
            "y".repeat(1000),
            "export x=$a$a\n".repeat(n / 14)
        )
    }),
    ("defaults", |n| {
        ": ${x:=${y:-${z:=a}}}; unset x\n".repeat(n / 32)
    }),
    ("backquotes", |n| "x=`a`".repeat(n / 5)),
    ("heredocs", |n| "a <<b\n".repeat(n / 6)),
    ("ranges", |n| {
        "ifconfig_em0_alias0=\"inet ".to_owned() + &"10.0.0.0-255 inet ".repeat(n / 19) + "\"\n"
    }),
    ("aliases", |n| {
        (0..n / 40)
            .map(|i| format!("ifconfig_em0_alias{i}=\"inet 10.0.0.1/32\"\n"))
            .collect()
    }),
    ("hangs", |n| {
        (0..n / 40)
            .map(|i| format!("ifconfig_em0_alias{i}=\"inet pass a-b c\"\n"))
            .collect()
    }),
    ("inner pieces", |n| {
        "ifconfig_em0_aliases=\"".to_owned() + &"inet a;b ".repeat(n / 9) + "\"\n"
    }),
    ("interfaces", |n| {
        (0..n / 30)
            .map(|i| format!("ifconfig_em{i}=\"inet 10.0.0.1/8\"\n"))
            .collect()
    }),
    ("vlans of vlans", |_| {
        "ifconfig_em0=up\nvlans_em0=\"a b\"\nvlans_a=\"a b a b\"\nvlans_b=\"a b a b\"\n".to_owned()
    }),
    ("clones", |n| {
        "cloned_interfaces=\"".to_owned() + &"lagg ".repeat(n / 5) + "\"\n"
    }),
    ("patterns", |n| {
        "ifconfig_em0=\"inet ".to_owned() + &"*a*a*a*a*b ".repeat(n / 11) + "\"\n"
    }),
    ("default for many", |n| {
        let many: String = (0..n / 60).map(|i| format!("vlans_em{i}=1\n")).collect();
        format!("ifconfig_DEFAULT=\"inet {}\"\n{many}", "a".repeat(n / 2))
    }),
];
