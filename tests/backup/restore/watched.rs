//! What listens to changes of definitions, or calls out: it hears nothing of a restore.

use std::fs;

use crate::support::{Session, Site, Target};

/// One that logs, one that refuses, and one that calls out; and a rule and a trigger that do.
const WATCHED: &str = "
    create table public.ddl_log (id int generated always as identity primary key, tag text);
    alter table public.ddl_log enable row level security;
    insert into public.ddl_log (tag) values ('CREATE TABLE');
    create materialized view public.counted as select count(*) from public.ddl_log;
    create function public.log_ddl() returns event_trigger language plpgsql security definer
        as $$ begin insert into public.ddl_log (tag) values (tg_tag); end $$;
    create function public.refuse_bare() returns event_trigger language plpgsql as $$ begin
        if exists (select from pg_event_trigger_ddl_commands() e join pg_class c on c.oid = e.objid
                where e.command_tag = 'CREATE TABLE' and not c.relrowsecurity) then
            raise exception 'no table without row level security';
        end if;
    end $$;
    create function public.tell_ddl() returns event_trigger language plpgsql security definer
        as $$ begin perform net.http_post('https://crm.test/ddl'); end $$;
    create function public.\"tell (rows)\"() returns trigger language plpgsql security definer
        as $$ begin perform net.http_post(tg_argv[0]); return new; end $$;
    create trigger \"tell all\" after insert on public.ddl_log for each row when (new.tag <> 'EXECUTE FUNCTION')
        execute function public.\"tell (rows)\"('https://crm.test/rows', 'x-key: 7f3a91c2');
    create rule tell as on update to public.ddl_log do also select net.http_post('https://crm.test/rule');
    create view public.tags as select tag from public.ddl_log;
    create rule tell_view as on insert to public.tags do instead select net.http_post('https://crm.test/view');
    create event trigger a_log on ddl_command_end execute function public.log_ddl();
    create event trigger b_refuse on ddl_command_end execute function public.refuse_bare();
    create event trigger c_tell on ddl_command_end execute function public.tell_ddl();
    alter event trigger c_tell enable always;
    alter role postgres superuser;
    alter event trigger a_log owner to postgres; alter event trigger b_refuse owner to postgres;
    alter role postgres nosuperuser";

#[test]
fn event_triggers_hear_nothing_of_a_restore_and_those_that_call_out_are_disabled() {
    let site = Site::own();
    let production = site.production.superuser_url();
    Session::open(&production).texts(WATCHED);
    // Beside the old database, and in place, by an owner who may make event triggers.
    for hosted in [false, true] {
        let target = if hosted { Target::hosted(&site) } else { Target::new(&site) };
        let url = target.staging.superuser_url();
        target.psql(&url, "alter role postgres superuser");
        target.rules(
            "[[table]]\nname = \"public.closures\"",
            "[[table]]\nname = \"public.ddl_log\"\n[table.columns]\nid = { keep = \"a number\" }\n\
             tag = { keep = \"a command's name\" }\n\n[[table]]\nname = \"public.closures\"",
        );
        let ran = target.restore(&[]);
        assert_eq!(ran.code, 0, "{hosted}: {}", ran.console());
        let passed = ran.ended("passed");
        assert!(passed.iter().any(|id| id == "masking::webhooks-disabled"), "{passed:?}");
        let staging = Session::open(&url);
        for (sql, is) in [
            ("select count(*) from public.ddl_log", "1"),
            ("select count(*) from net.http_request_queue", "0"),
            ("select evtenabled from pg_event_trigger where evtname = 'a_log'", "O"),
            ("select evtenabled from pg_event_trigger where evtname = 'b_refuse'", "O"),
            ("select evtenabled from pg_event_trigger where evtname = 'c_tell'", "D"),
            ("select ev_enabled from pg_rewrite where rulename = 'tell'", "D"),
            ("select tgenabled from pg_trigger where tgname = 'tell all'", "D"),
            (
                "select pg_get_ruledef(oid) like '%DO INSTEAD NOTHING;' from pg_rewrite where rulename = 'tell_view'",
                "t",
            ),
            (
                "select count(*) from pg_trigger where tgargs::text like '%crm%' or encode(tgargs, 'escape') like '%7f3a91c2%'",
                "0",
            ),
        ] {
            assert_eq!(staging.texts(sql).concat(), is, "{hosted}: {sql}");
        }
        let told = fs::read_to_string(target.project.path().join("reports/summary.md")).unwrap();
        for what in ["c_tell", "public.ddl_log tell all", "public.ddl_log tell"] {
            assert!(told.contains(&format!("webhook disabled: {what}")), "{what}: {told}");
        }
    }
}
