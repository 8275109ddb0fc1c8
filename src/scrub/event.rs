//! One event, with a canary of one kind in every part.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::canary::{Canary, Kind};
use super::part::Part;

/// An event that is sent.
pub(super) struct Planted {
    pub(super) kind: Kind,
    /// 32 hexadecimal digits.
    pub(super) id: String,
    pub(super) canaries: BTreeMap<Part, Canary>,
}

impl Planted {
    /// The event's payload.
    pub(super) fn payload(&self, now: f64) -> Value {
        let kind = self.kind;
        let values = |part: Part| {
            let canary = self.canaries.get(&part);
            canary.map_or(("", ""), |canary| (canary.value.as_str(), canary.witness.as_str()))
        };
        // The witness stands behind the canary: what is cut off loses it first.
        let text = |part| {
            let (value, witness) = values(part);
            format!("{} {witness}", kind.phrase(value))
        };
        let pair = |part, key: &str| {
            let (value, witness) = values(part);
            json!({ key: value, "control": witness })
        };
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (url, url_witness) = values(Part::Url);
        let (query, query_witness) = values(Part::Query);
        let (header, header_witness) = values(Part::Headers);
        let header = match kind {
            Kind::Bearer => format!("Bearer {header}"),
            _ => header.to_owned(),
        };
        let (cookie, cookie_witness) = values(Part::Cookies);
        let key = kind.key();
        let (user, user_witness) = values(Part::User);
        json!({
            "event_id": self.id,
            "timestamp": now,
            "platform": "other",
            "level": "error",
            "logger": "smokedrill.scrub-test",
            "environment": "smokedrill",
            "transaction": text(Part::Transaction),
            "logentry": { "formatted": text(Part::Message) },
            "exception": { "values": [{
                "type": "ScrubTest",
                "value": text(Part::Exception),
                "stacktrace": { "frames": [{
                    "function": "scrub_test",
                    "filename": "smokedrill.rs",
                    "lineno": 1,
                    "in_app": true,
                    "context_line": text(Part::SourceLine),
                    "vars": pair(Part::Variables, key),
                }] },
            }] },
            "breadcrumbs": { "values": [{
                "timestamp": now,
                "category": "smokedrill",
                "message": text(Part::BreadcrumbMessage),
                "data": pair(Part::BreadcrumbData, key),
            }] },
            "request": {
                "method": "POST",
                "url": format!("https://shop.example/{}/{url_witness}", encoded(url)),
                "query_string": format!("{key}={}&control={query_witness}", encoded(query)),
                "headers": { kind.header(): header, "X-Control": header_witness },
                "cookies": { key: cookie, "control": cookie_witness },
                "data": pair(Part::Body, key),
            },
            "user": { "id": user_witness, key: user },
            "tags": pair(Part::Tags, key),
            "extra": pair(Part::Extra, key),
            "contexts": { "checkout": pair(Part::Contexts, key) },
        })
    }
}
