//! Rules by which no restore could end, and those that look like it and are none.

use super::*;
use crate::backup::manifest::Table;
use crate::backup::store::testing as store;
use crate::database::testing::{database, writer};
use crate::database::{ConnectionUrl, Excluded, catalogue};
use crate::masking::plan::Template;
use crate::restore::refused::tests::{contents, table};

fn value(text: &str) -> Action {
    Action::Value(Template::new(text))
}

#[tokio::test]
async fn one_value_for_all_is_refused_where_it_may_stand_once_and_so_is_a_cleared_table_that_is_needed()
 {
    let text = database("unfit_rules").await;
    let setup = "create table public.people (id int primary key, login text, born text, town text,
            nick text, unique (login), unique (born, town));
        create unique index by_nick on public.people (lower(nick)) where id > 7;
        create table public.\"Old Jobs\" (who int not null references public.people);
        create table public.jobs (who int references public.people)";
    writer(&text).await.batch_execute(setup).await.unwrap();
    let toc = contents(&text);
    let url = ConnectionUrl::parse(&text).unwrap();
    let session = crate::database::testing::session(&url).await;
    let mut manifest = store::manifest(store::ID, Vec::new());
    manifest.catalogue = catalogue(&session, &Excluded::default()).await.unwrap();
    let name = |name: &str| ("public".to_owned(), name.to_owned());
    let rows = |manifest: &mut Manifest, of: &str, rows: u64| {
        let (schema, name) = name(of);
        let (entry, bytes, offset) = (1, 1, 0);
        let tables = &mut manifest.database.as_mut().unwrap().tables;
        tables.push(Table { schema, name, entry, rows, bytes, offset });
    };
    for of in ["people", "Old Jobs", "jobs"] {
        rows(&mut manifest, of, 2);
    }
    let plan = |rules: &[(&str, Action)], cleared: bool| {
        let mut plan = MaskPlan::default();
        let mut people = table(rules);
        people.rows = if cleared { Rows::Clear } else { Rows::Load };
        plan.tables.insert(name("people"), people);
        plan.tables.insert(name("Old Jobs"), table(&[("who", Action::Keep)]));
        plan.tables.insert(name("jobs"), table(&[("who", Action::Keep)]));
        plan
    };
    let told = |plan: &MaskPlan, manifest: &Manifest| {
        unfit(plan, manifest, &toc).err().map(|fault| fault.to_string()).unwrap_or_default()
    };
    let fixed = plan(&[("login", value("same")), ("born", Action::Keep)], false);
    let said = told(&fixed, &manifest);
    assert!(said.contains("`value` of public.people.login makes every row the same"), "{said}");
    assert!(said.contains("{id}"), "{said}");
    let both = plan(&[("born", value("1970")), ("town", Action::Empty)], false);
    let said = told(&both, &manifest);
    assert!(said.contains("public.people.born and") && said.contains("people.town"), "{said}");
    for harmless in [
        vec![("login", value("user-{id}"))],
        vec![("login", Action::Null), ("born", value("1970")), ("town", Action::Keep)],
        vec![("nick", value("x"))],
    ] {
        assert_eq!(told(&plan(&harmless, false), &manifest), "", "{harmless:?}");
    }
    // Where the key may be NULL, whether it is the rows say.
    let said = told(&plan(&[], true), &manifest);
    assert!(said.contains("of public.people leaves out what public.Old Jobs.who"), "{said}");
    assert!(!said.contains("public.jobs"), "{said}");
    let mut null = plan(&[], true);
    null.tables.get_mut(&name("Old Jobs")).unwrap().rows = Rows::Clear;
    assert_eq!(told(&null, &manifest), "");
    // One row is no other's like.
    manifest.database.as_mut().unwrap().tables.clear();
    rows(&mut manifest, "people", 1);
    assert_eq!((told(&fixed, &manifest), told(&plan(&[], true), &manifest)), Default::default());
}
