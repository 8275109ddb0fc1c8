use jiff::{Timestamp, ToSpan as _};

use super::{Choice, Known, choose};
use crate::backup::manifest::SourceIdentity;
use crate::backup::origin::{Part, Reached, Whose};
use crate::database::ConnectionUrl;
use crate::fault::{Fault, FaultKind};

/// A server: its name, port and number.
pub(crate) fn identity(environment: &str, host: &str, number: Option<&str>) -> SourceIdentity {
    SourceIdentity {
        environment: environment.to_owned(),
        host: host.to_owned(),
        address: None,
        port: 5432,
        database: "app".to_owned(),
        alias: None,
        user: "a".to_owned(),
        system_identifier: number.map(str::to_owned),
        server_version: "15.18".to_owned(),
        project: None,
        standby: false,
        started: environment == "local",
        storage: None,
    }
}

/// What a backup of that environment on that host is of; each host has a server of its own.
pub(crate) fn reached(environment: &str, host: &str) -> Reached {
    Reached::from(&identity(environment, host, Some(host)))
}

/// Backups an hour apart, oldest first: `o` good ones of production, `l` of local, `p` of
/// another's production; `x` marks a damaged one, `?` one that cannot be read, `r` one of
/// production whose proof failed, `s` production's by another name of the same server, `a` of its storage
/// alone.
fn backups(kinds: &str) -> Vec<Known> {
    let first: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    let one = |(index, kind): (usize, char)| Known {
        id: format!("20261124T{index:02}0000Z-0000000{index}"),
        taken: first + (index as i64).hours(),
        of: match kind {
            'x' => Err(Fault::failed("a byte was changed")),
            '?' => Err(Fault::errored("503")),
            'l' => Ok(reached("local", "127.0.0.1")),
            'p' => Ok(reached("production", "other.test")),
            'a' => Ok(Reached::from(&SourceIdentity {
                storage: Some("https://db.test".to_owned()),
                ..identity("production", "db.test", None)
            })),
            's' => Ok(Reached::from(&identity("production", "alias.test", Some("db.test")))),
            _ => Ok(reached("production", "db.test")),
        },
        refuted: if kind == 'r' { vec!["size".to_owned()] } else { Vec::new() },
    };
    kinds.chars().enumerate().map(one).collect()
}

fn of_production(backups: &[Known], choice: &Choice) -> Result<super::Chosen, Fault> {
    at(backups, choice, "postgres://a:b@db.test/app")
}

/// Production's, where its URL is that one, or none, and no server answers there.
fn at(backups: &[Known], choice: &Choice, url: &str) -> Result<super::Chosen, Fault> {
    asked(backups, choice, url, &|_| Err(Fault::errored("no answer")))
}

fn asked(
    backups: &[Known],
    choice: &Choice,
    url: &str,
    ask: &dyn Fn(&ConnectionUrl) -> Result<SourceIdentity, Fault>,
) -> Result<super::Chosen, Fault> {
    let url = || ConnectionUrl::parse(url).ok();
    let part = &Part::Database;
    choose(backups, choice, Whose { environment: "production", strict: true, url: &url, part, ask })
}

/// The number of the chosen one, and how many were passed over.
fn chosen(kinds: &str, choice: &Choice) -> Option<(usize, usize)> {
    let mut backups = backups(kinds);
    backups.reverse();
    let chosen = of_production(&backups, choice).ok()?;
    let number = chosen.id.chars().last()?.to_digit(10)?;
    Some((number as usize, chosen.passed_over.len()))
}

#[test]
fn latest_and_previous_are_good_ones_of_the_source() {
    for (kinds, latest, previous) in [
        ("", None, None),
        ("x", None, None),
        ("o", Some((0, 0)), None),
        ("xo", Some((1, 0)), None),
        ("ox", Some((0, 1)), None),
        ("oo", Some((1, 0)), Some((0, 0))),
        ("oxo", Some((2, 0)), Some((0, 1))),
        ("ooxx", Some((1, 2)), Some((0, 2))),
        // Newer ones of others are none.
        ("l", None, None),
        ("oll", Some((0, 0)), None),
        ("olop", Some((2, 0)), Some((0, 0))),
        // What cannot be read may be the one that is meant.
        ("oo?", None, None),
        ("o?o", Some((2, 0)), None),
        ("?oo", Some((2, 0)), Some((1, 0))),
        // One whose proof failed is none to restore from.
        ("r", None, None),
        ("or", Some((0, 1)), None),
        ("oro", Some((2, 0)), Some((0, 1))),
        // One server has many names.
        ("os", Some((1, 0)), Some((0, 0))),
        // Of storage alone no database can be restored.
        ("a", None, None),
        ("oa", Some((0, 0)), None),
    ] {
        assert_eq!(chosen(kinds, &Choice::Latest), latest, "latest of {kinds:?}");
        assert_eq!(chosen(kinds, &Choice::Previous), previous, "previous of {kinds:?}");
    }
}

