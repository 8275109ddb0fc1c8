//! What must not be overwritten, and what must not be loaded.

use std::fs;

use crate::support::{Session, Site, Target, contents, shared, shown};

#[test]
fn a_database_that_nobody_marked_is_left_alone() {
    let site = shared();
    let target = Target::unmarked(&site);
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    let ran = target.restore(&[]);
    ran.is_red("restore::made", &["does not say that it is staging"]);
    assert!(ran.console().contains("staging mark --env staging"), "{}", ran.console());
    assert_eq!(ran.outcome("smoke::health"), "skipped");
    assert_eq!(target.databases(), ["postgres"]);
    // What is typed must be what is meant.
    let wrong = target.mark("postgres@localhost:5432/postgres");
    assert_eq!(wrong.code, 2, "{}", wrong.console());
    target.restore(&[]).is_red("restore::made", &["does not say that it is staging"]);
    let production = target.project.run(&["staging", "mark", "--env", "production", "--yes", "x"]);
    assert_eq!(production.code, 2, "{}", production.console());
}

#[test]
fn production_is_refused_whatever_it_is_called_and_whatever_it_says_of_itself() {
    let site = shared();
    let target = Target::new(&site);
    let before = contents(&site.production.superuser_url());
    target.leads_to(&site.production.superuser_url());
    let told = ["this is production", "system identifier"];
    target.restore(&[]).is_red("restore::made", &told);
    let marked = target.mark(&shown(&site.production.superuser_url()));
    assert_eq!(marked.code, 2, "{}", marked.console());
    assert!(marked.console().contains("this is production"), "{}", marked.console());
    assert_eq!(contents(&site.production.superuser_url()), before);
    // Even with the marker, taken over from somewhere.
    let url = site.production.superuser_url();
    let server = Session::open(&target.staging.superuser_url());
    let server = server.texts("select server from smokedrill.marker").concat();
    target.psql(
        &url,
        &format!(
            "create schema smokedrill; create table smokedrill.marker (environment text, server text, database text);
             insert into smokedrill.marker values ('staging', '{server}', 'postgres')"
        ),
    );
    target.restore(&[]).is_red("restore::made", &told);
    target.psql(&url, "drop schema smokedrill cascade");
    // Nor is there anything to restore where the environment is the source.
    let words = ["drill", "--env", "production", "restore::"];
    assert_eq!(target.project.run(&words).code, 2);
}

#[test]
fn while_production_does_not_answer_its_backups_say_what_is_not_it() {
    let site = Site::own();
    let production = site.production.superuser_url();
    let target = Target::unmarked(&site);
    let path = target.project.path().join("suites/environments.toml");
    let text = fs::read_to_string(&path).unwrap();
    // Nobody is there.
    let dead = |text: &str| {
        let (start, rest) = text.split_once('@').unwrap();
        let (_, rest) = rest.split_once('/').unwrap();
        format!("{start}@127.0.0.1:1/{rest}")
    };
    fs::write(&path, dead(&text)).unwrap();
    let is_marked = || {
        let session = Session::open(&target.staging.superuser_url());
        session.texts("select (to_regclass('smokedrill.marker') is not null)::text").concat()
    };
    let told = target.mark(&target.shown());
    assert_eq!(told.code, 2, "{}", told.console());
    for text in ["cannot be told", "does not answer", "no backup of it", "drill --env production"] {
        assert!(told.console().contains(text), "{text}: {}", told.console());
    }
    assert_eq!(is_marked(), "false");
    fs::write(&path, &text).unwrap();
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    // Under another name, while its own leads nowhere.
    target.leads_to(&production);
    let both = fs::read_to_string(&path).unwrap();
    fs::write(&path, dead(&both)).unwrap();
    let told = target.mark(&shown(&production));
    assert_eq!(told.code, 2, "{}", told.console());
    assert!(told.console().contains("this is production"), "{}", told.console());
    // A backup of where production is no more does not say what is not production.
    fs::write(&path, dead(&text)).unwrap();
    assert_eq!(target.mark(&target.shown()).code, 2);
    assert_eq!(is_marked(), "false");
    fs::write(&path, &text).unwrap();
    drop(site);
    let marked = target.mark(&target.shown());
    assert_eq!(marked.code, 0, "{}", marked.console());
    assert_eq!(is_marked(), "true");
}

#[test]
fn each_rule_that_is_taken_away_stops_the_restore_before_a_byte_is_loaded() {
    let site = shared();
    let target = Target::new(&site);
    let path = target.project.path().join("suites/masking.toml");
    let text = fs::read_to_string(&path).unwrap();
    let green = target.project.run(&["masking", "check"]);
    assert_eq!(green.code, 0, "{}", green.console());
    for line in [": stays: ", ": test-{id}@example.com\n", " more columns stay, of types"] {
        assert!(green.stdout.contains(line), "{line}: {}", green.stdout);
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut gone = 0;
    for (index, line) in lines.iter().enumerate() {
        let is_rule = line.contains(" = ") && !line.starts_with(['#', '[']);
        let other = [
            "name = \"public",
            "name = '",
            "name = \"storage",
            "person = ",
            "value = \"help",
            "reason",
        ];
        // Supabase's own rules stand behind this one.
        let is_column = is_rule && !other.iter().any(|start| line.starts_with(start));
        if !is_column || line.contains("\"before\"") {
            continue;
        }
        let rest: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .map(|(_, line)| *line)
            .collect();
        fs::write(&path, rest.join("\n")).unwrap();
        let told = target.project.run(&["masking", "check"]);
        assert_eq!(told.code, 2, "without `{line}`: {}", told.console());
        let column = line.split(" = ").next().unwrap().trim_matches('"');
        assert!(told.stderr.contains("no rule says what becomes of"), "{}", told.console());
        assert!(told.stderr.contains(column), "{column}: {}", told.console());
        gone += 1;
    }
    assert!(gone > 70, "{gone}");
    // The drill itself says the same, and touches nothing.
    target.restore(&[]).is_red("restore::made", &["masking rules", "nothing was loaded"]);
    assert_eq!(target.databases(), ["postgres"]);
}

#[test]
fn rules_that_match_nothing_or_cannot_apply_stop_it_too() {
    let site = shared();
    let target = Target::new(&site);
    for (from, to, told) in [
        (
            "name = \"public.closures\"",
            "name = \"public.closure\"",
            "has no rows of public.closure",
        ),
        ("skills = {", "skils = {", "no column `skils`"),
        ("born_on = \"null\"", "born_on = \"email\"", "holds no such text"),
        (
            "number = { keep = \"a number of ours\" }",
            "number = { value = \"same\" }",
            "public.invoices.number makes every row the same",
        ),
    ] {
        target.rules(from, to);
        target.restore(&[]).is_red("restore::made", &["masking rules", told]);
        target.rules(to, from);
    }
    target.rules("[[allow]]", "[[alow]]");
    assert_eq!(target.restore(&[]).code, 2);
}
