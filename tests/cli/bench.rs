//! What the tests of the command line share: a project in a folder of its own, simulated and canned endpoints.

use assert_cmd::Command;
use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::process::Child;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use tempfile::TempDir;
use titer::store::Access;
use titer::store::Store;

/// The program under test.
pub(crate) const TITER: &str = env!("CARGO_BIN_EXE_titer");
/// No wait of a test is longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);
const POLICY: &str = include_str!("../../policies/harassment.yaml");

/// A folder in which titer runs; nothing of the caller's environment but `PATH` reaches it.
pub(crate) struct Project {
    folder: TempDir,
}

/// What one run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// An empty folder without a `titer.yaml`.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A project of one policy and `units` units, labeled by the endpoint at `url`.
    pub(crate) fn of(units: usize, url: &str) -> Self {
        let project = Self::empty();
        project.write("policies/harassment.yaml", POLICY);
        project.write("units.csv", &rows(units));
        project.configure(url, "");
        project
    }

    /// Writes `titer.yaml` anew; `more` goes under the labeler.
    pub(crate) fn configure(&self, url: &str, more: &str) {
        self.write(
            "titer.yaml",
            &format!(
                "labelers:\n  main:\n    url: {url}\n    model: simulated\n    limits: {{in_flight: 8}}\n{more}\
                 units: {{from: units.csv, exposure: views}}\n"
            ),
        );
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs titer with nothing on standard input.
    pub(crate) fn titer(&self, args: &[&str]) -> Ran {
        self.titer_reading("", args)
    }

    /// Runs titer with a text on standard input.
    pub(crate) fn titer_reading(&self, stdin: &str, args: &[&str]) -> Ran {
        let mut command = Command::from_std(self.command(TITER));
        Ran::of(command.args(args).write_stdin(stdin).timeout(PATIENCE).output().unwrap())
    }

    /// Runs a shell script with the program as `$TITER`.
    pub(crate) fn shell(&self, wrapper: &[&str], script: &str) -> Ran {
        let mut command = self.command(wrapper[0]);
        command.args(&wrapper[1..]).args(["sh", "-c", script]).env("TITER", TITER);
        Ran::of(Command::from_std(command).timeout(PATIENCE).output().unwrap())
    }

    /// Starts titer and leaves it running.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let mut command = self.command(TITER);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(command.spawn().unwrap()))
    }

    /// How many requests have an answer on disk.
    pub(crate) fn recorded(&self) -> u64 {
        let store = Store::open(&self.path(".titer/titer.db"), Access::Read).unwrap();
        store.reader().unwrap().answered_fingerprints().unwrap().len() as u64
    }

    fn command(&self, program: &str) -> process::Command {
        let mut command = process::Command::new(program);
        command.current_dir(self.folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }
}

impl Ran {
    fn of(output: process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code, and that standard error says all of these.
    #[track_caller]
    pub(crate) fn ends(self, code: i32, said: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for part in said {
            assert!(self.stderr.contains(part), "no `{part}` in {self:#?}");
        }
        let messages = self.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert!(messages <= 1, "more than one message: {self:#?}");
        self
    }

    /// Asserts that it ended well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        self.ends(0, &[])
    }

    /// The answer, which must be one JSON document and nothing else.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A child that is killed when the test ends, however it ends.
pub(crate) struct Running(Option<Child>);

impl Running {
    pub(crate) fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&mut self, name: &str) {
        let pid = self.child().id().to_string();
        process::Command::new("kill").args(["-s", name, &pid]).status().unwrap();
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(mut self) -> Ran {
        until("the program ends", || self.child().try_wait().unwrap().is_some());
        Ran::of(self.0.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Waits for a condition, never longer than [`PATIENCE`].
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(POLL);
    }
}

/// `titer simulate` on a port of its own.
pub(crate) struct Simulated {
    pub(crate) url: String,
    running: Running,
    _folder: Project,
}

impl Simulated {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    /// As `start`, with variables in its environment.
    pub(crate) fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = Project::empty();
        let mut command = folder.command(TITER);
        command.args(["simulate", "--port", "0", "--format", "json"]).args(args);
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running(Some(command.spawn().unwrap()));
        let mut stdout = BufReader::new(running.child().stdout.take().unwrap());
        let (mut said, mut line) = (String::new(), String::new());
        while stdout.read_line(&mut line).unwrap() > 0 && !line.starts_with('}') {
            said.push_str(&std::mem::take(&mut line));
        }
        said.push('}');
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        Self { url: said["base_url"].as_str().unwrap().to_owned(), running, _folder: folder }
    }

    /// Requests for a completion so far.
    pub(crate) fn requests(&self) -> u64 {
        self.counter("requests")
    }

    /// Completions sent so far.
    pub(crate) fn answers(&self) -> u64 {
        self.counter("answers")
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.running.child().kill().unwrap();
        self.running.child().wait().unwrap();
    }

    fn counter(&self, name: &str) -> u64 {
        let place = self.url.trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = TcpStream::connect(place).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /simulate/counters HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (_, body) = response.split_once("\r\n\r\n").unwrap();
        let counters: serde_json::Value = serde_json::from_str(body).unwrap();
        counters[name].as_u64().unwrap()
    }
}

/// An endpoint that gives every request the same answer; returns its base URL. Its thread ends with the test.
pub(crate) fn canned(status: &'static str, kind: &'static str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let length = body.len();
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that went away is none of the endpoint's business.
            drop(answer(&stream, &response));
        }
    });
    url
}

fn answer(mut stream: &TcpStream, response: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; length])?;
    stream.write_all(response.as_bytes())
}

/// A table of units.
pub(crate) fn rows(units: usize) -> String {
    let rows = (0..units).map(|at| format!("u{at:04},{},text number {at}\n", 1 + at % 7));
    format!("id,views,text\n{}", rows.collect::<String>())
}

/// The lines of a file, without its header.
pub(crate) fn below_header(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().skip(1).map(str::to_owned).collect()
}
