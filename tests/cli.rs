//! The program as a user calls it: results, messages, exit codes, files.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder of its own and the program in it, with an empty environment.
struct Carpgen {
    folder: TempDir,
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Carpgen {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// A folder with this cluster.toml.
    fn with(text: impl AsRef<[u8]>) -> Self {
        let new = Self::new();
        fs::write(new.path("cluster.toml"), text).unwrap();
        new
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = Command::cargo_bin("carpgen").unwrap();
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/bin:/usr/bin")
            .env("LC_ALL", "C.UTF-8");
        let output = command
            .envs(variables.iter().copied())
            .args(arguments)
            .output()
            .unwrap();
        Ran {
            code: output.status.code().expect("no signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(&[], arguments)
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else {
                    found.push(path.strip_prefix(root).unwrap().display().to_string());
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut found);
        found.sort();
        found
    }
}

/// One clear message and the right exit code.
fn refused(ran: &Ran, code: i32, words: &str) {
    assert_eq!(ran.code, code, "{}", ran.err);
    assert!(ran.err.contains(words), "{}", ran.err);
    assert_eq!(ran.out, "", "nothing on stdout");
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

const PAIR: &str = "[cluster]\nname = \"t\"\nrelease = \"14\"\npriority = [\"a\", \"b\"]\n\
    [[node]]\nname = \"a\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.2/24\"] }\n\
    [[node]]\nname = \"b\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.3/24\"] }\n\
    [[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.1/24\"]\n";

fn pair(pass: &str) -> String {
    PAIR.replacen("priority", &format!("pass = {pass}\npriority"), 1)
}

#[test]
fn the_article_letter_by_letter() {
    let carpgen = Carpgen::new();
    let part = |host, part| {
        carpgen
            .run(&[
                "render",
                "--example",
                "article",
                "--host",
                host,
                "--only",
                part,
            ])
            .out
    };
    let code = |text: &str| {
        text.lines()
            .filter(|l| !l.starts_with('#'))
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(
        code(&part("a", "rc.conf")),
        "cloned_interfaces=\"carp0 carp1\"\n\
         ifconfig_carp0=\"vhid 1 advbase 5 pass passwd 192.168.1.100/24\"\n\
         ifconfig_carp1=\"vhid 2 advbase 5 advskew 100 pass passwd 192.168.1.100/24\""
    );
    assert_eq!(
        code(&part("b", "rc.conf")),
        "cloned_interfaces=\"carp0 carp1\"\n\
         ifconfig_carp0=\"vhid 1 advbase 5 advskew 100 pass passwd 192.168.1.100/24\"\n\
         ifconfig_carp1=\"vhid 2 advbase 5 pass passwd 192.168.1.100/24\""
    );
    assert_eq!(
        code(&part("a", "sysctl.conf")),
        "net.inet.carp.preempt=1\nnet.inet.carp.arpbalance=1"
    );
    assert_eq!(code(&part("a", "loader.conf")), "if_carp_load=\"YES\"");
    assert_eq!(
        part("a", "live"),
        "ifconfig carp0 create\n\
         ifconfig carp0 vhid 1 advbase 5 pass passwd 192.168.1.100/24\n\
         ifconfig carp1 create\n\
         ifconfig carp1 vhid 2 advbase 5 advskew 100 pass passwd 192.168.1.100/24\n\
         sysctl net.inet.carp.preempt=1\n\
         sysctl net.inet.carp.arpbalance=1\n"
    );
}

#[test]
fn json_has_the_documented_shape_and_matches_its_schema() {
    let carpgen = Carpgen::with(PAIR);
    for (arguments, what) in [
        (
            &["render", "--example", "article", "--format", "json"][..],
            "render",
        ),
        (&["lint", "--format", "json"][..], "lint"),
    ] {
        let value: serde_json::Value = serde_json::from_str(&carpgen.run(arguments).out).unwrap();
        assert_eq!(value["version"], 1);
        let schema: serde_json::Value =
            serde_json::from_str(&carpgen.run(&["schema", what]).out).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(
            validator.is_valid(&value),
            "{what}: {:?}",
            validator
                .iter_errors(&value)
                .map(|e| e.to_string())
                .collect::<Vec<_>>()
        );
        let mut broken = value.clone();
        broken["version"] = "one".into();
        assert!(!validator.is_valid(&broken));
    }
    let value: serde_json::Value = serde_json::from_str(
        &carpgen
            .run(&[
                "render",
                "--example",
                "failover",
                "--redact",
                "--format",
                "json",
            ])
            .out,
    )
    .unwrap();
    assert_eq!(value["hosts"][0]["host"], "fw1");
    assert_eq!(value["hosts"][0]["release"], "14");
    let paths: Vec<_> = value["hosts"][0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["/etc/rc.conf", "/etc/sysctl.conf", "/boot/loader.conf"]
    );
    assert_eq!(
        value["hosts"][0]["live"][0],
        serde_json::json!(["kldload", "-n", "carp"])
    );
}

#[test]
fn the_schema_of_descriptions_accepts_the_examples_and_refuses_typos() {
    let schema: serde_json::Value =
        serde_json::from_str(&Carpgen::new().run(&["schema"]).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for example in carpgen::config::examples::EXAMPLES {
        let value: serde_json::Value = toml::from_str::<toml::Value>(example.text)
            .map(|v| serde_json::to_value(v).unwrap())
            .unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", example.name);
        let mut typo = value.clone();
        typo["cluster"]["prempt"] = true.into();
        assert!(!validator.is_valid(&typo));
    }
}

#[test]
fn init_writes_once_and_what_it_writes_is_clean() {
    for example in carpgen::config::examples::EXAMPLES {
        let carpgen = Carpgen::new();
        assert_eq!(carpgen.run(&["init", "--example", example.name]).code, 0);
        assert_eq!(
            fs::read_to_string(carpgen.path("cluster.toml")).unwrap(),
            example.text
        );
        let lint = carpgen.run(&["lint"]);
        assert_eq!(lint.code, 0, "{}: {}", example.name, lint.out);
        refused(&carpgen.run(&["init"]), 3, "is there already");
        assert_eq!(
            fs::read_to_string(carpgen.path("cluster.toml")).unwrap(),
            example.text
        );
        assert_eq!(carpgen.files(), ["cluster.toml"]);
    }
}

#[test]
fn keys_come_from_environment_file_and_command() {
    let expect = |carpgen: &Carpgen, variables: &[(&str, &str)]| {
        let ran = carpgen.run_with(variables, &["render", "--host", "a", "--only", "live"]);
        assert!(
            ran.out.contains(" pass k3yk3yk3y alias"),
            "{}{}",
            ran.out,
            ran.err
        );
    };
    expect(
        &Carpgen::with(pair("{ env = \"KEY\" }")),
        &[("KEY", "k3yk3yk3y")],
    );
    let carpgen = Carpgen::with(pair("{ file = \"keys/carp\" }"));
    fs::create_dir(carpgen.path("keys")).unwrap();
    fs::write(carpgen.path("keys/carp"), "k3yk3yk3y\n").unwrap();
    expect(&carpgen, &[]);
    expect(
        &Carpgen::with(pair(
            "{ command = [\"printf\", \"%s\\\\n\", \"k3yk3yk3y\"] }",
        )),
        &[],
    );
}

#[test]
fn a_key_that_cannot_be_had_is_an_error_that_names_the_reference() {
    let render = |pass: &str| Carpgen::with(pair(pass)).run(&["render"]);
    refused(&render("{ env = \"NO_SUCH\" }"), 3, "NO_SUCH");
    refused(&render("{ file = \"no/such\" }"), 3, "no/such");
    refused(&render("{ file = \"/\" }"), 3, "no ordinary file");
    refused(&render("{ command = [\"/no/such\"] }"), 3, "/no/such");
    refused(&render("{ command = [\"false\"] }"), 3, "exit status: 1");
    refused(&render("{ command = [\"true\"] }"), 3, "empty");
    refused(&render("{ command = [\"yes\"] }"), 3, "more than");
}

#[test]
fn a_command_that_hangs_is_killed_with_its_children() {
    // Nobody else on this machine sleeps for just as long.
    let seconds = 1_000_000 + u64::from(std::process::id());
    let carpgen = Carpgen::with(pair(&format!(
        "{{ command = [\"sh\", \"-c\", \"sleep {seconds} & sleep {seconds}\"] }}"
    )));
    let ran = carpgen.run(&["render"]);
    refused(&ran, 3, "did not end within 10 s");
    let left = std::process::Command::new("sh")
        .args(["-c", &format!("ps ax -o args | grep '[s]leep {seconds}'")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn looked_up_keys_are_checked_as_written_ones() {
    let carpgen = Carpgen::with(pair("{ env = \"KEY\" }"));
    for key in [
        "a$b",
        "x`y",
        "abc-def",
        "inet",
        "two words",
        "line\nline",
        "tab\there",
    ] {
        let ran = carpgen.run_with(&[("KEY", key)], &["render"]);
        refused(&ran, 3, "KEY");
        assert!(
            key.len() < 4 || key == "inet" || !ran.err.contains(key),
            "{}",
            ran.err
        );
    }
}

#[test]
fn nothing_but_render_looks_a_key_up() {
    let touch = "{ command = [\"touch\", \"ran\"] }";
    let carpgen = Carpgen::with(pair(touch));
    carpgen.run(&["lint"]);
    assert_eq!(carpgen.run(&["render", "--redact"]).code, 0);
    assert_eq!(carpgen.files(), ["cluster.toml"]);
    carpgen.run(&["render"]);
    assert_eq!(carpgen.files(), ["cluster.toml", "ran"]);
}

#[test]
fn redacted_output_has_no_key() {
    let carpgen = Carpgen::with(pair("\"poisonPoison42\""));
    for arguments in [
        &["render", "--redact"][..],
        &["render", "--redact", "--format", "json"],
        &["lint", "--format", "json"],
        &["lint"],
    ] {
        let ran = carpgen.run(arguments);
        // lint quotes the lines that it speaks about; what it says itself has no key.
        let out: String = ran
            .out
            .lines()
            .filter(|line| !line.contains("pass = \""))
            .collect();
        assert!(
            !out.contains("poison") && !ran.err.contains("poison"),
            "{arguments:?}: {}",
            ran.out
        );
    }
    assert!(
        carpgen
            .run(&["render", "--redact"])
            .out
            .contains("pass <secret>")
    );
}

/// Renders a pair with a key into the folder `hosts`.
fn render_out(carpgen: &Carpgen, more: &[&str]) -> Ran {
    let arguments = [&["render", "--out", "hosts"], more].concat();
    carpgen.run_with(&[("KEY", "abcdefgh")], &arguments)
}

#[test]
fn out_writes_the_tree_with_the_right_modes() {
    let carpgen = Carpgen::with(pair("{ env = \"KEY\" }"));
    assert_eq!(render_out(&carpgen, &[]).code, 0);
    let tree = [
        "boot/loader.conf",
        "etc/rc.conf",
        "etc/sysctl.conf",
        "live-undo.txt",
        "live.sh",
        "release",
    ];
    let mut expected = vec!["cluster.toml".to_owned()];
    for host in ["a", "b"] {
        expected.extend(tree.iter().map(|file| format!("hosts/{host}/{file}")));
    }
    assert_eq!(carpgen.files(), expected);
    assert_eq!(carpgen.mode("hosts/a/etc/rc.conf"), 0o600);
    assert_eq!(carpgen.mode("hosts/a/live.sh"), 0o700);
    assert_eq!(carpgen.mode("hosts/a/etc/sysctl.conf"), 0o644);
    assert_eq!(carpgen.mode("hosts/a/release"), 0o644);
    assert_eq!(
        fs::read_to_string(carpgen.path("hosts/a/release")).unwrap(),
        "14\n"
    );
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(carpgen.path("hosts/a/etc/rc.conf"), open).unwrap();
    assert_eq!(render_out(&carpgen, &[]).code, 0);
    assert_eq!(
        carpgen.mode("hosts/a/etc/rc.conf"),
        0o600,
        "a key that lies open is closed again"
    );
}

#[test]
fn out_keeps_what_differs() {
    let carpgen = Carpgen::with(pair("{ env = \"KEY\" }"));
    assert_eq!(render_out(&carpgen, &[]).code, 0);
    let again = render_out(&carpgen, &[]);
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, ""),
        "unchanged files are not written"
    );

    let changed = carpgen.path("hosts/b/etc/sysctl.conf");
    fs::write(&changed, "mine=1\n").unwrap();
    fs::remove_file(carpgen.path("hosts/a/release")).unwrap();
    refused(&render_out(&carpgen, &[]), 3, "hosts/b/etc/sysctl.conf");
    assert!(
        !carpgen.path("hosts/a/release").exists(),
        "nothing is written"
    );
    assert_eq!(fs::read_to_string(&changed).unwrap(), "mine=1\n");
    assert_eq!(render_out(&carpgen, &["--force"]).code, 0);
    assert!(fs::read_to_string(&changed).unwrap().contains("preempt=1"));
}

#[test]
fn out_refuses_folders_links_and_devices_in_the_place_of_files() {
    let carpgen = Carpgen::with(pair("\"abcdefgh\""));
    fs::create_dir_all(carpgen.path("hosts/a/etc/rc.conf")).unwrap();
    refused(
        &carpgen.run(&["render", "--out", "hosts", "--force"]),
        3,
        "is a folder",
    );
    let carpgen = Carpgen::with(pair("\"abcdefgh\""));
    fs::create_dir_all(carpgen.path("hosts/a/etc")).unwrap();
    std::os::unix::fs::symlink("/dev/null", carpgen.path("hosts/a/etc/rc.conf")).unwrap();
    refused(
        &carpgen.run(&["render", "--out", "hosts", "--force"]),
        3,
        "no ordinary file",
    );
    fs::write(carpgen.path("file"), "").unwrap();
    refused(&carpgen.run(&["render", "--out", "file"]), 3, "file/");
}

#[test]
fn bad_files_are_one_clear_error() {
    let carpgen = Carpgen::new();
    refused(&carpgen.run(&["render"]), 3, "cannot read cluster.toml");
    refused(&carpgen.run(&["render", "."]), 3, "is a folder");
    refused(&carpgen.run(&["render", "/dev/zero"]), 3, "larger than");
    let binary = Carpgen::with(b"\x7fELF\x02\x01\x01\x00\xff\xfe");
    refused(&binary.run(&["render"]), 3, "not a text");
    refused(&binary.run(&["lint"]), 3, "not a text");
    let large = Carpgen::with(vec![b'#'; 100 << 20]);
    refused(&large.run(&["render"]), 3, "larger than");
    refused(
        &Carpgen::with(&PAIR[..PAIR.len() - 5]).run(&["render"]),
        3,
        "cannot be used",
    );
    refused(&Carpgen::with("").run(&["render"]), 3, "cannot be used");
    assert_eq!(Carpgen::with("").run(&["lint"]).code, 3);
}

#[test]
fn lint_goes_on_where_other_commands_stop() {
    let carpgen =
        Carpgen::with(PAIR.replace("id = 1", "id = 1000\nprioritty = [\"a\"]\nadvbase = 999"));
    let ran = carpgen.run(&["lint", "--format", "json"]);
    assert_eq!(ran.code, 3);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rules: Vec<_> = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["rule"].as_str().unwrap())
        .collect();
    assert!(
        rules.contains(&"vhid-out-of-range") && rules.contains(&"unknown-key"),
        "{rules:?}"
    );
    refused(&carpgen.run(&["render"]), 3, "cannot be used");
}

#[test]
fn fail_on_decides_the_exit_code() {
    // Without a key there is one warning and no error.
    let carpgen = Carpgen::with(PAIR);
    for (fail_on, code) in [("error", 0), ("warning", 1), ("info", 1), ("never", 0)] {
        assert_eq!(
            carpgen.run(&["lint", "--fail-on", fail_on]).code,
            code,
            "{fail_on}"
        );
    }
    let silenced = Carpgen::with(format!("{PAIR}[lint]\nmissing-pass = \"allow\"\n"));
    assert_eq!(silenced.run(&["lint"]).code, 0);
    let denied = Carpgen::with(format!("{PAIR}[lint]\nCG301 = \"deny\"\n"));
    assert_eq!(denied.run(&["lint", "--fail-on", "error"]).code, 1);
}

#[test]
fn contradictory_options_are_usage_errors() {
    let carpgen = Carpgen::with(pair("\"abcdefgh\""));
    for arguments in [
        &["render", "--only", "live", "--out", "x"][..],
        &["render", "--redact", "--out", "x"],
        &["render", "--force"],
        &["render", "cluster.toml", "--example", "article"],
        &["render", "--host", "nobody"],
        &["render", "--example", "no-such"],
        &["explain", "no-such-rule"],
        &["explain"],
        &["no-such-command"],
    ] {
        let ran = carpgen.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "");
    }
    assert!(
        carpgen
            .run(&["render", "--host", "A"])
            .err
            .contains("did you mean a?")
    );
}

#[test]
fn standard_input_is_a_description_too() {
    let mut command = Command::cargo_bin("carpgen").unwrap();
    let output = command
        .args(["render", "-", "--host", "a", "--only", "live"])
        .write_stdin(pair("\"abcdefgh\""))
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("pass abcdefgh")
    );
}

#[test]
fn rc_target_network_is_a_file_that_only_root_reads() {
    let text =
        pair("\"abcdefgh\"").replace("[cluster]", "[cluster]\nrc_target = \"rc.conf.d/network\"");
    let carpgen = Carpgen::with(text);
    assert_eq!(carpgen.run(&["render", "--out", "o"]).code, 0);
    assert!(
        carpgen
            .files()
            .contains(&"o/a/etc/rc.conf.d/network".to_owned())
    );
}

#[test]
fn explain_prints_every_page_and_keygen_a_key() {
    let carpgen = Carpgen::new();
    let list = carpgen.run(&["explain", "--list"]).out;
    for rule in carpgen::lint::RULES {
        assert!(list.contains(rule.name));
        let page = carpgen.run(&["explain", rule.name]);
        assert!(
            page.code == 0 && page.out.contains("Why it matters"),
            "{}",
            rule.name
        );
        assert_eq!(
            carpgen.run(&["explain", &rule.code.to_lowercase()]).out,
            page.out
        );
    }
    let one = carpgen.run(&["keygen"]).out;
    let two = carpgen.run(&["keygen"]).out;
    assert_ne!(one, two);
    assert!(
        one.len() == 20 && one.trim_end().bytes().all(|b| b.is_ascii_alphanumeric()),
        "{one}"
    );
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            carpgen.run(&["completions", shell]).out.contains("carpgen"),
            "{shell}"
        );
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let carpgen = env!("CARGO_BIN_EXE_carpgen");
    let script =
        format!("{carpgen} explain --list | true; {carpgen} render --example article | head -n 1");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_an_error() {
    let carpgen = env!("CARGO_BIN_EXE_carpgen");
    let script = format!("{carpgen} render --example article > /dev/full");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the result"));
}
