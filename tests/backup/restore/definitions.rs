//! Values and keys of production in definitions of every kind: in none of staging's.

use std::process::Command;

use crate::support::{Session, Site, Target};

/// One of each; `VALUE` is somebody's address in one round, and a key that no form betrays in
/// another.
const PLANTS: &str = r#"
    create function public.nobodys_PLANT() returns text begin atomic select 'nobody'; end;
    create function public.own_PLANT() returns text begin atomic select 'VALUE'; end;
    create function public.body_PLANT() returns text language plpgsql as $$ begin /* don't */ return 'VALUE'; end $$;
    create function public.argument_PLANT(a text default 'VALUE') returns text language sql as 'select a';
    create function public.set_PLANT() returns int language sql set app.who = 'VALUE' as 'select 1';
    create aggregate public.sum_PLANT(text) (sfunc = textcat, stype = text, initcond = 'VALUE');
    create view public.view_PLANT as select 1 as id where 'VALUE' = 'x';
    comment on column public.view_PLANT.id is 'ask VALUE';
    create materialized view public.stored_PLANT as select length('VALUE') as size;
    comment on column public.stored_PLANT.size is 'ask VALUE';
    create table public.near_PLANT (id int default length('VALUE'), constraint near check (id <> length('VALUE')));
    create table public.heir_PLANT () inherits (public.near_PLANT);
    create rule rule_PLANT as on insert to public.near_PLANT where 'VALUE' = new.id::text do instead nothing;
    comment on rule rule_PLANT on public.near_PLANT is 'VALUE';
    create index index_PLANT on public.near_PLANT ((id::text || 'VALUE')) where id::text <> 'VALUE';
    create statistics public.statistics_PLANT on id, (id::text || 'VALUE') from public.near_PLANT;
    alter table public.near_PLANT add constraint late check (id <> length('VALUE')) not valid;
    comment on constraint near on public.near_PLANT is 'VALUE';
    create policy policy_PLANT on public.near_PLANT using (id::text = 'VALUE') with check (id::text <> 'VALUE');
    create domain public.domain_PLANT as text default 'VALUE' check (value <> 'VALUE');
    create function public.fired_PLANT() returns trigger language plpgsql as 'begin return new; end';
    create trigger trigger_PLANT before insert on public.near_PLANT for each row when (new.id::text = 'VALUE')
        execute function public.fired_PLANT('VALUE');
    comment on trigger trigger_PLANT on public.near_PLANT is 'VALUE';
    create table public.parted_PLANT (kind text) partition by list (kind);
    create table public.part_PLANT partition of public.parted_PLANT for values in ('VALUE');
    create function public.watch_PLANT() returns event_trigger language plpgsql as 'begin end';
    create event trigger event_PLANT on ddl_command_end when tag in ('ALTER OPERATOR') execute function public.watch_PLANT();
    comment on event trigger event_PLANT is 'VALUE';
    create table public.keyed_PLANT (id int primary key);
    create publication publication_PLANT for table public.keyed_PLANT where (id <> length('VALUE'));
    create foreign data wrapper wrapper_PLANT options (note 'VALUE');
    create server server_PLANT type 'VALUE' foreign data wrapper wrapper_PLANT options (path 'VALUE');
    create user mapping for public server server_PLANT options (password 'VALUE');
    create foreign table public.far_PLANT (id int options (name 'VALUE')) server server_PLANT options (name 'VALUE');
    comment on schema public is 'ask VALUE at https://x.test/?key=VALUE&b=1'"#;

#[test]
fn no_definition_of_staging_has_a_value_or_a_key_of_production() {
    let site = Site::own();
    let target = Target::unmarked(&site);
    assert_eq!(target.mark(&target.shown()).code, 0);
    let url = site.production.superuser_url();
    let key = "hunter2-of-production";
    target.psql(
        &url,
        &format!(
            "insert into api_keys (service, prefix, secret) values ('x', 'x', '{key}'), ('y', 'y', 'swordfish')"
        ),
    );
    let production = Session::open(&url);
    let email = production.texts("select email from customers order by id limit 1").concat();
    for (name, value) in [("one", email.as_str()), ("two", key)] {
        target.psql(&url, &PLANTS.replace("PLANT", name).replace("VALUE", value));
    }
    for name in ["one", "two"] {
        let rule = format!(
            "[[table]]\nname = \"public.part_{name}\"\n[table.columns]\nkind = \"text\"\n\n[[table]]\nname = \"public.closures\""
        );
        target.rules("[[table]]\nname = \"public.closures\"", &rule);
    }
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let program = target.staging.bin_dir().join("pg_dump");
    let definitions = |url: &str| {
        let dump = Command::new(&program).args(["--schema-only", url]).output().unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        String::from_utf8(dump.stdout).unwrap()
    };
    let (before, after) = (definitions(&url), definitions(&target.staging.superuser_url()));
    for value in [email.as_str(), key] {
        let planted = before.matches(value).count();
        assert!(planted > 30, "{planted}");
        let left: Vec<&str> = after.lines().filter(|line| line.contains(value)).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    // A key that could be an ordinary word is not guessed at: it is refused, by its place.
    target.psql(&url, "comment on table public.near_two is 'swordfish'");
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    let ran = target.restore(&[]);
    ran.is_red("masking::definitions", &["comment on table public.near_two (1)"]);
    assert!(!ran.console().contains("swordfish"), "{}", ran.console());
}
