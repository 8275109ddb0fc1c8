//! The status. A server error is never right unless the suite writes out that very code: a
//! check must not stay green while the server falls over.

use http::StatusCode;

use super::show::broken;
use crate::journal::Broken;
use crate::suite::expect::StatusSet;

/// What is wrong with the status, if anything; `key` names the expectation.
pub(crate) fn judge(expected: Option<&StatusSet>, status: u16, key: &str) -> Option<Broken> {
    let contained = expected.is_none_or(|set| set.contains(status));
    let excused = status < 500 || expected.is_some_and(|set| set.names(status));
    let expected = match expected {
        _ if contained && excused => return None,
        Some(set) if !contained => set.to_string(),
        Some(set) => format!("{set}; a server error only where its status is written out"),
        None => "no server error (5xx)".to_owned(),
    };
    Some(broken(key, None, expected, describe(status)))
}

/// The status with its usual phrase: `404 Not Found`.
pub(crate) fn describe(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::suite::expect::StatusSet;

    #[test]
    fn server_errors_are_broken_unless_named() {
        for (set, status, expected) in [
            (r"200", 200, None),
            (r#""2xx""#, 204, None),
            (r"[401, 403]", 403, None),
            (r"503", 503, None),
            (r#"["2xx", 503]"#, 503, None),
            (r"200", 404, Some("200")),
            (r#"[200, "3xx"]"#, 503, Some("200 or 3xx")),
            (r#""5xx""#, 503, Some("5xx; a server error only where its status is written out")),
            (r"503", 500, Some("503")),
        ] {
            let set: StatusSet = serde_json::from_str(set).expect("a set");
            let broken = judge(Some(&set), status, "expect.status");
            assert_eq!(broken.as_ref().map(|b| b.expected.as_str()), expected, "{set} {status}");
        }
    }

    #[test]
    fn without_an_expectation_only_server_errors_are_broken() {
        for (status, actual) in
            [(200, None), (404, None), (500, Some("500 Internal Server Error")), (999, Some("999"))]
        {
            let broken = judge(None, status, "expect.status");
            assert_eq!(broken.map(|b| b.actual).as_deref(), actual);
        }
    }
}
