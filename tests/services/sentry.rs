//! Sentry, as far as a scrubbing test sees it: it takes envelopes, scrubs, and shows events in the
//! API's own form, which is not the form in which they are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::support::{Folder, Ran, Reply, Request, serve};

pub(crate) const TOKEN: &str = "sntrys_r3adt0ken";
pub(crate) const KEY: &str = "pub11cKey";

/// How the parts are called in the result.
pub(crate) const PARTS: [&str; 16] = [
    "message",
    "exception.value",
    "frame.variables",
    "frame.source-line",
    "breadcrumb.message",
    "breadcrumb.data",
    "request.url",
    "request.query",
    "request.headers",
    "request.cookies",
    "request.body",
    "user",
    "tags",
    "extra",
    "contexts",
    "transaction",
];

/// How it behaves.
#[derive(Default)]
pub(crate) struct Server {
    events: BTreeMap<String, Value>,
    /// The parts that it does not scrub.
    pub(crate) keeps: BTreeSet<&'static str>,
    /// The parts that it keeps in base64.
    pub(crate) encodes: BTreeSet<&'static str>,
    /// The parts that it drops.
    pub(crate) drops: BTreeSet<&'static str>,
    /// Whether texts are replaced whole, with what stands around the value.
    pub(crate) whole: bool,
    /// How often an event is not there yet.
    pub(crate) late: usize,
    /// What every envelope is answered with.
    pub(crate) takes: Option<(u16, &'static str)>,
    /// How many envelopes it takes before it answers so.
    pub(crate) takes_first: usize,
    /// What every look is answered with.
    pub(crate) shows: Option<u16>,
    pub(crate) looks: usize,
    /// Everything that was planted.
    pub(crate) planted: BTreeSet<String>,
    asked: BTreeMap<String, usize>,
}

/// The server and the program's folder.
pub(crate) struct Sentry {
    pub(crate) folder: Folder,
    server: Arc<Mutex<Server>>,
}

impl Sentry {
    pub(crate) fn new(set: impl FnOnce(&mut Server)) -> Self {
        let server = Arc::new(Mutex::new(Server::default()));
        set(&mut server.lock().expect("nobody panics with it"));
        let waits = {
            let server = server.lock().expect("nobody panics with it");
            server.late < 100
                && server.shows.is_none()
                && (server.takes.is_none() || server.takes_first > 0)
        };
        let shared = Arc::clone(&server);
        let url =
            serve(move |request| shared.lock().expect("nobody panics with it").answer(request));
        let host = url.trim_start_matches("http://");
        // Long where something is to come, and short where nothing is.
        let deadline = if waits { "20s" } else { "2s" };
        let folder = Folder::new(&format!(
            "[sentry]\ndsn = \"http://{KEY}@{host}/inner/42\"\n\
             token = {{ command = [\"echo\", \"{TOKEN}\"] }}\norganization = \"acme\"\n\
             project = \"shop\"\nhost = \"{url}\"\ndeadline = \"{deadline}\"\ninterval = \"20ms\"\n\
             timeout = \"1s\"\n"
        ));
        Self { folder, server }
    }

    pub(crate) fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().expect("nobody panics with it")
    }

    /// Runs the test; whatever comes of it, no value is told.
    pub(crate) fn run(&self) -> Ran {
        let ran = self.folder.run(&["sentry", "scrub-test"]);
        for value in self.server().planted.iter().map(String::as_str).chain([TOKEN, KEY]) {
            assert!(!ran.text.contains(value), "{value} is told: {}", ran.text);
        }
        ran
    }
}

impl Server {
    fn answer(&mut self, request: &Request) -> Reply {
        let event = request.path.strip_prefix("/api/0/projects/acme/shop/events/");
        match (request.method.as_str(), request.path.as_str(), event) {
            ("POST", "/inner/api/42/envelope/", _) => self.take(request),
            ("GET", _, Some(id)) => self.show(request, id.trim_end_matches('/')),
            _ => Reply::Json(404, "", json!({})),
        }
    }

