//! A small HTTP server that answers well, badly or not at all, by path.
//!
//! It speaks through bare sockets, since no well-behaved library would send half a body.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// A server on a free port; its threads end with the process.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || serve(stream, &seen));
            }
        });
        Self { url, requests }
    }

    /// The requests so far whose path begins so.
    pub(crate) fn requests(&self, path: &str) -> Vec<Request> {
        let all = self.requests.lock().expect("no panic while locked");
        all.iter().filter(|request| request.target.starts_with(path)).cloned().collect()
    }
}

/// The address of a port on which nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Request>>) {
    let _ = stream.set_nodelay(true);
    let Ok(mut out) = stream.try_clone() else { return };
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input) {
        let before = {
            let mut all = seen.lock().expect("no panic while locked");
            let before = all.iter().filter(|other| other.target == request.target).count();
            all.push(request.clone());
            before
        };
        if answer(&mut out, &request, before).is_none() {
            return;
        }
    }
}

fn read(input: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    input.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
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
    Some(Request { method, target, headers, body })
}

fn send(out: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> Option<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n");
    out.write_all(&[head.as_bytes(), body].concat()).ok()
}

fn json(out: &mut TcpStream, status: u16, body: &str) -> Option<()> {
    send(out, status, "Content-Type: application/json\r\n", body.as_bytes())
}

/// Answers; `None` closes the connection. `before` counts earlier requests of the same target.
fn answer(out: &mut TcpStream, request: &Request, before: usize) -> Option<()> {
    const CSV: &str = "Content-Type: text/csv; charset=utf-8\r\n";
    let path = request.target.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let number = |index: usize| parts.get(index).and_then(|text| text.parse::<u64>().ok());
    match parts[0] {
        "ok" => json(out, 200, r#"{"ok":true,"count":3,"name":"demo"}"#),
        "status" => json(out, number(1)? as u16, r#"{"error":"as asked"}"#),
        "slow" => {
            thread::sleep(Duration::from_millis(number(1)?));
            json(out, 200, r#"{"ok":true}"#)
        }
        "hang" => {
            thread::sleep(Duration::from_secs(30));
            None
        }
        "half" => {
            let _ = out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":");
            None
        }
        "close" => None,
        "drip" => drip(out),
        "endless" => {
            out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n").ok()?;
            let end = Instant::now() + Duration::from_secs(20);
            while Instant::now() < end {
                out.write_all(&[b'x'; 65_536]).ok()?;
            }
            None
        }
        // What stands behind the question mark, as a page.
        "html" => {
            let page = request.target.split_once('?').map_or("", |(_, page)| page);
            let page = percent_encoding::percent_decode_str(page).decode_utf8_lossy();
            send(out, 200, "Content-Type: text/html; charset=utf-8\r\n", page.as_bytes())
        }
        "loop" => send(out, 302, "Location: /loop\r\n", b""),
        "to" => {
            let target = request.target.split_once('?')?.1.split('&').next()?;
            let status = number(1)?;
            send(out, status as u16, &format!("Location: {target}\r\n"), b"")
        }
        "echo" => {
            let mut headers: Vec<_> = request.headers.iter().collect();
            headers.sort();
            let headers: serde_json::Map<_, _> =
                headers.into_iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
            let echo = serde_json::json!({
                "method": request.method, "target": request.target,
                "headers": headers, "body": request.body,
            });
            json(out, 200, &echo.to_string())
        }
        "bad-gzip" => send(
            out,
            200,
            "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
            b"this is no gzip at all",
        ),
        "bad-utf8" => {
            send(out, 200, "Content-Type: application/json\r\n", b"{\"ok\": \"\xff\xfe\"}")
        }
        "bad-json" => json(out, 200, r#"{"ok": tru"#),
        "csv" => send(out, 200, CSV, b"id,due,total\n1,2026-01-31,9.50\n2,2026-02-28,12\n"),
        "csv-bom" => send(out, 200, CSV, b"\xef\xbb\xbfid;due\n1;2026-01-31\n"),
        "csv-ragged" => send(out, 200, CSV, b"id,due\n1,2026-01-31\n2\n3,2026-03-31,x\n"),
        "people" => json(
            out,
            200,
            r#"{"customer":{"full_name":"Jane Doe","email":"jane.doe@mail.test","phone":"+49 170 1234567"},"count":"3"}"#,
        ),
        // One string of many megabytes, for those who may see it.
        "long"
            if request.headers.contains_key("authorization")
                && request.headers["authorization"] == "Bearer tok-5ecret-4711" =>
        {
            json(out, 200, &format!("{{\"text\":\"{}\"}}", "long words and 4711 ".repeat(350_000)))
        }
        "long" => json(out, 401, r#"{"error":"sign in first"}"#),
        // Fails so many times before it answers well.
        "flaky" if before < number(2)? as usize => match parts[1] {
            "close" => None,
            status => json(out, status.parse().ok()?, r#"{"error":"not yet"}"#),
        },
        "flaky" => json(out, 200, r#"{"ok":true}"#),
        // A sign-in that may happen once, and what it opens.
        "login" if before == 0 => json(out, 200, r#"{"token":"tok-5ecret-4711","user":{"id":42}}"#),
        "login" => json(out, 429, r#"{"error":"one sign-in only"}"#),
        "private" | "open" | "leaky" => {
            let authorization = request.headers.get("authorization").map(String::as_str);
            let real = r#"{"invoice":"INV-2026-000123","total":12.5}"#;
            match (parts[0], authorization) {
                ("open", _) | (_, Some("Bearer tok-5ecret-4711")) => json(out, 200, real),
                ("leaky", _) => {
                    json(out, 401, &format!(r#"{{"error":"no access to","was":{real}}}"#))
                }
                _ => json(out, 401, r#"{"error":"sign in first"}"#),
            }
        }
        _ => json(out, 404, r#"{"error":"no such path"}"#),
    }
}

/// One byte at a time, for longer than anybody waits.
fn drip(out: &mut TcpStream) -> Option<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").ok()?;
    for _ in 0..200 {
        out.write_all(b"x").ok()?;
        thread::sleep(Duration::from_millis(100));
    }
    None
}
