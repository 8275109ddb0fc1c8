//! One visit to a page: what is done, and what the browser tells of.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel, LogEntrySource};
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFailed, EventLoadingFinished, EventRequestWillBeSent, EventResponseReceived,
    ResourceType,
};
use chromiumoxide::cdp::browser_protocol::page::{CaptureScreenshotFormat, EventLoadEventFired};
use chromiumoxide::cdp::browser_protocol::target::{
    CreateBrowserContextParams, CreateTargetParams,
};
use chromiumoxide::cdp::js_protocol::runtime::{
    ConsoleApiCalledType, EventConsoleApiCalled, EventExceptionThrown,
};
use chromiumoxide::listeners::EventStream;
use chromiumoxide::page::ScreenshotParams;
use futures_util::StreamExt as _;
use url::Url;

use super::browser::Browser;
use crate::suite::page::{PageExpect, Step};

/// How long nothing must be on its way before a page counts as settled, and how long that is
/// waited for: some never are.
const QUIET: Duration = Duration::from_millis(500);
const RESTLESS: Duration = Duration::from_secs(5);

/// How often what is waited for is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// What is to be done.
pub(crate) struct Visit<'a> {
    pub(crate) url: Url,
    pub(crate) steps: &'a [Step],
    pub(crate) expect: &'a PageExpect,
    pub(crate) timeout: Duration,
    pub(crate) window: [u32; 2],
    pub(crate) screenshot: bool,
}

/// What was seen.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// The status of the page itself.
    pub(crate) status: Option<u16>,
    /// From the request until it was loaded, in milliseconds.
    pub(crate) loaded_ms: f64,
    /// What went wrong on the console, in the page's words.
    pub(crate) console: Vec<String>,
    /// Requests that failed: URL and why.
    pub(crate) failed: Vec<(String, String)>,
    /// The selectors of steps that found nothing.
    pub(crate) stuck: Option<String>,
    /// Which of the expected selectors and texts are there.
    pub(crate) selectors: Vec<bool>,
    pub(crate) text: Vec<bool>,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) screenshot: Option<Vec<u8>>,
}

/// Why a page could not be judged.
#[derive(Debug, Clone)]
pub(crate) struct Trouble(pub(crate) String);

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(crate::fault::causes(&error))
    }
}

/// What the browser tells of, as it goes.
#[derive(Default)]
struct Told {
    status: Option<u16>,
    console: Vec<String>,
    failed: Vec<(String, String)>,
    /// Requests on their way: id and URL.
    open: Vec<(String, String)>,
    last: Option<Instant>,
    loaded: Option<Instant>,
}

impl Browser {
    /// Visits a page, in a context of its own.
    ///
    /// # Errors
    /// The browser does not do as it is told, or there is no connection.
    pub(crate) async fn visit(&self, visit: &Visit<'_>) -> Result<Seen, Trouble> {
        let chrome = self.chrome.lock().await;
        let context = chrome.create_browser_context(CreateBrowserContextParams::default()).await?;
        let mut target = CreateTargetParams::new("about:blank");
        target.browser_context_id = Some(context.clone());
        let [width, height] = visit.window.map(i64::from);
        (target.width, target.height) = (Some(width), Some(height));
        let page = chrome.new_page(target).await;
        let seen = match &page {
            Ok(page) => observe(page, visit).await,
            Err(error) => Err(Trouble(error.to_string())),
        };
        let _ = chrome.dispose_browser_context(context).await;
        seen
    }
}

