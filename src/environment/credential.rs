//! Credentials: what a request carries to be let in, and the false ones that must not be.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderName, HeaderValue, header};
use url::{Origin, Url};

use super::lookup::{Context, Found};
use super::model::{CredentialSpec, Source};
use crate::redact::Redactor;
use crate::suite::problem::Problem;
use crate::suite::source::pointer_token;
use crate::suite::template::{self, Scope};

/// How a key of a Supabase project begins that is no JSON Web Token: as a bearer it is refused.
const NO_TOKEN: &str = "sb_";

/// A credential with its values at hand; literals may still hold placeholders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credential {
    bearer: Option<Found>,
    basic: Option<(Found, Found)>,
    supabase: Option<Found>,
    origin: Option<String>,
    headers: BTreeMap<String, Found>,
    cookies: BTreeMap<String, Found>,
    query: BTreeMap<String, Found>,
}

/// What a credential adds to a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Presented {
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) query: Vec<(String, String)>,
    /// The origin that it is for; without it, the environment's.
    pub(crate) origin: Option<Origin>,
}

/// Which of its two faces a credential shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// As it is.
    True,
    /// Of the same form, but not valid.
    False,
}

impl Credential {
    /// Fetches every value, and teaches the redactor to hide it.
    ///
    /// # Errors
    /// What cannot be fetched, with the place that asks for it.
    pub(crate) fn resolve(
        spec: &CredentialSpec,
        context: &Context,
        redactor: &Redactor,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut find = |tail: String, source: &Source, secret: bool| {
            let context = context.at(&tail);
            match context.find(source) {
                Ok(found) => {
                    let hide = (secret || found.secret)
                        && !(found.literal && template::is_template(&found.text));
                    if hide && !redactor.learn(&found.text) {
                        problems.push(short(&context));
                    }
                    Some(found)
                }
                Err(problem) => {
                    problems.push(problem);
                    None
                }
            }
        };
        let bearer = spec.bearer.as_ref().and_then(|source| find("/bearer".into(), source, true));
        let basic = spec.basic.as_ref().and_then(|basic| {
            let user = find("/basic/username".into(), &basic.username, false);
            user.zip(find("/basic/password".into(), &basic.password, true))
        });
        let supabase = spec.supabase.as_ref().and_then(|key| find("/supabase".into(), key, true));
        let origin = spec.origin.clone();
        let mut all = |part: &str, sources: &BTreeMap<String, Source>| -> BTreeMap<String, Found> {
            let found = sources.iter().filter_map(|(name, source)| {
                let tail = format!("/{part}/{}", pointer_token(name));
                Some((name.clone(), find(tail, source, true)?))
            });
            found.collect()
        };
        let headers = all("headers", &spec.headers);
        let cookies = all("cookies", &spec.cookies);
        let query = all("query", &spec.query);
        match problems.is_empty() {
            true => Ok(Self { bearer, basic, supabase, origin, headers, cookies, query }),
            false => Err(problems),
        }
    }

