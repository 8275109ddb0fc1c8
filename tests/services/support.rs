//! A server whose answers a test chooses, and a folder in which the program is run.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A request as it came in.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in small letters.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// What becomes of it.
pub(crate) enum Reply {
    Json(u16, &'static str, Value),
    /// The connection is closed.
    Close,
    /// It stays open, and nothing comes.
    Hang,
}

/// Serves on a free port for as long as the test runs; gives its address.
pub(crate) fn serve(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // The other side may be dead.
            thread::spawn(move || one(stream, &*answer));
        }
    });
    url
}

fn one(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Reply) -> Option<()> {
    let mut input = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    input.read_line(&mut first).ok().filter(|length| *length > 0)?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    match answer(&Request { method, path, headers, body }) {
        Reply::Json(status, headers, body) => {
            let body = if status == 204 { String::new() } else { body.to_string() };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} -\r\nConnection: close\r\n{headers}");
            stream
                .write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes())
                .ok()
        }
        Reply::Close => None,
        Reply::Hang => {
            thread::sleep(Duration::from_secs(60));
            None
        }
    }
}

/// A folder with `suites/drill.toml`.
pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    pub(crate) fn new(settings: &str) -> Self {
        let folder = Self(TempDir::new().expect("a folder"));
        folder.write("suites/drill.toml", settings);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// A file's text; empty if there is none.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smokedrill"));
        command.args(arguments).current_dir(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the program starts"))
    }
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    /// None if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self { code: output.status.code(), text: String::from_utf8_lossy(&text).into_owned() }
    }

    /// The number of lines that begin so.
    pub(crate) fn lines(&self, start: &str) -> usize {
        self.text.lines().filter(|line| line.starts_with(start)).count()
    }
}
