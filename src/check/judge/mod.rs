//! The judge: holds an answer against what a check expects of it.
//!
//! A [`Judge`] is an `Expect` of the suite with everything compiled that can be wrong with it
//! (regular expressions, `JSONPath`s, schemas), so that all of that is found before the first
//! request. Judging is then a function of the answer alone. It reports every expectation that
//! does not hold, in the order in which the format lists them, and with three rules of its own:
//!
//! - a server error (5xx) is broken unless the check expects that very status;
//! - a body that was cut off at the limit is broken, and not judged further: half a body proves
//!   nothing;
//! - a body that is not the text, JSON or CSV that it should be is *one* broken expectation,
//!   however many were to look into it.
//!
//! What is reported shows values of the answer with their type, redacted and short:
//!
//! ```text
//! expect.status: expected 200, found 503 Service Unavailable
//! expect.json at /checks/0/ok: expected boolean true, found string "yes"
//! expect.csv.header at line 1: expected the header id, email, found missing: email
//! ```

mod body;
mod column;
mod csv;
mod headers;
mod json;
mod measure;
mod path;
mod schema;
mod show;
pub(crate) mod status;
mod text;

use std::path::Path;

use jiff::Timestamp;

use self::body::Body;
use self::headers::{ContentType, Headers};
use self::text::Text;
use super::observation::Observation;
use crate::journal::Broken;
use crate::redact::Redactor;
use crate::suite::expect::{Expect, SizeExpect, StatusSet};

pub(crate) use self::show::{bytes, visible};

/// What is wrong with an expectation: a JSON Pointer within `expect`, and a message.
type Errors = Vec<(String, String)>;

/// Expectations, compiled.
pub(crate) struct Judge {
    status: Option<StatusSet>,
    headers: Headers,
    content_type: Option<ContentType>,
    body: Body,
    redirect: Option<Text>,
    size: Option<SizeExpect>,
    certificate_days: Option<u32>,
}

impl Judge {
    /// Compiles the expectations. `folder` is the suite's, where schema files are looked up.
    ///
    /// # Errors
    /// Everything that is wrong, each with its JSON Pointer within the `expect` table.
    pub(crate) fn compile(expect: &Expect, folder: &Path) -> Result<Self, Vec<(String, String)>> {
        let mut errors = Errors::new();
        if let Some(size) = &expect.size {
            measure::compile_size(size, &mut errors);
        }
        let content_type = expect.content_type.as_deref();
        let redirect = expect.redirect.as_ref();
        let judge = Self {
            status: expect.status.clone(),
            headers: Headers::compile(&expect.headers, &mut errors),
            content_type: content_type.map(|media| ContentType::compile(media, &mut errors)),
            body: Body::compile(expect, folder, &mut errors),
            redirect: redirect.map(|text| Text::compile(text, "/redirect", &mut errors)),
            size: expect.size,
            certificate_days: expect.certificate_days,
        };
        if errors.is_empty() { Ok(judge) } else { Err(errors) }
    }

    /// Every expectation that does not hold, in the order of the format's reference; none if the
    /// answer is right. `now` is what a certificate's days are counted from.
    pub(crate) fn judge(
        &self,
        seen: &Observation,
        redactor: &Redactor,
        now: Timestamp,
    ) -> Vec<Broken> {
        let mut found = Vec::new();
        found.extend(status::judge(self.status.as_ref(), seen.status, "expect.status"));
        found.extend(self.headers.judge(seen, redactor));
        found.extend(self.content_type.as_ref().and_then(|media| media.judge(seen, redactor)));
        if seen.truncated {
            let actual =
                format!("the body is larger than the limit: over {}", bytes(seen.body.len()));
            let expected = "a body within the limit; raise `body_limit` if this one is right";
            found.push(show::broken("body_limit", None, expected, actual));
        } else {
            found.extend(self.body.judge(seen, redactor));
        }
        if let Some(text) = &self.redirect {
            found.extend(headers::judge_redirect(text, seen, redactor));
        }
        let size = self.size.as_ref().filter(|_| !seen.truncated);
        found.extend(size.and_then(|size| measure::judge_size(size, seen)));
        let days = self.certificate_days;
        found.extend(days.and_then(|days| measure::judge_certificate(days, seen, now)));
        for broken in &mut found {
            hide(broken, redactor);
        }
        found
    }
}

/// A last pass over all that is reported: what a suite expects may hold a secret too, and the
/// keys on the way to a value may be personal.
fn hide(broken: &mut Broken, redactor: &Redactor) {
    broken.expectation = redactor.secrets(&broken.expectation);
    broken.expected = redactor.secrets(&broken.expected);
    broken.actual = redactor.secrets(&broken.actual);
    broken.at = broken.at.as_deref().map(|at| visible(&redactor.personal(at)));
}

/// A JSON Pointer with one more segment.
fn pointer(parent: &str, segment: &str) -> String {
    format!("{parent}/{}", crate::suite::source::pointer_token(segment))
}

#[cfg(test)]
mod tests;
