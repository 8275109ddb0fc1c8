use super::*;
use crate::database::testing::{database, permit, writer};

pub(super) async fn names(text: &str) -> Vec<String> {
    let start = ConnectionUrl::parse(text).unwrap().database().to_owned();
    let rows = writer(&text.replace(&format!("/{start}"), "/postgres")).await;
    let rows = rows
        .query(
            "select datname::text from pg_database where datname ~ ('^' || $1) order by 1",
            &[&start],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The number of a test's restore as the name of one.
fn id(number: &str) -> String {
    format!("20261126T15362{number}Z-9f0ffb82")
}

/// How it stands in the names of databases.
pub(super) fn part(number: &str) -> String {
    id(number).to_lowercase().replace('-', "_")
}

pub(super) async fn open(text: &str, number: &str) -> Result<Plain, Fault> {
    let url = ConnectionUrl::parse(text).unwrap();
    Plain::open(&url, &id(number), "smokedrill restore test", &permit(&url).await, false).await
}

#[tokio::test]
async fn the_new_one_takes_the_old_one_s_place_and_the_old_one_stays_until_the_next() {
    let text = database("swapped").await;
    let old = writer(&text).await;
    let setup = "create table public.old (); alter database swapped set work_mem = '7MB';
        alter database swapped set session_preload_libraries = plpgsql, auto_explain;
        alter database swapped connection limit 7;
        revoke connect on database swapped from public;
        grant connect on database swapped to anon; comment on database swapped is 'it''s ours'";
    old.batch_execute(setup).await.unwrap();
    for (id, was) in [("1", "old"), ("2", "new_1")] {
        let plain = open(&text, id).await.unwrap();
        let (new, permit) = plain.create().await.unwrap();
        let writer = Writer::open(&new, "smokedrill test", &permit).await.unwrap();
        writer.run(&format!("create table public.new_{id} ()")).await.unwrap();
        let row = writer.client().query_one("show work_mem", &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), "7MB");
        let doors =
            "select concat_ws(' ', datconnlimit, current_setting('session_preload_libraries'),
                has_database_privilege('anon', oid, 'connect'),
                has_database_privilege('authenticated', oid, 'connect'),
                has_database_privilege('authenticated', oid, 'temporary'),
                shobj_description(oid, 'pg_database'))
            from pg_database where datname = current_database()";
        let row = writer.client().query_one(doors, &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), "-1 plpgsql, auto_explain f f f", "nobody is let in");
        let before = plain.swap().await.unwrap().before;
        let now = super::tests::writer(&text).await;
        let row = now.query_one(doors, &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), "7 plpgsql, auto_explain t f t it's ours");
        assert_eq!(
            names(&text).await,
            ["swapped".to_owned(), format!("swapped_before_{}", part(id))]
        );
        let there = async |url: &str, table: &str| {
            let sql = format!("select to_regclass('public.{table}') is not null");
            super::tests::writer(url).await.query_one(&sql, &[]).await.unwrap().get::<_, bool>(0)
        };
        assert!(there(&text, &format!("new_{id}")).await);
        assert!(there(&text.replace("/swapped", &format!("/{before}")), was).await);
    }
    assert!(old.query("select 1", &[]).await.is_err(), "its sessions were ended");
}

#[tokio::test]
async fn an_earlier_one_that_cannot_be_removed_does_not_undo_the_swap() {
    let text = database("stuck").await;
    let admin = writer(&text.replace("/stuck", "/postgres")).await;
    let earlier = format!("stuck_before_{}", part("1"));
    let template = format!("create database {earlier} is_template true");
    admin.batch_execute(&template).await.unwrap();
    let plain = open(&text, "2").await.unwrap();
    plain.create().await.unwrap();
    let swapped = plain.swap().await.unwrap();
    assert_eq!(swapped.before, format!("stuck_before_{}", part("2")));
    let told = swapped.left.iter().map(Fault::line).collect::<String>();
    assert!(swapped.left.len() == 1 && told.contains("template"), "{told}");
    assert_eq!(names(&text).await, ["stuck".to_owned(), earlier, swapped.before]);
}

