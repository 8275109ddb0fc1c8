//! The page in a real browser, where one is installed: nothing sticks out at any width, and it
//! looks as it did.
//!
//! The browser loads a page of the test's own, which holds the report in a frame as wide as the
//! screen in question, measures it, and writes what it found into its own document. A picture is
//! compared with the one that is kept by its colours over a coarse grid: fonts differ from machine
//! to machine, and where the verdict, the cards and the ground are does not.
//!
//! `UPDATE_GOLDEN=1 cargo test --lib report::drill::tests::browser` takes the pictures anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::html;
use super::{CASES, path, report};

/// The screens: their names, width and height, and whether they are dark.
const SCREENS: [(&str, u32, u32, bool); 4] = [
    ("desktop-light", 1280, 900, false),
    ("desktop-dark", 1280, 900, true),
    ("telephone-light", 375, 812, false),
    ("telephone-dark", 375, 812, true),
];

/// A cell of the grid differs from this share of full scale on, and so many may.
const APART: f64 = 0.16;
const MOST: f64 = 0.15;

/// The browser, if one is installed.
fn browser() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut found = std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .filter(|path| path.is_file());
    let found = found.next();
    if found.is_none() {
        eprintln!("skipped: no browser is installed (apt-get install chromium)");
    }
    found
}

struct Browser {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Browser {
    fn find() -> Option<Self> {
        Some(Self { program: browser()?, folder: tempfile::tempdir().unwrap() })
    }

    /// Runs the browser over a page; what it writes to its standard output.
    fn run(&self, page: &str, dark: bool, arguments: &[&str]) -> String {
        let path = self.folder.path().join("test.html");
        fs::write(&path, page).unwrap();
        let mut command = Command::new(&self.program);
        command
            .args(["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
            .args(["--disable-background-networking", "--force-device-scale-factor=1"])
            .arg(format!("--user-data-dir={}", self.folder.path().join("profile").display()))
            .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)))
            .args(arguments);
        // A browser's own walls need a user who is not root.
        #[cfg(unix)]
        if rustix::process::geteuid().is_root() {
            command.arg("--no-sandbox");
        }
        command.arg(format!("file://{}", path.display())).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What a script in the test's own page finds out.
    fn ask(&self, body: &str, script: &str, dark: bool) -> String {
        let page = format!(
            "<!DOCTYPE html><html><body style='margin:0'>{body}<script>addEventListener('load', \
             async () => {{ document.title = 'found:' + (await (async () => {{ {script} }})()) + ':end'; \
             }});</script></body></html>"
        );
        let found = self.run(&page, dark, &["--virtual-time-budget=5000", "--dump-dom"]);
        let found = found.split_once("<title>found:").and_then(|(_, rest)| rest.split_once(":end"));
        found.unwrap_or_else(|| panic!("the browser found nothing")).0.to_owned()
    }

    /// The page on paper.
    fn print(&self, report: &str, dark: bool) -> Vec<u8> {
        let file = self.folder.path().join("printed.pdf");
        let print = format!("--print-to-pdf={}", file.display());
        self.run(report, dark, &[&print, "--no-pdf-header-footer"]);
        fs::read(file).unwrap()
    }

    /// A picture of the first screen.
    fn picture(&self, report: &str, (width, height, dark): (u32, u32, bool)) -> Vec<u8> {
        let file = self.folder.path().join("picture.png");
        let page =
            format!("<!DOCTYPE html><body style='margin:0'>{}", frame(report, width, height));
        // A window of a browser is never narrower than some hundreds of dots.
        let size = format!("--window-size={},{height}", width.max(600));
        let shot = format!("--screenshot={}", file.display());
        self.run(&page, dark, &[&shot, &size]);
        fs::read(file).unwrap()
    }
}

fn frame(report: &str, width: u32, height: u32) -> String {
    let quoted = report.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<iframe style='border:0;display:block' width={width} height={height} srcdoc=\"{quoted}\"></iframe>"
    )
}

fn page(case: &str) -> String {
    html::render(&report(case), &BTreeMap::new()).unwrap()
}

#[test]
fn nothing_sticks_out_at_any_width() {
    let Some(browser) = Browser::find() else { return };
    for case in CASES {
        let page = page(case);
        for width in [1280, 768, 375, 320] {
            let script = "const d = document.querySelector('iframe').contentDocument; \
                const w = d.documentElement.clientWidth; const out = []; \
                for (const e of d.querySelectorAll('main *, header *')) { \
                    const r = e.getBoundingClientRect(); \
                    if (!e.closest('svg, thead, .skip, .unseen') && r.width > 0 && r.right > w + 1) out.push(e.tagName + ' ' + e.textContent.slice(0, 40)); } \
                return d.documentElement.scrollWidth + ' of ' + w + ' ' + out.join(',')";
            let found = browser.ask(&frame(&page, width, 800), script, false);
            assert_eq!(found.trim(), format!("{width} of {width}"), "{case}");
        }
    }
}

#[test]
fn a_telephone_s_first_screen_has_verdict_and_figures() {
    let Some(browser) = Browser::find() else { return };
    for case in ["passed", "failed"] {
        let script = "const d = document.querySelector('iframe').contentDocument; \
            const end = (q) => d.querySelector(q).getBoundingClientRect().bottom; \
            return [end('.status'), end('.advice'), end('.card')].map((y) => y < 812).join()";
        let found = browser.ask(&frame(&page(case), 375, 812), script, false);
        assert_eq!(found, "true,true,true", "{case}");
    }
}

