//! Pages: what a person would see in a browser, as data.
//!
//! ```toml
//! [[page]]
//! name = "sign-in"
//! open = "/login"
//! steps = [
//!     { fill = "#email", with = "{{ user }}" },
//!     { fill = "#password", with = "{{ password }}" },
//!     { click = "button[type=submit]" },
//! ]
//! expect.selectors = ["#jobs"]
//! expect.text = ["Upcoming jobs"]
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::Millis;

/// One page, opened in a real browser. That it loads, writes no error to the console and that no
/// request of it fails is expected of every page.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// The page's name, unique in its suite.
    #[schemars(length(min = 1, max = 200), extend("format" = "one-line"))]
    pub(crate) name: String,
    /// What the page is for; shown when it fails.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// The path below the environment's base URL, or an absolute URL.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) open: String,
    /// What is done on it, in this order, before it is judged.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// Tags to select by.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// A failure is reported, but does not fail the run.
    #[serde(default)]
    pub(crate) advisory: bool,
    /// Run only with `--ignored` or `--include-ignored`; the value is the reason.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) ignore: Option<String>,
    /// The only environments in which the page is opened.
    #[serde(default)]
    pub(crate) environments: Vec<String>,
    /// How long the page may take to load.
    #[serde(default)]
    pub(crate) budget: Option<Millis>,
    /// How long each step, and what is expected, is waited for; 10 seconds unless said otherwise.
    #[serde(default)]
    pub(crate) timeout: Option<Millis>,
    /// The window's width and height in pixels; 1280 by 800 unless said otherwise.
    #[serde(default)]
    pub(crate) window: Option<[u32; 2]>,
    /// Whether a picture of it is kept. It shows what the page shows, so people's data too: unless
    /// said otherwise it is kept in drills alone, where staging is masked.
    #[serde(default)]
    pub(crate) screenshot: Option<bool>,
    /// Regular expressions of console errors, and of URLs that may fail, which are no fault.
    #[serde(default)]
    #[schemars(extend("items" = { "type": "string", "format": "regex" }))]
    pub(crate) tolerate: Vec<String>,
    /// What must be there beside.
    #[serde(default)]
    pub(crate) expect: PageExpect,
}

/// Something that is done on a page: one of these keys.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct Step {
    /// The CSS selector of a field to fill in.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) fill: Option<String>,
    /// What it is filled with.
    #[serde(default)]
    pub(crate) with: Option<String>,
    /// The CSS selector of what is clicked.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) click: Option<String>,
    /// The CSS selector of what is waited for.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) wait_for: Option<String>,
}

/// What must be there.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageExpect {
    /// CSS selectors, each of which something visible has.
    #[serde(default)]
    pub(crate) selectors: Vec<String>,
    /// Texts that are to be read.
    #[serde(default)]
    pub(crate) text: Vec<String>,
    /// A text in the title.
    #[serde(default)]
    pub(crate) title: Option<String>,
    /// Where the browser is at the end: a path, or an absolute URL.
    #[serde(default)]
    pub(crate) url: Option<String>,
}
