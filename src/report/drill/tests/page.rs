//! The page as those need it who do not see it, or see little: headings in order, tables that say
//! what is what, pictures with their text, colours that can be told apart.

use std::collections::BTreeMap;

use super::super::html;
use super::{CASES, report};

const STYLE: &str = include_str!("../html/style.css");

fn page(case: &str) -> String {
    html::render(&report(case), &BTreeMap::new()).unwrap()
}

#[test]
fn the_first_screen_says_what_to_decide() {
    for (case, status, says) in [
        (
            "passed",
            "PASS",
            "Production can be recovered: a backup was restored into staging, proved, and answering within 13 min",
        ),
        (
            "failed",
            "FAIL",
            "This drill does not show that production can be recovered: masking::no-production-value-survives failed.",
        ),
        ("partial", "NO WHOLE DRILL", "This was no whole drill: "),
    ] {
        let page = page(case);
        let header = page.split_once("<header").unwrap().1.split_once("</header>").unwrap().0;
        assert!(header.contains(&format!("<strong>{status}</strong>")), "{case}");
        assert!(header.contains(says), "{case}: {header}");
    }
}

#[test]
fn headings_are_in_order_and_tables_and_pictures_say_what_they_are() {
    for case in CASES {
        let page = page(case);
        let mut level = 0;
        for part in page.split("<h").skip(1) {
            let Some(next) = part.chars().next().and_then(|c| c.to_digit(10)) else { continue };
            assert!(next <= level + 1, "{case}: h{next} after h{level}");
            level = next;
        }
        assert_eq!(page.matches("<h1>").count(), 1);
        for cell in page.split("<th ").skip(1) {
            let tag = cell.split('>').next().unwrap();
            assert!(tag.contains("scope="), "{case}: {tag}");
        }
        assert!(!page.contains("<th>"));
        assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
        for picture in page.split("<svg").skip(1) {
            let tag = picture.split('>').next().unwrap();
            assert!(
                tag.contains("aria-hidden=\"true\"")
                    || tag.contains("role=\"img\"") && tag.contains("aria-label="),
                "{case}: {tag}"
            );
        }
        for word in ["<html lang=\"en\">", "name=\"viewport\"", "<main>", "<footer>"] {
            assert!(page.contains(word), "{case}: {word}");
        }
    }
}

#[test]
fn the_page_needs_nothing_else() {
    for case in CASES {
        let page = page(case);
        for word in ["<script", "src=\"http", "href=\"http", "@import", "url(", "<link"] {
            assert!(!page.contains(word), "{case}: {word}");
        }
    }
}

/// The values of the style's colours: in the light, in the dark, on paper.
fn themes() -> Vec<BTreeMap<String, String>> {
    let mut themes: Vec<BTreeMap<String, String>> = Vec::new();
    for block in STYLE.split(":root {").skip(1) {
        let block = block.split('}').next().unwrap();
        let mut theme = themes.first().cloned().unwrap_or_default();
        for pair in block.split(';').filter_map(|pair| pair.split_once(':')) {
            theme.insert(pair.0.trim().to_owned(), pair.1.trim().to_owned());
        }
        themes.push(theme);
    }
    themes
}

/// WCAG's relative luminance of `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn every_text_stands_out_from_what_it_stands_on() {
    let themes = themes();
    assert_eq!(themes.len(), 3);
    for (at, theme) in themes.iter().enumerate() {
        for (text, ground, least) in [
            ("ink", "paper", 7.0),
            ("ink", "raised", 7.0),
            ("ink", "bad-wash", 7.0),
            ("soft", "paper", 4.5),
            ("soft", "raised", 4.5),
            ("soft", "bad-wash", 4.5),
            ("good", "paper", 4.5),
            ("bad", "paper", 4.5),
            ("good", "good-wash", 4.5),
            ("warn", "warn-wash", 4.5),
            ("bad", "bad-wash", 4.5),
            ("mute", "mute-wash", 4.5),
            ("on-banner", "banner-good", 4.5),
            ("on-banner", "banner-bad", 4.5),
            ("on-banner", "banner-warn", 4.5),
            ("blue", "track", 3.0),
            ("blue", "raised", 3.0),
            ("good", "track", 3.0),
            ("bad", "track", 3.0),
        ] {
            let of = |name: &str| luminance(&theme[&format!("--{name}")]);
            let (a, b) = (of(text), of(ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= least, "theme {at}: {text} on {ground}: {contrast:.2}");
        }
    }
}
