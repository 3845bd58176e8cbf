//! What is handed to the client, and what its end means.

use std::time::Duration;

use super::*;
use crate::model::HostName;
use crate::remote::{Extension, Gate};
use zeroize::Zeroizing;

fn target(destination: &str, become_root: PrivilegeCommand) -> Target {
    Target {
        host: HostName::new("fw1").unwrap(),
        destination: destination.to_owned(),
        become_root,
    }
}

fn ssh() -> Ssh {
    Ssh::new(Some("lab/ssh_config".into()), Arc::default())
}

fn arguments(request: &Request, become_root: PrivilegeCommand) -> Vec<String> {
    let arguments = ssh().arguments(&target("root@fw1", become_root), request);
    arguments
        .into_iter()
        .map(|argument| argument.into_string().unwrap())
        .collect()
}

#[test]
fn the_command_is_the_same_in_every_shell_and_the_script_is_not_in_it() {
    let request = Request::new("echo poison", Duration::from_millis(4200));
    let given = arguments(&request, PrivilegeCommand::None);
    assert_eq!(given[..2], ["-F", "lab/ssh_config"]);
    assert!(given.contains(&"ConnectTimeout=5".to_owned()));
    assert!(!given.iter().any(|word| word.contains("Control")));
    assert_eq!(given[given.len() - 3..], ["--", "root@fw1", "exec /bin/sh"]);
    assert!(!given.iter().any(|word| word.contains("poison")));
    assert!(!format!("{request:?}").contains("poison"));
    let given = arguments(&request.over_new_login(), PrivilegeCommand::Doas);
    assert!(given.contains(&"ControlPath=none".to_owned()));
    assert_eq!(given.last().unwrap(), "exec doas -n /bin/sh");
}

#[test]
fn a_destination_that_could_be_an_option_is_refused() {
    for wrong in ["", "-oProxyCommand=x", "a b", "a\tb", "a\n"] {
        assert!(check_destination(wrong).is_err(), "{wrong:?}");
        let request = Request::new("", Duration::from_secs(1));
        let refused = ssh().exchange(&target(wrong, PrivilegeCommand::None), &request);
        assert!(matches!(refused, Err(TransportError::Destination { .. })));
    }
    for right in [
        "fw1",
        "root@fw1.example.net",
        "ssh://root@fw1:2222",
        "2001:db8::1",
    ] {
        assert_eq!(check_destination(right), Ok(()), "{right}");
    }
}

fn concluded(
    become_root: PrivilegeCommand,
    ending: Ending,
    stdout: &str,
    stderr: &str,
) -> Result<Reply, TransportError> {
    let ran = Ran {
        ending,
        stdout: stdout.into(),
        stderr: stderr.into(),
    };
    let request = Request::new("", Duration::from_secs(5));
    conclude(&target("fw1", become_root), &request, ran, "M")
}

#[test]
fn what_a_login_shell_prints_is_no_answer() {
    let reply = concluded(
        PrivilegeCommand::None,
        Ending::Exit(Some(3)),
        "Welcome!\nM\nanswer",
        "warning\n",
    );
    let reply = reply.unwrap();
    assert_eq!((reply.status, reply.stdout), (3, b"answer".to_vec()));
}

#[test]
fn every_failure_of_the_client_is_told_apart() {
    use TransportError as E;
    let exit = |stdout, stderr| {
        let ending = Ending::Exit(Some(255));
        concluded(PrivilegeCommand::None, ending, stdout, stderr).unwrap_err()
    };
    let refused = exit("", "fw1: Permission denied (publickey).\n");
    assert!(matches!(refused, E::Refused { .. }), "{refused}");
    let unknown = exit(
        "",
        "No ED25519 host key is known for fw1 and you have requested strict checking.\nHost key verification failed.\n",
    );
    assert!(matches!(unknown, E::HostKey { .. }), "{unknown}");
    let changed = exit(
        "",
        "@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\n",
    );
    assert!(changed.to_string().contains("known_hosts"), "{changed}");
    let jump = exit(
        "",
        "ssh: connect to host gw port 22: Connection refused\nConnection closed by UNKNOWN port 65535\n",
    );
    assert_eq!(
        jump.to_string(),
        "fw1 cannot be reached: connect to host gw port 22: Connection refused"
    );
    let dropped = exit("M\n", "Connection to fw1 closed by remote host.\n");
    assert!(matches!(dropped, E::Dropped { .. }), "{dropped}");
    assert!(dropped.may_have_run() && !jump.may_have_run());
    let no_shell = concluded(PrivilegeCommand::None, Ending::Exit(Some(1)), "x", "");
    assert!(matches!(no_shell, Err(E::NoShell { .. })));
    let doas = concluded(
        PrivilegeCommand::Doas,
        Ending::Exit(Some(1)),
        "",
        "doas: Authorization required\n",
    );
    let doas = doas.unwrap_err();
    assert!(matches!(doas, E::Privilege { .. }), "{doas}");
    assert!(doas.hint().contains("doas.conf"));
    let late = concluded(PrivilegeCommand::None, Ending::TimeOut, "M\n", "").unwrap_err();
    assert_eq!(late.to_string(), "fw1 did not answer within 5 s");
    assert!(late.may_have_run());
}