#[test]
fn without_a_database_those_of_storage_alone_are_meant() {
    let all = backups("ooa");
    let ask = |_: &ConnectionUrl| Err(Fault::errored("no answer"));
    let choose = |part: &Part| {
        let whose =
            Whose { environment: "production", strict: true, url: &|| None, part, ask: &ask };
        choose(&all, &Choice::Latest, whose).map(|chosen| chosen.id)
    };
    let of = |url: &str| Part::Storage(Some(url.to_owned()));
    assert_eq!(choose(&of("https://db.test")).unwrap(), all[2].id);
    assert_eq!(choose(&Part::Storage(None)).unwrap(), all[2].id);
    assert_eq!(choose(&Part::Database).unwrap(), all[1].id);
    let told = choose(&of("https://other.test")).unwrap_err().to_string();
    assert!(told.contains("no good backup of `production`"), "{told}");
}

#[test]
fn of_two_productions_the_url_says_which_and_without_it_neither_is_taken() {
    let two = backups("op");
    let whose = |text: &str| at(&two, &Choice::Latest, text);
    assert_eq!(whose("postgres://a:b@db.test/app").unwrap().id, two[0].id);
    assert_eq!(whose("postgres://a:b@other.test/app").unwrap().id, two[1].id);
    for elsewhere in ["postgres://a:b@third.test/app", "postgres://a:b@db.test/other"] {
        let told = whose(elsewhere).unwrap_err().to_string();
        for text in ["leads to a@", "other.test:5432/app", "db.test:5432/app", "no answer"] {
            assert!(told.contains(text), "{told}");
        }
    }
    let told = whose("").unwrap_err().to_string();
    assert!(told.contains("no URL is configured") && !told.contains("leads to"), "{told}");
}

#[test]
fn where_the_url_says_nothing_new_the_server_is_asked_who_it_is() {
    let two = backups("op");
    let elsewhere = "postgres://a:b@pooler.test:6000/app";
    let answer = |number: &'static str| {
        move |_: &ConnectionUrl| Ok(identity("production", "pooler.test", Some(number)))
    };
    let found = asked(&two, &Choice::Latest, elsewhere, &answer("db.test")).unwrap();
    assert_eq!(found.id, two[0].id);
    let told = asked(&two, &Choice::Latest, elsewhere, &answer("third.test")).unwrap_err();
    assert!(told.to_string().contains("is another"), "{told}");
}

#[test]
fn the_only_production_is_another_s_where_the_url_leads_elsewhere() {
    let one = backups("p");
    let whose = |text: &str| at(&one, &Choice::Latest, text);
    assert!(whose("postgres://a:b@other.test/app").is_ok());
    // Production may be gone, and its URL with it.
    assert!(whose("").is_ok());
    let told = whose("postgres://a:b@db.test/app").unwrap_err().to_string();
    assert!(told.contains("other.test:5432/app") && told.contains(&one[0].id), "{told}");
}

#[test]
fn one_is_found_by_its_id_and_a_damaged_one_says_what_is_wrong_with_it() {
    let backups = backups("ox");
    let by = |text: &str| of_production(&backups, &Choice::parse(text).unwrap());
    assert_eq!(by("20261124T000000Z-00000000").unwrap().id, backups[0].id);
    let damaged = by("20261124T010000Z-00000001").unwrap_err();
    assert_eq!((damaged.kind(), damaged.line()), (FaultKind::Failed, "a byte was changed".into()));
    let missing = by("20261124T020000Z-00000002").unwrap_err().to_string();
    for text in ["no backup `20261124T020000Z-00000002`", "-00000000", "-00000001 (damaged)"] {
        assert!(missing.contains(text), "{missing}");
    }
}

#[test]
fn of_two_in_one_moment_it_is_always_the_same() {
    let mut two = backups("oo");
    two[0].taken = two[1].taken;
    let first = of_production(&two, &Choice::Latest).unwrap();
    two.reverse();
    assert_eq!(of_production(&two, &Choice::Latest).unwrap(), first);
}

#[test]
fn a_choice_is_a_word_or_an_id() {
    assert_eq!(Choice::parse("latest").unwrap(), Choice::Latest);
    assert_eq!(Choice::parse(" previous\n").unwrap(), Choice::Previous);
    for odd in ["", "Latest", "newest", "20261124", "../backups", "20261124T000000Z-0000000G"] {
        let fault = Choice::parse(odd).unwrap_err().to_string();
        assert!(fault.contains("`latest`"), "{fault}");
    }
}

#[test]
fn an_error_names_no_more_than_ten() {
    let many = backups(&"x".repeat(9));
    let many: Vec<_> = many.iter().chain(&many).cloned().collect();
    let told = of_production(&many, &Choice::Latest).unwrap_err().to_string();
    assert!(told.contains("and 8 older"), "{told}");
}
