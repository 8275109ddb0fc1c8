//! What the server refuses to one proof is that one's own red, and the others judge.

use super::reading_tests::{key, recorded, table};
use super::testing::{Whole, known, manifest, proved_whole};
use super::*;
use crate::database::Writer;
use crate::database::testing::{database, permit, writer};
use crate::fault::FaultKind;
use crate::masking::plan::Action;

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_the_red_of_the_proof_that_met_it_alone() {
    let text = database("refusing").await;
    let client = writer(&text).await;
    let setup = "create schema cron; create view cron.job as select 1 / 0 > 0 as active;
        create schema auth; create table auth.sessions (id int); insert into auth.sessions values (1);
        create table public.odd (id int); create table public.t (note text);
        create table public.z (id int); insert into public.t values ('ask ada@mail.test')";
    client.batch_execute(setup).await.unwrap();
    let mut manifest = manifest(&text).await;
    manifest.database.as_mut().unwrap().tables = vec![recorded("t", 1), recorded("z", 1)];
    let url = ConnectionUrl::parse(&text).unwrap();
    let open = Writer::open(&url, "smokedrill test", &permit(&url).await).await.unwrap();
    open.run("begin; insert into public.z values (7)").await.unwrap();
    for within in [false, true] {
        // One table has no such column.
        let columns = [("odd", "gone"), ("t", "note"), ("z", "id")];
        let tables =
            columns.map(|(name, column)| (key(name), table(&[(column, Action::Keep)]))).into();
        let plan = MaskPlan { tables, allowed: Vec::new() };
        let within = match within {
            true => Some(open.reading().await.unwrap()),
            false => None,
        };
        let sees = within.is_some();
        let whole = Whole { plan, within, ..Whole::default() };
        let all = proved_whole(&text, &manifest, known, whole).await;
        let ids: Vec<&str> = all.iter().map(|proved| proved.id.as_str()).collect();
        assert_eq!(ids, ALL.map(|(id, _)| id), "{all:?}");
        let told = |id: &str| {
            let proved = all.iter().find(|proved| proved.id == id).unwrap();
            proved.result.as_ref().err().map(|fault| (fault.kind(), fault.line()))
        };
        let (kind, line) = told("masking::jobs-disabled").unwrap();
        assert!(kind == FaultKind::Errored && line.starts_with("cron.job: "), "{line}");
        let (kind, line) = told("masking::sessions-empty").unwrap();
        assert!(kind == FaultKind::Failed && line == "auth.sessions (1)", "{line}");
        let (kind, line) = told("masking::no-production-value-survives").unwrap();
        assert!(kind == FaultKind::Failed && line == "public.t.note (1)", "{line}");
        let (kind, line) = told("masking::no-secret-survives").unwrap();
        assert!(kind == FaultKind::Errored && line.starts_with("public.odd: "), "{line}");
        // The row of the open transaction is seen within it alone.
        let (kind, line) = told("integrity::rows").unwrap();
        match sees {
            true => assert!(line.starts_with("public.odd: "), "{line}"),
            false => assert!(kind == FaultKind::Failed && line == "public.z (1)", "{line}"),
        }
        for id in ["integrity::foreign-keys", "integrity::indexes", "masking::definitions"] {
            assert_eq!(told(id), None);
        }
    }
    // And the transaction goes on.
    open.run("insert into public.z values (8); commit").await.unwrap();
    let row = client.query_one("select count(*) from public.z", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 2);
}
