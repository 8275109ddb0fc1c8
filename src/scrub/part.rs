//! The parts of an event in which something can stand, and how they are known again.

/// A part of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Message,
    Exception,
    Variables,
    SourceLine,
    BreadcrumbMessage,
    BreadcrumbData,
    Url,
    Query,
    Headers,
    Cookies,
    Body,
    User,
    Tags,
    Extra,
    Contexts,
    Transaction,
}

/// Each part once.
pub(super) const PARTS: [Part; 16] = [
    Part::Message,
    Part::Exception,
    Part::Variables,
    Part::SourceLine,
    Part::BreadcrumbMessage,
    Part::BreadcrumbData,
    Part::Url,
    Part::Query,
    Part::Headers,
    Part::Cookies,
    Part::Body,
    Part::User,
    Part::Tags,
    Part::Extra,
    Part::Contexts,
    Part::Transaction,
];

impl Part {
    /// As the result names it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Exception => "exception.value",
            Self::Variables => "frame.variables",
            Self::SourceLine => "frame.source-line",
            Self::BreadcrumbMessage => "breadcrumb.message",
            Self::BreadcrumbData => "breadcrumb.data",
            Self::Url => "request.url",
            Self::Query => "request.query",
            Self::Headers => "request.headers",
            Self::Cookies => "request.cookies",
            Self::Body => "request.body",
            Self::User => "user",
            Self::Tags => "tags",
            Self::Extra => "extra",
            Self::Contexts => "contexts",
            Self::Transaction => "transaction",
        }
    }

    /// Whether a string of what is read back belongs to this part, by the names on the way to it.
    /// What is read back has other names than what is sent: `extra` is `context`, say.
    pub(super) fn has(self, path: &[&str]) -> bool {
        let below = |name: &str| path.contains(&name);
        let leaf = |names: &[&str]| path.last().is_some_and(|last| names.contains(last));
        match self {
            Self::Message => {
                leaf(&["message", "formatted"]) && !below("breadcrumbs") && !below("exception")
            }
            Self::Exception => below("exception") && leaf(&["value"]),
            Self::Variables => below("vars"),
            Self::SourceLine => leaf(&["contextLine", "context_line"]),
            Self::BreadcrumbMessage => below("breadcrumbs") && leaf(&["message"]),
            Self::BreadcrumbData => {
                below("breadcrumbs") && path.last() == Some(&"data") || {
                    below("breadcrumbs") && path.iter().rev().nth(1) == Some(&"data")
                }
            }
            Self::Url => below("request") && leaf(&["url"]),
            Self::Query => below("request") && (below("query") || below("query_string")),
            Self::Headers => below("request") && below("headers"),
            Self::Cookies => below("request") && below("cookies"),
            // `entries` have a `data` of their own around it.
            Self::Body => {
                below("request")
                    && path.iter().rposition(|name| *name == "data").is_some_and(|at| {
                        path.get(at.wrapping_sub(1)) == Some(&"data")
                            || path.get(at.wrapping_sub(1)) == Some(&"request")
                                && at + 2 >= path.len()
                                && !["url", "method", "fragment"].iter().any(|name| leaf(&[name]))
                    })
            }
            Self::User => below("user"),
            Self::Tags => below("tags"),
            Self::Extra => matches!(path.first(), Some(&"context" | &"extra")),
            Self::Contexts => below("contexts"),
            Self::Transaction => leaf(&["transaction", "culprit"]),
        }
    }
}
