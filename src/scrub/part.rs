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
        let leaf = |names: &[&str]| path.last().is_some_and(|last| names.contains(last));
        let first = |names: &[&str]| path.first().is_some_and(|first| names.contains(first));
        let behind =
            |name: &str| path.iter().position(|part| *part == name).map(|at| &path[at + 1..]);
        // Each of `entries` has a `data` of its own around what it has.
        let below = |name: &str, inner: &[&str]| {
            let rest = behind(name).unwrap_or_default();
            let rest = if first(&["entries"]) { rest.get(1..).unwrap_or_default() } else { rest };
            let rest = rest.strip_prefix(&["values"]).unwrap_or(rest);
            rest.first().is_some_and(|next| inner.contains(next))
        };
        match self {
            Self::Message => {
                first(&["message"])
                    || below("logentry", &["formatted"])
                    || below("message", &["formatted", "message"])
            }
            Self::Exception => below("exception", &["value"]),
            Self::Variables => behind("vars").is_some(),
            Self::SourceLine => leaf(&["contextLine", "context_line"]),
            Self::BreadcrumbMessage => below("breadcrumbs", &["message"]),
            Self::BreadcrumbData => below("breadcrumbs", &["data"]),
            Self::Url => below("request", &["url"]),
            Self::Query => below("request", &["query", "query_string"]),
            Self::Headers => below("request", &["headers"]),
            Self::Cookies => below("request", &["cookies"]),
            Self::Body => below("request", &["data"]),
            Self::User => first(&["user"]),
            Self::Tags => first(&["tags"]),
            Self::Extra => first(&["context", "extra"]),
            Self::Contexts => first(&["contexts"]),
            Self::Transaction => leaf(&["transaction", "culprit"]),
        }
    }
}