    /// What a request carries of it.
    ///
    /// # Errors
    /// A placeholder is not known, or a value cannot stand in a header.
    pub(crate) fn present(
        &self,
        face: Face,
        scope: &Scope,
        redactor: &Redactor,
    ) -> Result<Presented, String> {
        let text = |found: &Found, face: Face| {
            let text = match found.literal {
                true => plain(template::render_text(&found.text, scope)?),
                false => found.text.clone(),
            };
            redactor.learn(&text);
            Ok::<_, String>(if face == Face::False { falsify(&text) } else { text })
        };
        let mut presented = Presented::default();
        let mut add = |name: HeaderName, value: String| {
            redactor.learn(&value);
            let mut value = HeaderValue::try_from(value)
                .map_err(|_| format!("the credential's value cannot stand in the header {name}"))?;
            value.set_sensitive(true);
            presented.headers.push((name, value));
            Ok::<_, String>(())
        };
        if let Some(bearer) = &self.bearer {
            add(header::AUTHORIZATION, format!("Bearer {}", text(bearer, face)?))?;
        }
        if let Some((user, password)) = &self.basic {
            use base64::Engine as _;
            let user = match user.literal {
                true => plain(template::render_text(&user.text, scope)?),
                false => user.text.clone(),
            };
            let pair = format!("{user}:{}", text(password, face)?);
            let pair = base64::engine::general_purpose::STANDARD.encode(pair);
            add(header::AUTHORIZATION, format!("Basic {pair}"))?;
        }
        if let Some(key) = &self.supabase {
            let is_token = !text(key, Face::True)?.starts_with(NO_TOKEN);
            let key = text(key, face)?;
            add(HeaderName::from_static("apikey"), key.clone())?;
            if is_token {
                add(header::AUTHORIZATION, format!("Bearer {key}"))?;
            }
        }
        for (name, found) in &self.headers {
            let header = HeaderName::try_from(name.as_str());
            add(header.map_err(|_| format!("`{name}` is not a header name"))?, text(found, face)?)?;
        }
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, found)| Ok(format!("{name}={}", text(found, face)?)));
            add(header::COOKIE, pairs.collect::<Result<Vec<_>, String>>()?.join("; "))?;
        }
        let query = self.query.iter().map(|(name, found)| Ok((name.clone(), text(found, face)?)));
        presented.query = query.collect::<Result<_, String>>()?;
        presented.origin = self.origin.as_ref().map(|origin| home(origin, scope)).transpose()?;
        Ok(presented)
    }

    /// The names of the variables that it is made of.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let basic = self.basic.iter().flat_map(|(user, password)| [user, password]);
        let all = self.bearer.iter().chain(basic).chain(&self.supabase);
        let all = all.chain(self.headers.values().chain(self.cookies.values()));
        let all = all.chain(self.query.values()).filter(|found| found.literal);
        let texts = all.map(|found| found.text.as_str()).chain(self.origin.as_deref());
        texts.flat_map(|text| template::names(text).unwrap_or_default()).collect()
    }
}

/// The origin that a credential is for.
fn home(origin: &str, scope: &Scope) -> Result<Origin, String> {
    let text = plain(template::render_text(origin, scope)?);
    let url = Url::parse(&text).map_err(|error| format!("the credential's `origin`: {error}"))?;
    match url.origin() {
        Origin::Opaque(_) => Err(format!(
            "the credential's `origin` is not one: expected something like https://api.example.com, \
             and it begins with `{}:`",
            url.scheme()
        )),
        origin => Ok(origin),
    }
}

/// A value too short to be hidden without hiding half of every output with it.
pub(crate) fn short(context: &Context) -> Problem {
    context
        .problem("a secret of fewer than 4 characters cannot be hidden reliably in output")
        .help("use a longer one; if it is no secret, say `secret = false` beside it")
}

/// The password of a URL that is too short to be hidden. A URL with a password is a secret in any
/// case, whatever is said beside it.
pub(crate) fn short_password(context: &Context) -> Problem {
    let message = "the password in this URL has fewer than 4 characters, and cannot be hidden \
                   reliably in output";
    context.problem(message).help("use a longer one")
}

/// A JSON value as plain text.
pub(crate) fn plain(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Text of the same form that is not the same: a JWT keeps its claims and loses its signature,
/// so that what is tested is the verification, and not the parsing.
fn falsify(text: &str) -> String {
    let kept = text.rfind('.').filter(|_| text.matches('.').count() == 2).map_or(0, |dot| dot + 1);
    let turn = |(index, letter): (usize, char)| match letter {
        _ if index < kept => letter,
        'a'..='z' => turned(letter, b'a', 26),
        'A'..='Z' => turned(letter, b'A', 26),
        '0'..='9' => turned(letter, b'0', 10),
        other => other,
    };
    let turned: String = text.char_indices().map(turn).collect();
    if turned == text { format!("{text}x") } else { turned }
}

fn turned(letter: char, first: u8, letters: u8) -> char {
    let offset = (letter as u8 - first + letters / 2) % letters;
    (first + offset) as char
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::falsify;

    #[test]
    fn a_false_jwt_keeps_its_claims_and_loses_its_signature() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        let falsified = falsify(jwt);
        assert!(falsified.starts_with("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."), "{falsified}");
        assert_ne!(falsified, jwt);
    }

    proptest! {
        #[test]
        fn what_is_false_is_never_what_is_true(secret in "\\PC{1,60}") {
            let falsified = falsify(&secret);
            prop_assert_ne!(&falsified, &secret);
            prop_assert!(falsified.chars().count() <= secret.chars().count() + 1);
        }
    }
}
