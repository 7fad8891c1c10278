//! The executable.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use lotse_protocol::code::ChannelCode;
use lotse_protocol::keys::{RelayPins, SigningKey};
use lotse_protocol::message::relay::{Hello, Knock, Register, from_relay, to_relay};
use lotse_protocol::version::{CURRENT, OLDEST};
use lotse_relay::store::PUBLIC_KEYS;
use quinn::ConnectionError;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::program::{NONCE, PASSWORD, Program, SOON};

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotse-relay"));
    command.arg("--data").arg(data).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = command(data).args(arguments).stdin(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("ends")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// A relay in a process of its own, killed when the test gives up.
struct Server {
    child: Child,
    address: SocketAddr,
    pins: RelayPins,
    log: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Server {
    fn start(data: &Path, log: &str) -> Self {
        let config = data.join("relay.toml");
        fs::write(&config, format!("institution = 'University of Example'\nlog = '{log}'\n")).expect("written");
        let mut child =
            command(data).args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config).spawn().expect("starts");
        let (lines, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
        let mut server = Self {
            child,
            address: "127.0.0.1:0".parse().expect("an address"),
            pins: some_pins(),
            log,
            seen: Vec::new(),
        };
        let listening = server.wait_for("listening on UDP ");
        server.address = listening.rsplit(' ').next().and_then(|text| text.parse().ok()).expect("an address");
        let key = server.wait_for("relay key");
        server.pins = key.rsplit(' ').next().and_then(|text| text.parse().ok()).expect("the relay key");
        let file = fs::read_to_string(data.join(PUBLIC_KEYS)).expect("a file");
        assert_eq!(file.trim(), server.pins.to_string());
        server
    }

    fn wait_for(&mut self, part: &str) -> String {
        loop {
            let line = self.log.recv_timeout(SOON).unwrap_or_else(|_| panic!("no {part:?} in {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the end; returns everything that was logged.
    fn end(mut self) -> (std::process::ExitStatus, String) {
        let status = self.child.wait().expect("ends");
        let mut log = std::mem::take(&mut self.seen);
        log.extend(self.log.iter());
        (status, log.join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn some_pins() -> RelayPins {
    let key = SigningKey::generate(&mut rand::rng()).public();
    RelayPins { transport: key, cards: key }
}

async fn program(server: &Server) -> Program {
    let mut program = Program::silent(server.address, &server.pins).await.expect("connects");
    program.say(to_relay::Body::Hello(Hello { version: CURRENT, oldest: OLDEST })).await;
    assert!(matches!(program.hear().await, from_relay::Body::Welcome(_)));
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_and_sigint_end_it_cleanly_within_two_seconds_and_programs_are_told() {
    for signal in ["TERM", "INT"] {
        let data = TempDir::new().expect("a temporary directory");
        let server = Server::start(data.path(), "info");
        let program = program(&server).await;
        server.signal(signal);
        let start = Instant::now();
        match timeout(SOON, program.connection.closed()).await.expect("told in time") {
            ConnectionError::ApplicationClosed(close) => assert_eq!(&close.reason[..], b"the relay is shutting down"),
            other => panic!("{other}"),
        }
        let (status, log) = tokio::task::spawn_blocking(|| server.end()).await.expect("ends");
        assert!(status.success(), "{log}");
        assert!(start.elapsed() < Duration::from_secs(2), "took {:?}:\n{log}", start.elapsed());
        assert!(!log.contains("incomplete") && log.contains("ended"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_45_programs_learn_of_a_killed_relay_as_soon_as_it_is_back() {
    let data = TempDir::new().expect("a temporary directory");
    let server = Server::start(data.path(), "info");
    let mut program = program(&server).await;
    let address = server.address.to_string();
    server.signal("KILL");
    assert!(!tokio::task::spawn_blocking(|| server.end()).await.expect("ends").0.success());
    let mut again = command(data.path()).args(["serve", "--listen", &address]).spawn().expect("starts");
    let closed = async {
        loop {
            // Whatever is said is answered with a reset that the program can verify.
            program.say(to_relay::Body::Register(Register { nonce: NONCE.to_vec() })).await;
            if timeout(Duration::from_millis(100), program.connection.closed()).await.is_ok() {
                break program.connection.close_reason();
            }
        }
    };
    let reason = timeout(Duration::from_secs(5), closed).await;
    again.kill().expect("killed");
    again.wait().expect("ended");
    assert!(matches!(reason, Ok(Some(ConnectionError::Reset))), "{reason:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_38_no_secret_is_in_the_log() {
    let data = TempDir::new().expect("a temporary directory");
    let added = run(data.path(), &["adviser", "add", "maria", "--password-stdin"], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(!text(&added.stdout).contains(PASSWORD));
    let server = Server::start(data.path(), "trace");

    let mut customer = program(&server).await;
    customer.say(to_relay::Body::Register(Register { nonce: NONCE.to_vec() })).await;
    let id = match customer.hear().await {
        from_relay::Body::Registered(registered) => registered.id,
        other => panic!("{other:?}"),
    };
    let mut adviser = program(&server).await;
    // A password typed where the name belongs.
    adviser.login(PASSWORD, "canary-wrong-password").await;
    assert!(matches!(adviser.hear().await, from_relay::Body::Refused(_)));
    adviser.login("maria", PASSWORD).await;
    assert!(matches!(adviser.hear().await, from_relay::Body::LoggedIn(_)));
    let key = SigningKey::generate(&mut rand::rng()).public();
    adviser.say(to_relay::Body::Knock(Knock { id, key: key.as_bytes().to_vec() })).await;
    let from_relay::Body::Introduced(introduced) = adviser.hear().await else { panic!("not introduced") };
    let code = ChannelCode::generate(&mut rand::rng());
    let code = code.grouped().replace(' ', "");
    adviser.pass(introduced.introduction, code.as_bytes()).await;
    customer.expect_passed(introduced.introduction, code.as_bytes()).await;
    customer.open_path(introduced.introduction).await;
    let tokens =
        [customer.path_opened(introduced.introduction).await, adviser.path_opened(introduced.introduction).await];
    adviser.send.write_all(b"\x20\0\0\0canary-malformed-message-canary!").await.expect("written");
    timeout(SOON, adviser.connection.closed()).await.expect("closed");
    server.signal("TERM");
    let (status, log) = tokio::task::spawn_blocking(|| server.end()).await.expect("ends");
    assert!(status.success());

    for told in ["adviser maria signed in", "introduction 1: adviser maria knocks", "introduction 1 opened a path"] {
        assert!(log.contains(told), "{told:?} is missing in\n{log}");
    }
    assert!(log.lines().all(|line| !line.contains('\u{1b}')), "colours in a file");
    let mut secrets = vec!["canary".to_owned(), code, introduced.introduction.to_string()];
    for bytes in [&introduced.card, &NONCE.to_vec(), &tokens[0], &tokens[1], &key.as_bytes().to_vec()] {
        let piece = &bytes[..8.min(bytes.len())];
        secrets.push(piece.iter().map(|byte| format!("{byte:02x}")).collect());
        secrets.push(format!("{piece:?}").trim_matches(['[', ']']).to_owned());
    }
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret:?} is in the log:\n{log}");
    }
}

#[test]
fn advisers_are_added_listed_and_disabled() {
    let directory = TempDir::new().expect("a temporary directory");
    let data = directory.path();
    let made_up = run(data, &["adviser", "add", "Maria", "--display-name", "Maria Huber", "--role", "Desk"], "");
    assert!(made_up.status.success(), "{}", text(&made_up.stderr));
    let shown = text(&made_up.stdout);
    let password = shown.lines().find_map(|line| line.strip_prefix("Password: ")).expect("a password is shown");
    assert_eq!(password.len(), 23, "{password}");

    let again = run(data, &["adviser", "add", "maria"], "");
    assert!(!again.status.success());
    assert!(text(&again.stderr).contains("already an adviser maria"));
    for (arguments, told) in [
        (["adviser", "add", "no name", "--password-stdin"], "a name is made of"),
        (["adviser", "add", "paul", "--password-stdin"], "at least 10 characters"),
        (["adviser", "disable", "paul", "--config=/nonexistent"], "cannot read /nonexistent"),
    ] {
        let refused = run(data, &arguments, if arguments[2] == "no name" { "long enough, this\n" } else { "short\n" });
        assert!(!refused.status.success());
        assert!(text(&refused.stderr).contains(told), "{}", text(&refused.stderr));
    }
    assert_eq!(text(&run(data, &["adviser", "list"], "").stdout), "maria                Maria Huber, Desk\n");
    assert!(run(data, &["adviser", "disable", "MARIA"], "").status.success());
    assert!(text(&run(data, &["adviser", "list"], "").stdout).ends_with("(disabled)\n"));
    let unknown = run(data, &["adviser", "disable", "paul"], "");
    assert!(text(&unknown.stderr).contains("there is no adviser paul"));
    assert_eq!(text(&run(data, &["sessions"], "").stdout), "");
}

#[test]
fn a_relay_that_cannot_start_says_why() {
    let directory = TempDir::new().expect("a temporary directory");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("written");
    let mut child = command(&file.join("data")).args(["serve", "--listen", "127.0.0.1:0"]).spawn().expect("starts");
    let mut stderr = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("text");
    assert!(!child.wait().expect("ends").success());
    assert!(stderr.contains("file/data: Not a directory"), "{stderr}");
}
