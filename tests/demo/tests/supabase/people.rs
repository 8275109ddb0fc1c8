//! One person is the same everywhere, and no two are alike.

use crate::PRODUCTION;
use crate::session::Session;

#[test]
fn no_two_people_share_name_address_or_number() {
    let session = Session::open(&PRODUCTION.superuser_url());
    let people = session.text("select count(*) from profiles");
    for column in ["name", "email", "phone"] {
        let distinct = format!(
            "select count(distinct raw_user_meta_data ->> '{}') from auth.users",
            if column == "name" { "full_name" } else { column }
        );
        assert_eq!(session.text(&distinct), people, "{column}");
    }
    // Addresses and names of files are of plain letters.
    assert_eq!(session.text("select count(*) from auth.users where email !~ '^[ -~]+$'"), "0");
    // Nothing looks as if it had been masked.
    assert_eq!(
        session.text(
            "select count(*) from auth.users where email ~ '@example.com' or phone ~ '^1000000'"
        ),
        "0"
    );
}

#[test]
fn a_person_is_found_in_every_kind_of_place() {
    let session = Session::open(&PRODUCTION.superuser_url());
    let places = [
        "select count(*) from customers c join auth.users u on u.id = c.account_id where lower(c.email) = u.email",
        "select count(*) from customers where email is not null and contacts -> 0 ->> 'email' = lower(email)",
        "select count(*) from customers where strpos(notes, name) > 0 and strpos(lower(notes), lower(email)) > 0",
        "select count(*) from customers where lower(email) = any (other_emails)",
        "select count(*) from customers where lower(billing_email::text) = lower(email)",
        "select count(*) from messages m join customers c on c.id = m.customer_id where strpos(body, name) > 0",
        "select count(*) from audit_log a join customers c on c.id::text = a.row_id where new ->> 'name' = name",
        "select count(*) from invoices i join customers c on c.id = i.customer_id where billed_to ->> 'name' = name",
        "select count(*) from storage.objects o join profiles p on p.id = o.owner where strpos(o.name, replace(full_name, ' ', '-')) > 0",
        "select count(*) from auth.audit_log_entries e join profiles p on p.id::text = payload ->> 'actor_id' where full_name = payload ->> 'actor_name'",
        "select count(*) from \"Site Visits\" v join customers c on c.name = v.\"Customer Name\" where v.\"E-Mail\" = lower(c.email)",
        "select count(*) from technicians t join profiles p on p.full_name = t.emergency_contact ->> 'name'",
    ];
    for place in places {
        assert_ne!(session.text(place), "0", "{place}");
    }
}

#[test]
fn the_rows_are_the_same_at_every_start() {
    // Times move with the hour, so a column that holds none is compared.
    let sums = "select md5(string_agg(concat(id, name, email, phone, notes, contacts), '' order by id)) from customers
                union all select md5(string_agg(concat(id, body, recipient), '' order by id)) from messages
                union all select md5(string_agg(concat(id, bucket_id, metadata ->> 'eTag'), '' order by id)) from storage.objects";
    let first = Session::open(&PRODUCTION.superuser_url()).texts(sums);
    let again = smokedrill_demo::Production::start(0).unwrap();
    assert_eq!(first, Session::open(&again.superuser_url()).texts(sums));
}