fn within(milliseconds: u64) -> Time {
    Time {
        deadline: Duration::from_millis(milliseconds),
        extension: None,
    }
}

#[test]
fn more_time_is_given_to_who_asks_for_it_and_once() {
    let run = |script: &str| {
        let arguments = [OsString::from("-c"), OsString::from(script)];
        let input = Input {
            first: String::new(),
            marker: String::new(),
            script: Zeroizing::new(Vec::new()),
            gate: None,
        };
        let time = Time {
            deadline: Duration::from_millis(200),
            extension: Some(Extension {
                word: "wait for me".to_owned(),
                by: Duration::from_secs(2),
            }),
        };
        process::run("/bin/sh", &arguments, input, time, &AtomicBool::new(false)).unwrap()
    };
    assert_eq!(
        run("echo wait for me; sleep 0.6; exit 3").ending,
        Ending::Exit(Some(3))
    );
    assert_eq!(run("echo wait; sleep 30").ending, Ending::TimeOut);
    assert_eq!(run("echo wait for me; sleep 30").ending, Ending::TimeOut);
}

#[test]
fn processes_behind_a_gate_begin_at_one_instant_or_not_at_all() {
    let quiet = AtomicBool::new(false);
    let run = |wait: &str, gate: &Arc<Gate>| {
        let input = Input {
            first: format!("sleep {wait}; echo M\n"),
            marker: "M".to_owned(),
            script: Zeroizing::new(b"date +%s%3N\n".to_vec()),
            gate: Some(Arc::clone(gate)),
        };
        let ran = process::run("/bin/sh", &[], input, within(20_000), &quiet).unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        (
            ran.ending,
            text.lines()
                .nth(1)
                .and_then(|line| line.parse::<u64>().ok()),
        )
    };
    let both = |patience| {
        let gate = Gate::new(2, Duration::from_millis(patience));
        std::thread::scope(|scope| {
            let early = scope.spawn(|| run("0", &gate));
            let late = scope.spawn(|| run("0.5", &gate));
            (early.join().unwrap(), late.join().unwrap())
        })
    };
    let ((_, early), (_, late)) = both(20_000);
    assert!(
        early.unwrap().abs_diff(late.unwrap()) < 300,
        "{early:?} {late:?}"
    );
    let ((early, nothing), (late, neither)) = both(20);
    assert_eq!((early, nothing, neither), (Ending::HeldBack, None, None));
    assert_eq!(late, Ending::HeldBack);
}

#[test]
fn a_process_is_fed_read_bounded_and_killed_with_its_children() {
    let run = |script: &str, deadline: u64, flag: &AtomicBool| {
        let arguments = [OsString::from("-c"), OsString::from(script)];
        let input = Input {
            first: String::new(),
            marker: String::new(),
            script: Zeroizing::new(b"fed\n".to_vec()),
            gate: None,
        };
        process::run("/bin/sh", &arguments, input, within(deadline), flag).unwrap()
    };
    let quiet = AtomicBool::new(false);
    let ran = run("cat; echo x >&2; exit 7", 5000, &quiet);
    assert_eq!(
        (ran.ending, ran.stdout, ran.stderr),
        (Ending::Exit(Some(7)), b"fed\n".to_vec(), b"x\n".to_vec())
    );
    let begun = std::time::Instant::now();
    let ran = run("echo begun; sleep 30 & sleep 30", 300, &quiet);
    assert_eq!(
        (ran.ending, ran.stdout),
        (Ending::TimeOut, b"begun\n".to_vec())
    );
    let ran = run("yes", 20_000, &quiet);
    assert_eq!(ran.ending, Ending::TooMuch);
    assert_eq!(ran.stdout.len(), MOST_STDOUT);
    let ran = run("sleep 30", 20_000, &AtomicBool::new(true));
    assert_eq!(ran.ending, Ending::Interrupted);
    // Something in the background holds an output: its end is not waited for.
    let ran = run("sleep 30 >/dev/null & exit 0", 20_000, &quiet);
    assert_eq!(ran.ending, Ending::Exit(Some(0)));
    assert!(begun.elapsed() < Duration::from_secs(15));
}