async fn observe(page: &Page, visit: &Visit<'_>) -> Result<Seen, Trouble> {
    let told = Arc::new(Mutex::new(Told::default()));
    listen(page, &told).await?;
    let [width, height] = visit.window.map(i64::from);
    let metrics =
        chromiumoxide::cdp::browser_protocol::emulation::SetDeviceMetricsOverrideParams::new(
            width, height, 1.0, false,
        );
    page.execute(metrics).await?;
    let begun = Instant::now();
    tokio::time::timeout(visit.timeout, page.goto(visit.url.as_str()))
        .await
        .map_err(|_| late("it did not load", visit.timeout))??;
    let loaded = tokio::time::timeout(visit.timeout, async {
        loop {
            if let Some(at) = read(&told).loaded {
                return at;
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    let loaded = loaded.await.map_err(|_| late("it did not load", visit.timeout))?;
    let mut seen = Seen { loaded_ms: (loaded - begun).as_secs_f64() * 1e3, ..Seen::default() };
    settle(&told).await;
    for step in visit.steps {
        if !act(page, step, visit.timeout).await? {
            let selector = [&step.fill, &step.click, &step.wait_for];
            seen.stuck = selector.into_iter().flatten().next().cloned();
            break;
        }
        settle(&told).await;
    }
    look(page, visit, &mut seen).await?;
    {
        let told = read(&told);
        (seen.status, seen.console, seen.failed) =
            (told.status, told.console.clone(), told.failed.clone());
    }
    if visit.screenshot {
        let format = CaptureScreenshotFormat::Png;
        let params = ScreenshotParams::builder().format(format).full_page(true).build();
        seen.screenshot = Some(page.screenshot(params).await?);
    }
    Ok(seen)
}

/// Writes down what the browser tells of, from now on.
async fn listen(page: &Page, told: &Arc<Mutex<Told>>) -> Result<(), Trouble> {
    page.enable_log().await?;
    page.enable_runtime().await?;
    page.execute(chromiumoxide::cdp::browser_protocol::network::EnableParams::default()).await?;
    on(page.event_listener::<EventRequestWillBeSent>().await?, told, |told, event| {
        told.last = Some(Instant::now());
        // A redirect goes on under the same id.
        told.open.retain(|(id, _)| *id != *event.request_id.inner());
        told.open.push((event.request_id.inner().clone(), event.request.url.clone()));
    });
    on(page.event_listener::<EventResponseReceived>().await?, told, |told, event| {
        let status = u16::try_from(event.response.status).unwrap_or_default();
        if event.r#type == ResourceType::Document && told.status.is_none() {
            told.status = Some(status);
        } else if status >= 400 {
            told.failed.push((event.response.url.clone(), format!("status {status}")));
        }
    });
    on(page.event_listener::<EventLoadingFinished>().await?, told, |told, event| {
        told.last = Some(Instant::now());
        told.open.retain(|(id, _)| *id != *event.request_id.inner());
    });
    on(page.event_listener::<EventLoadingFailed>().await?, told, |told, event| {
        told.last = Some(Instant::now());
        let at = told.open.iter().position(|(id, _)| *id == *event.request_id.inner());
        let url = at.map(|at| told.open.remove(at).1).unwrap_or_default();
        // What the page itself gave up on is no failure.
        if !event.canceled.unwrap_or(false) {
            told.failed.push((url, event.error_text.clone()));
        }
    });
    on(page.event_listener::<EventConsoleApiCalled>().await?, told, |told, event| {
        if matches!(event.r#type, ConsoleApiCalledType::Error | ConsoleApiCalledType::Assert) {
            let texts = event.args.iter().map(|arg| match &arg.value {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
                None => arg.description.clone().unwrap_or_default(),
            });
            told.console.push(texts.collect::<Vec<_>>().join(" "));
        }
    });
    on(page.event_listener::<EventExceptionThrown>().await?, told, |told, event| {
        let details = &event.exception_details;
        let exception = details.exception.as_ref().and_then(|what| what.description.clone());
        told.console.push(exception.unwrap_or_else(|| details.text.clone()));
    });
    on(page.event_listener::<EventEntryAdded>().await?, told, |told, event| {
        // Failed requests are told of by themselves.
        let entry = &event.entry;
        if entry.level == LogEntryLevel::Error && entry.source != LogEntrySource::Network {
            told.console.push(entry.text.clone());
        }
    });
    on(page.event_listener::<EventLoadEventFired>().await?, told, |told, _| {
        told.loaded.get_or_insert_with(Instant::now);
    });
    Ok(())
}

/// Takes each event of a kind, until the page is gone.
fn on<E>(mut events: EventStream<E>, told: &Arc<Mutex<Told>>, take: fn(&mut Told, &E))
where
    E: chromiumoxide::cdp::IntoEventKind + Unpin + Send + Sync + 'static,
{
    let told = Arc::clone(told);
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            take(&mut told.lock().unwrap_or_else(PoisonError::into_inner), &event);
        }
    });
}

fn read(told: &Arc<Mutex<Told>>) -> std::sync::MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until nothing is on its way, or long enough.
async fn settle(told: &Arc<Mutex<Told>>) {
    let began = Instant::now();
    while began.elapsed() < RESTLESS {
        let quiet = {
            let told = read(told);
            told.open.is_empty() && told.last.unwrap_or(began).elapsed() >= QUIET
        };
        if quiet && began.elapsed() >= QUIET {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Does a step; false where what it is about does not appear in time.
async fn act(page: &Page, step: &Step, timeout: Duration) -> Result<bool, Trouble> {
    let selector = [&step.fill, &step.click, &step.wait_for].into_iter().flatten().next();
    let Some(selector) = selector else { return Ok(true) };
    let began = Instant::now();
    let element = loop {
        match page.find_element(selector.as_str()).await {
            Ok(element) => break element,
            Err(_) if began.elapsed() < timeout => tokio::time::sleep(LOOK).await,
            Err(_) => return Ok(false),
        }
    };
    if step.fill.is_some() {
        element.click().await?;
        // What stands there goes first.
        element.call_js_fn("function() { this.select && this.select(); }", false).await?;
        element.type_str(step.with.as_deref().unwrap_or_default()).await?;
    } else if step.click.is_some() {
        element.click().await?;
    }
    Ok(true)
}

/// Looks for what is expected, for as long as it may take to appear.
async fn look(page: &Page, visit: &Visit<'_>, seen: &mut Seen) -> Result<(), Trouble> {
    let began = Instant::now();
    // After a step that was stuck there is nothing to wait for.
    let patience = if seen.stuck.is_some() { Duration::ZERO } else { visit.timeout };
    loop {
        seen.selectors.clear();
        for selector in &visit.expect.selectors {
            let visible = format!(
                "(() => {{ try {{ return [...document.querySelectorAll({})].some(e => \
                 e.getClientRects().length > 0); }} catch (e) {{ return false; }} }})()",
                serde_json::json!(selector)
            );
            let found = page.evaluate_expression(visible).await?.into_value::<bool>();
            seen.selectors.push(found.unwrap_or(false));
        }
        let shown = "document.body ? document.body.innerText : ''";
        let text = page.evaluate_expression(shown).await?.into_value::<String>();
        let text = text.unwrap_or_default();
        seen.text = visit.expect.text.iter().map(|wanted| text.contains(wanted)).collect();
        seen.title = page.get_title().await?.unwrap_or_default();
        seen.url = page.url().await?.unwrap_or_default();
        let there = seen.selectors.iter().chain(&seen.text).all(|there| *there)
            && visit.expect.title.as_ref().is_none_or(|title| seen.title.contains(title))
            && visit.expect.url.as_ref().is_none_or(|url| super::judge::leads(url, &seen.url));
        if there || began.elapsed() >= patience {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn late(what: &str, timeout: Duration) -> Trouble {
    Trouble(format!("{what} within {}", humantime::format_duration(timeout)))
}