    fn take(&mut self, request: &Request) -> Reply {
        let auth = request.headers.get("x-sentry-auth").cloned().unwrap_or_default();
        if !auth.starts_with(&format!("Sentry sentry_version=7, sentry_key={KEY}, sentry_client="))
        {
            return Reply::Json(403, "", json!({}));
        }
        if let (Some((status, headers)), 0) = (self.takes, self.takes_first) {
            return Reply::Json(status, headers, json!({}));
        }
        self.takes_first = self.takes_first.saturating_sub(1);
        let lines: Vec<&str> = request.body.lines().collect();
        let [header, item, payload] = lines.as_slice() else {
            return Reply::Json(400, "", json!({}));
        };
        let read = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_default();
        let (header, item, event) = (read(header), read(item), read(payload));
        let id = header["event_id"].as_str().unwrap_or_default().to_owned();
        let fits = item["type"] == "event"
            && item["length"] == payload.len()
            && event["event_id"] == id.as_str()
            && id.len() == 32
            && header["sent_at"].is_string();
        if !fits {
            return Reply::Json(400, "", json!({}));
        }
        self.plant(&event);
        let shown = self.shown(&event);
        self.events.insert(id.clone(), shown);
        Reply::Json(200, "", json!({ "id": id }))
    }

    fn show(&mut self, request: &Request, id: &str) -> Reply {
        self.looks += 1;
        if request.headers.get("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return Reply::Json(401, "", json!({}));
        }
        if let Some(status) = self.shows {
            return Reply::Json(status, "", json!({}));
        }
        let asked = self.asked.entry(id.to_owned()).or_default();
        *asked += 1;
        match self.events.get(id).filter(|_| *asked > self.late) {
            Some(event) => Reply::Json(200, "", event.clone()),
            None => Reply::Json(404, "", json!({ "detail": "Event not found" })),
        }
    }

    /// Takes down the value of every part.
    fn plant(&mut self, event: &Value) {
        let exception = &event["exception"]["values"][0];
        let frame = &exception["stacktrace"]["frames"][0];
        let breadcrumb = &event["breadcrumbs"]["values"][0];
        let request = &event["request"];
        let texts = [
            &event["logentry"]["formatted"],
            &event["transaction"],
            &exception["value"],
            &frame["context_line"],
            &breadcrumb["message"],
        ];
        let maps = [
            &frame["vars"],
            &breadcrumb["data"],
            &request["headers"],
            &request["cookies"],
            &request["data"],
            &event["user"],
            &event["tags"],
            &event["extra"],
            &event["contexts"]["checkout"],
        ];
        let text = |text: &Value| {
            let (phrase, _) = text.as_str()?.rsplit_once(' ')?;
            let begins = ["customer ", "Authorization: Bearer ", "Cookie: sessionid="];
            let value = begins.iter().find_map(|begin| phrase.strip_prefix(begin));
            Some(value.or_else(|| Some(phrase.split_once('=')?.1))?.to_owned())
        };
        let maps = maps.iter().flat_map(|map| map.as_object().into_iter().flatten());
        let values = maps.filter_map(|(_, value)| value.as_str());
        let values = values.map(|value| value.trim_start_matches("Bearer ").to_owned());
        let url = request["url"].as_str().and_then(|url| url.split('/').nth(3));
        let query = request["query_string"].as_str().unwrap_or_default();
        // A segment of a path is read as a value of a query is: nothing in it is a blank or a plus.
        let encoded = format!("url={}&{query}", url.unwrap_or_default());
        let encoded = url::form_urlencoded::parse(encoded.as_bytes());
        let encoded: Vec<String> = encoded.map(|(_, value)| value.into_owned()).collect();
        let all = texts.into_iter().filter_map(text).chain(values).chain(encoded);
        let all: BTreeSet<String> = all.filter(|value| !value.starts_with("witness")).collect();
        assert_eq!(all.len(), PARTS.len(), "the value of each part: {event}");
        self.planted.extend(all);
    }

