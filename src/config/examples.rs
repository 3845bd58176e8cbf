//! Complete descriptions to start from, embedded in the program.

/// An embedded description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The name that `--example` takes.
    pub name: &'static str,
    /// What it shows, in one line.
    pub about: &'static str,
    /// The description.
    pub text: &'static str,
}

macro_rules! examples {
    ($($name:literal: $about:literal),+ $(,)?) => {
        /// All of them.
        pub const EXAMPLES: &[Example] = &[$(
            Example { name: $name, about: $about, text: include_str!(concat!("examples/", $name, ".toml")) },
        )+];
    };
}

examples! {
    "failover": "two firewalls, one master, the other takes over",
    "active-active": "two firewalls, each carries half of the traffic",
    "three-node": "three web servers that share three addresses evenly",
    "dual-stack": "IPv4 and IPv6 side by side",
    "vrrp": "VRRPv3 on FreeBSD 15",
    "article": "the classical pair with ARP balancing on FreeBSD 9",
}

/// The example of a name.
#[must_use]
pub fn example(name: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.name == name)
}
