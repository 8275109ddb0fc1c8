//! One request and its answer, with the clock around nothing else.
//!
//! Redirects are followed here and not by the client, since what may be sent along depends on
//! where they lead: to another origin goes no credential, no header of the suite, no body.

use std::time::{Duration, Instant};

use http::{HeaderMap, Method, StatusCode, header};
use jiff::Timestamp;
use url::Url;

use super::client::Clients;
use super::observation::Observation;
use super::request::{Payload, Prepared};
use super::trouble::Trouble;

/// Sends a request and reads the answer to its end, its limit or its time-out.
///
/// The duration runs from just before the request is sent, connecting included, to the last
/// byte of the body.
///
/// # Errors
/// There was no complete answer.
pub(crate) async fn send(
    clients: &Clients,
    prepared: &Prepared,
) -> Result<(Observation, Duration), Trouble> {
    // Making a client reads the system's certificate authorities: our time, not the server's.
    clients.for_url(&prepared.url)?;
    let mut stage = "no answer";
    let started = Instant::now();
    let whole = follow(clients, prepared, &mut stage);
    match tokio::time::timeout(prepared.timeout, whole).await {
        Ok(answer) => answer.map(|seen| (seen, started.elapsed())),
        Err(_) => Err(Trouble::timed_out(stage, prepared.timeout)),
    }
}

async fn follow(
    clients: &Clients,
    prepared: &Prepared,
    stage: &mut &'static str,
) -> Result<Observation, Trouble> {
    let mut hop = Hop {
        method: prepared.method.clone(),
        url: prepared.url.clone(),
        headers: prepared.headers.clone(),
        body: Some(&prepared.body),
    };
    let mut followed = 0;
    loop {
        let response = hop.send(clients).await?;
        *stage = "no complete answer";
        let next = redirect(&response, &hop.url);
        match next {
            Some(next) if prepared.redirects > 0 => {
                if followed == prepared.redirects {
                    return Err(Trouble::failed(format!(
                        "more than {followed} redirects, the last one to {}",
                        without_query(&next)
                    )));
                }
                followed += 1;
                hop = hop.redirected(response.status(), next)?;
            }
            redirect => return observe(response, redirect, prepared.body_limit).await,
        }
    }
}

/// One request of a chain of redirects.
struct Hop<'a> {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<&'a Payload>,
}

impl Hop<'_> {
    async fn send(&self, clients: &Clients) -> Result<reqwest::Response, Trouble> {
        let client = clients.for_url(&self.url)?;
        let mut builder = client.request(self.method.clone(), self.url.clone());
        builder = match self.body {
            None | Some(Payload::None) => builder,
            Some(Payload::Bytes(bytes)) => builder.body(bytes.clone()),
            Some(Payload::Parts(parts)) => {
                let mut form = reqwest::multipart::Form::new();
                for part in parts {
                    let mut piece = reqwest::multipart::Part::bytes(part.content.clone());
                    if let Some(filename) = &part.filename {
                        piece = piece.file_name(filename.clone());
                    }
                    if let Some(content_type) = &part.content_type {
                        piece = piece.mime_str(content_type).map_err(|_| {
                            Trouble::lasting(format!("`{content_type}` is not a content type"))
                        })?;
                    }
                    form = form.part(part.name.clone(), piece);
                }
                builder.multipart(form)
            }
        };
        let request = builder.headers(self.headers.clone()).build().map_err(Trouble::of)?;
        client.execute(request).await.map_err(Trouble::of)
    }

    /// The request that a redirect asks for: by RFC 9110 (15.4.2 to 15.4.4) a POST becomes a GET
    /// on 301 and 302, everything but HEAD on 303, and nothing on 307 and 308.
    fn redirected(mut self, status: StatusCode, next: Url) -> Result<Self, Trouble> {
        let becomes_get = match status.as_u16() {
            301 | 302 => self.method == Method::POST,
            303 => !matches!(self.method, Method::GET | Method::HEAD),
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(header::CONTENT_TYPE);
        }
        if self.url.origin() != next.origin() {
            if self.body.is_some_and(|body| !matches!(body, Payload::None)) {
                return Err(Trouble::lasting(format!(
                    "a redirect to another host, {}, asks for the body again; it was not sent",
                    without_query(&next)
                )));
            }
            let accept = self.headers.get(header::ACCEPT).cloned();
            self.headers = accept.map(|accept| (header::ACCEPT, accept)).into_iter().collect();
        }
        self.url = next;
        Ok(self)
    }
}

/// Where an answer redirects to, made absolute.
fn redirect(response: &reqwest::Response, from: &Url) -> Option<Url> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION).filter(|_| redirects)?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let next = from.join(&location).ok()?;
    matches!(next.scheme(), "http" | "https").then_some(next)
}

async fn observe(
    mut response: reqwest::Response,
    redirect: Option<Url>,
    limit: u64,
) -> Result<Observation, Trouble> {
    let certificate = response.extensions().get::<reqwest::tls::TlsInfo>();
    let certificate = certificate.and_then(|info| info.peer_certificate()).and_then(expiry);
    let mut seen = Observation {
        url: response.url().clone(),
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: Vec::new(),
        truncated: false,
        redirect,
        certificate_expires: certificate,
    };
    while let Some(chunk) = response.chunk().await.map_err(Trouble::of)? {
        let room = usize::try_from(limit).unwrap_or(usize::MAX) - seen.body.len();
        seen.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            // The rest is left where it is: an answer that never ends costs no more than this.
            seen.truncated = true;
            break;
        }
    }
    Ok(seen)
}

/// When a certificate in DER form expires.
fn expiry(der: &[u8]) -> Option<Timestamp> {
    use x509_cert::der::Decode as _;
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Timestamp::from_second(i64::try_from(end.as_secs()).ok()?).ok()
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
