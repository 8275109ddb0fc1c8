use super::*;
use crate::database::testing::{database, writer};

#[test]
fn values_are_not_repeated() {
    for (message, told) in [
        (
            "invalid input syntax for type integer: \"jane@brook.test\"",
            "invalid input syntax for type integer: \"…\"",
        ),
        (
            "invalid input syntax for type integer: \"a\"jane@brook.test\"",
            "invalid input syntax for type integer: \"…\"",
        ),
        (
            "value \"jane\" doe: 7\" is out of range for type integer",
            "value \"…\" is out of range for type integer",
        ),
        (
            "ungültige Eingabesyntax für Typ integer: »jane«",
            "ungültige Eingabesyntax für Typ integer: \"…\"",
        ),
        (
            "invalid byte sequence for encoding \"UTF8\": 0x6a 0x61",
            "invalid byte sequence for encoding \"…\": …",
        ),
        ("duplicate JSON object key value: jane", "duplicate JSON object key value: …"),
        (
            "value too long for type character varying(20)",
            "value too long for type character varying(20)",
        ),
    ] {
        assert_eq!(unquoted(message), told);
    }
}

#[tokio::test]
async fn of_what_a_function_raises_its_place_is_told_and_no_word() {
    let client = writer(&database("raising").await).await;
    let setup = "create table public.people (name text);
        create function public.refuse() returns trigger language plpgsql as $$ begin
            if new.name ~ '^code' then
                raise exception 'no %', new.name using errcode = 'unique_violation';
            elsif new.name ~ '^odd' then
                raise exception 'no %', new.name using errcode = 'ZZ123';
            elsif new.name ~ '^run' then
                execute format('select %I', new.name);
            end if;
            raise exception 'no %', new.name;
        end $$;
        create trigger refuse before insert on public.people
            for each row execute function public.refuse()";
    client.batch_execute(setup).await.unwrap();
    for (name, code) in
        [("jane", "P0001"), ("code jane", "23505"), ("odd jane", "ZZ123"), ("run jane", "42703")]
    {
        let insert = format!("insert into public.people values ('{name}')");
        let told = said(&client.batch_execute(&insert).await.unwrap_err()).to_string();
        assert!(told.contains(code) && !told.contains("jane"), "{told}");
        assert!(told.contains("PL/pgSQL function refuse() line"), "{told}");
    }
    // What the server itself says of definitions and keys stays whole.
    let told = said(&client.batch_execute("select 1 from public.none").await.unwrap_err());
    assert!(told.line().contains("relation \"public.none\" does not exist"), "{told}");
}

#[test]
fn where_it_was_is_told_by_the_context_s_first_lines_and_a_row_is_no_place() {
    let row = "COPY t, line 5, column note: \"one\nPL/pgSQL function jane() line 1 at RAISE\"";
    assert_eq!((in_function(row), is_of_server(row)), (None, true));
    let trigger = format!("PL/pgSQL function f() line 3 at EXECUTE\n{row}");
    assert_eq!(in_function(&trigger), Some("PL/pgSQL function f() line 3 at EXECUTE"));
    let dynamic =
        "SQL statement \"insert into t values ('jane')\"\nPL/pgSQL function f() line 3 at EXECUTE";
    assert_eq!(in_function(dynamic), Some("PL/pgSQL function f() line 3 at EXECUTE"));
    assert!(is_of_server(dynamic) && is_of_server(""));
    let json = "JSON data, line 1: {\"jane\nCOPY t, line 5";
    assert_eq!((in_function(json), is_of_server(json)), (None, true));
    // What another language hands on is the function's.
    assert!(!is_of_server("PL/Python function \"f\"") && !is_of_server("f() LINE 2: throw x"));
    assert_eq!(in_function("PL/Perl function \"f\""), Some("within a function"));
}
