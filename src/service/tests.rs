//! What is repeated, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use url::Url;

use super::{Asked, Patience, Service, Silence, below, place};
use crate::backup::stop::Stop;

/// A server that answers so on every request, and counts them.
fn server(answer: impl Fn(usize) -> String + Send + 'static) -> (Url, Arc<AtomicUsize>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let text = answer(counter.fetch_add(1, Ordering::SeqCst) + 1);
            let _ = stream.write_all(text.as_bytes());
        }
    });
    (url, count)
}

fn answer(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} -\r\nConnection: close\r\n{headers}Content-Length: 0\r\n\r\n")
}

fn patience() -> Patience {
    let (first, longest) = (Duration::from_millis(5), Duration::from_secs(2));
    Patience { answer: Duration::from_millis(500), tries: 3, first, longest }
}

async fn sent(url: &Url, harmless: bool) -> Result<u16, Silence> {
    let service = Service::new("it", patience());
    let authorization = ("authorization", "Bearer x");
    let asked = Asked { method: Method::POST, url, authorization, body: None };
    let got = match harmless {
        true => service.ask(&Stop::default(), &asked).await,
        false => service.change(&Stop::default(), &asked).await,
    };
    got.unwrap().map(|answer| answer.status)
}

#[tokio::test]
async fn a_change_is_asked_for_again_only_where_it_was_not_made() {
    for (first, harmless, status, requests) in [
        (answer(500, ""), true, Some(200), 2),
        (answer(500, ""), false, Some(500), 1),
        (answer(429, ""), true, Some(200), 2),
        (answer(429, ""), false, Some(200), 2),
        (answer(429, "Retry-After: 9\r\n"), false, Some(429), 1),
        (String::new(), true, Some(200), 2),
        (String::new(), false, None, 1),
        (answer(404, ""), true, Some(404), 1),
    ] {
        let shown = first.clone();
        let (url, count) = server(move |n| if n == 1 { first.clone() } else { answer(200, "") });
        let got = sent(&url, harmless).await;
        assert_eq!(got.as_ref().ok().copied(), status, "{shown} {got:?}");
        assert_eq!(count.load(Ordering::SeqCst), requests, "{shown} {harmless}");
        assert!(status.is_some() || matches!(got, Err(Silence::Unknown(_))), "{got:?}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_and_nobody_at_all_is_certain() {
    let (url, _) = server(|n| match n {
        1 => answer(429, "Retry-After: 1\r\n"),
        _ => answer(200, ""),
    });
    let began = Instant::now();
    assert_eq!(sent(&url, false).await.unwrap(), 200);
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = Url::parse(&format!("http://{nobody}/")).unwrap();
    assert!(matches!(sent(&nobody, false).await, Err(Silence::Unsent(_))));
}

#[test]
fn addresses_are_encrypted_or_here() {
    for good in ["https://accounts.twilio.com", "http://127.0.0.1:8", "http://localhost/x/"] {
        assert!(place(good).is_ok(), "{good}");
    }
    for bad in ["http://accounts.twilio.com", "https://u:p@h", "ftp://h", "h", "http://10.0.0.1"] {
        assert!(place(bad).is_err(), "{bad}");
    }
    let url = below(&place("https://h/a/").unwrap(), &["b c", "d/e", ""]);
    assert_eq!(url.as_str(), "https://h/a/b%20c/d%2Fe/");
}