#[tokio::test]
async fn what_a_kill_left_is_removed_and_what_failed_is_kept() {
    let text = database("failing").await;
    let plain = open(&text, "1").await.unwrap();
    plain.create().await.unwrap();
    let told = open(&text, "2").await.err().unwrap().to_string();
    assert!(told.contains("another restore") && told.contains("smokedrill restore test"), "{told}");
    drop(plain);
    // As after a kill: its session is gone.
    let mut next = open(&text, "2").await;
    for _ in 0..50 {
        if next.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        next = open(&text, "2").await;
    }
    let next = next.unwrap();
    assert_eq!(names(&text).await, ["failing"]);
    next.create().await.unwrap();
    assert_eq!(next.keep_failed().await.unwrap(), format!("failing_failed_{}", part("2")));
    assert_eq!(names(&text).await, ["failing".to_owned(), format!("failing_failed_{}", part("2"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_comes_back_at_once_does_not_keep_the_old_one() {
    let text = database("busy").await;
    let admin = writer(&text).await;
    // Somebody else's, whose name begins as ours do.
    admin.batch_execute("create database busy_before_christmas").await.unwrap();
    let (url, stop) =
        (text.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let over = stop.clone();
    let busy = tokio::spawn(async move {
        while !over.load(std::sync::atomic::Ordering::SeqCst) {
            if let Ok((client, connection)) =
                tokio_postgres::connect(&url, tokio_postgres::NoTls).await
            {
                let talking = tokio::spawn(connection);
                let _ = client.query("select pg_sleep(0.01)", &[]).await;
                talking.abort();
            }
        }
    });
    let plain = open(&text, "1").await.unwrap();
    let (new, permit) = plain.create().await.unwrap();
    Writer::open(&new, "smokedrill test", &permit)
        .await
        .unwrap()
        .run("create table public.n ()")
        .await
        .unwrap();
    let swapped = plain.swap().await;
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    busy.await.unwrap();
    swapped.unwrap();
    let now =
        writer(&text).await.query_one("select to_regclass('public.n') is not null", &[]).await;
    assert!(now.unwrap().get::<_, bool>(0));
    assert!(names(&text).await.contains(&"busy_before_christmas".to_owned()));
}

#[tokio::test]
async fn a_long_name_that_is_not_ascii_gives_names_that_fit_and_are_found_again() {
    // Of 59 bytes each, and alike but for the end.
    let (one, other) = (format!("{}a", "ä".repeat(29)), format!("{}b", "ä".repeat(29)));
    let text = database(&one).await;
    let long = writer(&text).await;
    long.batch_execute(&format!("create database {other} template template0")).await.unwrap();
    drop(long);
    let plain = open(&text, "1").await.unwrap();
    let beside = open(&text.replace(&one, &other), "1").await.unwrap();
    for what in ["restoring", "before", "failed"] {
        let name = plain.name(what);
        assert!(name.len() <= LONGEST && name != beside.name(what), "{name}");
    }
    plain.create().await.unwrap();
    assert_eq!(plain.named("restoring").await.unwrap(), [plain.name("restoring")]);
    assert!(beside.named("restoring").await.unwrap().is_empty());
    let before = plain.swap().await.unwrap().before;
    assert_eq!(before, plain.name("before"));
    assert_eq!(plain.named("before").await.unwrap(), [before]);
}

#[tokio::test]
async fn the_new_one_is_like_the_old_one_in_locale_place_and_settings_of_roles() {
    let text = database("alike_admin").await;
    let admin = writer(&text).await;
    let setup = "create database alike template template0 encoding 'UTF8' locale_provider icu
            icu_locale 'de-u-co-phonebk' lc_collate 'C' lc_ctype 'C.UTF-8' tablespace aside;
        alter role anon in database alike set statement_timeout = '3s';
        alter role anon in database alike set search_path = public, \"a b\";
        alter database alike set work_mem = '9MB'";
    admin.batch_execute("set allow_in_place_tablespaces = on").await.unwrap();
    for statement in ["create tablespace aside location ''"].into_iter().chain(setup.split(";\n")) {
        admin.batch_execute(statement).await.unwrap();
    }
    let plain = open(&text.replace("/alike_admin", "/alike"), "1").await.unwrap();
    plain.create().await.unwrap();
    let asked = "select concat_ws(' ', pg_encoding_to_char(encoding), datcollate, datctype,
            datlocprovider, daticulocale, spcname,
            datcollversion = pg_database_collation_actual_version(d.oid),
            (select string_agg(concat(nullif(setrole, 0)::regrole, setconfig), ' ' order by setrole)
                from pg_db_role_setting where setdatabase = d.oid))
        from pg_database d join pg_tablespace t on t.oid = dattablespace where datname = $1";
    let of = async |name: &str| admin.query_one(asked, &[&name]).await.unwrap().get::<_, String>(0);
    let old = of("alike").await;
    assert!(old.contains("de-u-co-phonebk aside") && old.contains("anon{"), "{old}");
    assert_eq!(of(&plain.name("restoring")).await, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_restored_into_anybody_can_create_a_database() {
    let there = tokio::task::spawn_blocking(smokedrill_demo::Staging::start);
    let there = there.await.unwrap().unwrap();
    let text = there.superuser_url();
    let admin = writer(&there.empty_url()).await;
    let all = async || {
        let asked = "select string_agg(datname, ' ' order by datname) from pg_database
            where datname !~ '^(template|postgres_before)'";
        admin.query_one(asked, &[]).await.unwrap().get::<_, String>(0)
    };
    let plain = open(&text, "1").await.unwrap();
    plain.create().await.unwrap();
    admin.batch_execute("create database another").await.unwrap();
    // One that is turned away leaves the first one what it needs.
    assert!(open(&text, "2").await.is_err());
    plain.swap().await.unwrap();
    assert_eq!(all().await, "another empty postgres");
    // A kill leaves it there, and the next one removes it.
    drop(open(&text, "3").await.unwrap());
    assert_eq!(all().await, "another empty postgres smokedrill_maintenance");
    let mut next = open(&text, "4").await;
    for _ in 0..50 {
        if next.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        next = open(&text, "4").await;
    }
    next.unwrap().give_up().await;
    assert_eq!(all().await, "another empty postgres");
    tokio::task::spawn_blocking(|| drop(there)).await.unwrap();
}

#[tokio::test]
async fn what_an_owner_has_set_is_a_value_and_no_statement() {
    let text = database("owned").await;
    let admin = writer(&text).await;
    // What `set_config` takes as one name, `alter database … from current` keeps without quotes.
    let setup = "create role owning login; alter database owned owner to owning;
        set role owning;
        select set_config('search_path', 'x;alter/**/role/**/owning/**/superuser', false);
        alter database owned set search_path from current";
    admin.batch_execute(setup).await.unwrap();
    let plain = open(&text, "1").await.unwrap();
    plain.create().await.unwrap();
    let asked = "select concat_ws(' ', (select rolsuper from pg_roles where rolname = 'owning'),
        (select setconfig from pg_db_role_setting s join pg_database d on d.oid = setdatabase
            where datname = $1))";
    let row = plain.admin.client().query_one(asked, &[&plain.name("restoring")]).await.unwrap();
    let expected = r#"f {"search_path=\"x;alter/**/role/**/owning/**/superuser\""}"#;
    assert_eq!(row.get::<_, String>(0), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_no_superuser_swaps_while_autovacuum_is_at_work() {
    let there = tokio::task::spawn_blocking(smokedrill_demo::Staging::start);
    let there = there.await.unwrap().unwrap();
    let admin = writer(&there.superuser_url()).await;
    let password = ConnectionUrl::parse(&there.superuser_url()).unwrap();
    let role =
        format!("create role keeping login createdb password '{}'", password.password().unwrap());
    for statement in [
        role.as_str(),
        "create database vacuumed owner keeping template template0",
        "alter system set autovacuum_naptime = '1s'",
        "alter system set autovacuum = on",
        "select pg_reload_conf()",
    ] {
        admin.batch_execute(statement).await.unwrap();
    }
    let owner = there.owner_url();
    let (_, place) = owner.rsplit_once('@').unwrap();
    let place = place.split('/').next().unwrap();
    let text = format!("postgres://keeping:{}@{place}/vacuumed", password.password().unwrap());
    let setup = "create table public.t with (autovacuum_vacuum_threshold = 1,
            autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100,
            autovacuum_vacuum_cost_limit = 1)
            as select n, repeat('x', 900) from generate_series(1, 9000) n;
        delete from public.t where n % 2 = 0";
    writer(&text).await.batch_execute(setup).await.unwrap();
    let plain = open(&text, "1").await.unwrap();
    plain.create().await.unwrap();
    let at_work = "select exists (select from pg_stat_activity
        where datname = 'vacuumed' and backend_type = 'autovacuum worker')";
    let mut busy = false;
    for _ in 0..400 {
        busy = admin.query_one(at_work, &[]).await.unwrap().get(0);
        if busy {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(busy, "autovacuum did not begin");
    plain.swap().await.unwrap();
    // The next one ends the owner's own sessions, and removes the one of before.
    drop(plain);
    let session = writer(&text).await;
    let mut next = open(&text, "2").await;
    for _ in 0..50 {
        if next.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        next = open(&text, "2").await;
    }
    let plain = next.unwrap();
    plain.create().await.unwrap();
    let before = plain.swap().await.unwrap().before;
    assert!(session.query("select 1", &[]).await.is_err());
    let asked = "select array_agg(datname::text order by datname) from pg_database
        where datname ~ '^vacuumed'";
    let now: Vec<String> = admin.query_one(asked, &[]).await.unwrap().get(0);
    assert_eq!(now, ["vacuumed".to_owned(), before]);
    drop(plain);
    tokio::task::spawn_blocking(|| drop(there)).await.unwrap();
}

#[tokio::test]
async fn of_what_failed_the_newest_alone_is_kept_and_only_its_owner_is_let_in() {
    let text = database("piling").await;
    let admin = writer(&text).await;
    let foreign = format!("piling_failed_{}", part("0"));
    // By its name it could be ours, and it does not say so.
    admin.batch_execute(&format!("create database {foreign}")).await.unwrap();
    let mut kept = String::new();
    for id in ["1", "2"] {
        let plain = open(&text, id).await.unwrap();
        plain.create().await.unwrap();
        kept = plain.give_up().await.0.unwrap();
        assert_eq!(names(&text).await, ["piling", foreign.as_str(), kept.as_str()]);
        drop(plain);
    }
    let asked = "select has_database_privilege('anon', $1, 'connect')
        or has_database_privilege('anon', $1, 'temporary')";
    assert!(!admin.query_one(asked, &[&kept]).await.unwrap().get::<_, bool>(0));
    let plain = open(&text, "3").await.unwrap();
    plain.create().await.unwrap();
    let before = plain.swap().await.unwrap().before;
    assert_eq!(names(&text).await, ["piling", before.as_str(), foreign.as_str()]);
}