#[test]
fn the_dark_is_dark() {
    let Some(browser) = Browser::find() else { return };
    let script = "const d = document.querySelector('iframe').contentDocument; \
        return getComputedStyle(d.body).backgroundColor";
    let ground = |dark| browser.ask(&frame(&page("passed"), 375, 812), script, dark);
    assert_eq!(ground(false), "rgb(255, 255, 255)");
    assert_eq!(ground(true), "rgb(17, 21, 26)");
}

/// How many sheets a PDF has: the objects of the type `/Page`, and not `/Pages`.
fn sheets(pdf: &[u8]) -> usize {
    assert!(pdf.starts_with(b"%PDF-"), "no PDF");
    let text = String::from_utf8_lossy(pdf);
    let types = text.split("/Type /Page").skip(1);
    types.filter(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric())).count()
}

#[test]
fn it_comes_out_of_a_printer_as_sheets_and_in_the_dark_too() {
    let Some(browser) = Browser::find() else { return };
    for case in CASES {
        let printed = [false, true].map(|dark| sheets(&browser.print(&page(case), dark)));
        assert!((2..=16).contains(&printed[0]) && printed[0] == printed[1], "{case}: {printed:?}");
    }
    // That sheets are counted: what is long has more of them.
    let long =
        page("passed").replace("</main>", &format!("{}</main>", "<p>a line</p>".repeat(500)));
    assert!(
        sheets(&browser.print(&long, false)) > sheets(&browser.print(&page("passed"), false)) + 3
    );
}

/// What a printer gets, as a page on a screen: its rules for paper made those for everything.
fn on_paper(case: &str) -> String {
    page(case).replace("@media print", "@media all").replace("@media screen", "@media braille")
}

#[test]
fn on_paper_it_is_dark_on_white_and_no_word_is_broken() {
    let Some(browser) = Browser::find() else { return };
    for case in CASES {
        // A4 and US Letter within their margins.
        for width in [680, 700] {
            for dark in [false, true] {
                // States, figures and heads of columns are at most as many lines as they have words.
                let script = "const d = document.querySelector('iframe').contentDocument; \
                    const s = (e) => getComputedStyle(e); const out = []; \
                    for (const e of d.querySelectorAll('thead th, .tag, td.short, td.num')) if (!e.childElementCount) { \
                        const range = d.createRange(); range.selectNodeContents(e); \
                        const lines = new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size; \
                        if (lines > e.textContent.trim().split(/[\\s-]+/).length) out.push('broken: ' + e.textContent); } \
                    for (const e of d.querySelectorAll('main *, header *')) { \
                        if (!e.closest('svg, thead, .skip, .unseen') && e.getBoundingClientRect().right > d.documentElement.clientWidth + 1) \
                            out.push('sticks out: ' + e.textContent.slice(0, 40)); } \
                    return [s(d.body).backgroundColor, s(d.body).color, s(d.querySelector('.verdict')).backgroundColor, \
                        ...out].join('; ')";
                let found = browser.ask(&frame(&on_paper(case), width, 960), script, dark);
                let wanted = "rgb(255, 255, 255); rgb(0, 0, 0); rgb(255, 255, 255)";
                assert_eq!(found, wanted, "{case} {width} {dark}");
            }
        }
    }
}

/// The share of the grid's cells in which two pictures differ.
fn apart(browser: &Browser, one: &Path, other: &Path) -> f64 {
    let data = |path: &Path| STANDARD.encode(fs::read(path).unwrap());
    let body = format!(
        "<img src='data:image/png;base64,{}'><img src='data:image/png;base64,{}'>",
        data(one),
        data(other)
    );
    let script = format!(
        "const [a, b] = [...document.images].map((i) => {{ const c = document.createElement('canvas'); \
         c.width = 32; c.height = 32; const x = c.getContext('2d'); x.imageSmoothingQuality = 'high'; \
         x.drawImage(i, 0, 0, 32, 32); return x.getImageData(0, 0, 32, 32).data; }}); let n = 0; \
         for (let i = 0; i < a.length; i += 4) {{ const d = Math.max(...[0, 1, 2].map((k) => Math.abs(a[i + k] - b[i + k]))); \
         if (d / 255 > {APART}) n += 1; }} return n / 1024"
    );
    browser.ask(&body, &script, false).parse().unwrap()
}

#[test]
fn the_first_screen_looks_as_it_did() {
    let Some(browser) = Browser::find() else { return };
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    let bare = page("passed").replace("<style>", "<style media=\"braille\">");
    let taken = browser.folder.path().join("taken.png");
    for case in ["passed", "failed"] {
        for (name, width, height, dark) in SCREENS {
            let kept = path(&format!("{case}.{name}.png"));
            fs::write(&taken, browser.picture(&page(case), (width, height, dark))).unwrap();
            if update {
                fs::copy(&taken, &kept).unwrap();
            }
            let share = apart(&browser, &kept, &taken);
            assert!(share <= MOST, "{case} {name}: {:.0} % of it differs", share * 100.0);
        }
    }
    // That the comparison can fail: the page without its style is another one.
    fs::write(&taken, browser.picture(&bare, (1280, 900, false))).unwrap();
    let share = apart(&browser, &path("passed.desktop-light.png"), &taken);
    assert!(share > MOST, "{share}");
    // And so is a drill that failed.
    let share =
        apart(&browser, &path("passed.desktop-light.png"), &path("failed.desktop-light.png"));
    assert!(share > MOST, "{share}");
}