    /// A value on its way in.
    fn value(&self, part: &str, value: &str) -> Value {
        match (self.keeps.contains(part), self.encodes.contains(part)) {
            (true, _) => value.into(),
            (_, true) => STANDARD.encode(format!("v={value}")).into(),
            _ => "[Filtered]".into(),
        }
    }

    /// A text: the value, a blank, the witness.
    fn text(&self, part: &str, text: &Value) -> Value {
        let text = text.as_str().unwrap_or_default();
        let (value, witness) = text.rsplit_once([' ', '/']).unwrap_or_default();
        if self.drops.contains(part) {
            return Value::Null;
        }
        match self.value(part, value) {
            Value::String(mark) if self.whole && mark == "[Filtered]" => mark.into(),
            Value::String(value) => format!("{value} {witness}").into(),
            other => other,
        }
    }

    /// Names and values, but for the witness, which stays.
    fn map(&self, part: &str, map: &Value) -> Map<String, Value> {
        if self.drops.contains(part) {
            return Map::new();
        }
        let entries = map.as_object().into_iter().flatten().map(|(key, value)| {
            let text = value.as_str().unwrap_or_default();
            let stays = text.starts_with("witness");
            (key.clone(), if stays { value.clone() } else { self.value(part, text) })
        });
        entries.collect()
    }

    fn pairs(&self, part: &str, map: &Value) -> Vec<Value> {
        self.map(part, map).into_iter().map(|(key, value)| json!([key, value])).collect()
    }

    /// As the API shows it.
    fn shown(&self, event: &Value) -> Value {
        let exception = &event["exception"]["values"][0];
        let frame = &exception["stacktrace"]["frames"][0];
        let breadcrumb = &event["breadcrumbs"]["values"][0];
        let request = &event["request"];
        let query = request["query_string"].as_str().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes());
        let query: Map<String, Value> =
            query.map(|(key, value)| (key.into_owned(), value.into_owned().into())).collect();
        let message = self.text("message", &event["logentry"]["formatted"]);
        let transaction = self.text("transaction", &event["transaction"]);
        let source = self.text("frame.source-line", &frame["context_line"]);
        let mut tags: Vec<Value> = self
            .map("tags", &event["tags"])
            .into_iter()
            .map(|(key, value)| json!({ "key": key, "value": value }))
            .collect();
        if !transaction.is_null() {
            tags.push(json!({ "key": "transaction", "value": transaction }));
        }
        json!({
            "id": event["event_id"],
            "eventID": event["event_id"],
            "title": "ScrubTest",
            "message": message,
            "culprit": transaction,
            "entries": [
                { "type": "message", "data": { "formatted": message } },
                { "type": "exception", "data": { "values": [{
                    "type": "ScrubTest",
                    "value": self.text("exception.value", &exception["value"]),
                    "stacktrace": { "frames": [{
                        "function": frame["function"],
                        "contextLine": source,
                        "vars": self.map("frame.variables", &frame["vars"]),
                    }] },
                }] } },
                { "type": "breadcrumbs", "data": { "values": [{
                    "category": breadcrumb["category"],
                    "message": self.text("breadcrumb.message", &breadcrumb["message"]),
                    "data": self.map("breadcrumb.data", &breadcrumb["data"]),
                }] } },
                { "type": "request", "data": {
                    "method": request["method"],
                    "url": self.text("request.url", &request["url"]),
                    "query": self.pairs("request.query", &query.into()),
                    "headers": self.pairs("request.headers", &request["headers"]),
                    "cookies": self.pairs("request.cookies", &request["cookies"]),
                    "data": self.map("request.body", &request["data"]),
                } },
            ],
            "user": self.map("user", &event["user"]),
            "tags": tags,
            "context": self.map("extra", &event["extra"]),
            "contexts": { "checkout": self.map("contexts", &event["contexts"]["checkout"]) },
        })
    }
}
