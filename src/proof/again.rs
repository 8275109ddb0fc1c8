//! What is proved once more after migrations of the project have written: that nobody of production
//! is in any field, no key of it anywhere, that nothing calls out, and that keys and checks hold.
//!
//! Tables and columns are no longer those of the backup, so that every table is read as one that no
//! rule names: what is looked for in a field does not depend on its rule.

use super::judge::HIDDEN;
use super::{Proved, Subject, prove};
use crate::fault::Fault;
use crate::masking::plan::MaskPlan;
use crate::restore::load::Sums;

/// What can be asked of a database that is no longer as the backup has it.
const AGAIN: [&str; 9] = [
    "integrity::foreign-keys",
    "integrity::checks",
    "integrity::indexes",
    "masking::sessions-empty",
    "masking::no-production-value-survives",
    "masking::no-secret-survives",
    "masking::definitions",
    "masking::webhooks-disabled",
    "masking::jobs-disabled",
];

/// Proves again what a migration may have changed; `before` is what was proved before it.
///
/// # Errors
/// Staging cannot be connected to, or it is to stop.
pub(crate) fn again(subject: &Subject<'_>, before: &[Proved]) -> Result<Vec<Proved>, Fault> {
    let (plan, sums) = (MaskPlan::default(), Sums::new());
    let mut all = prove(&Subject { plan: &plan, sums: &sums, ..*subject })?;
    all.retain(|proved| AGAIN.contains(&proved.id.as_str()));
    for proved in &mut all {
        let earlier = before.iter().find(|earlier| earlier.id == proved.id);
        let (then, now) = (earlier.map_or(0.0, hidden), hidden(proved));
        // What the role could not read before was not written by the restore; what has come since
        // was by a migration.
        if now > then && proved.result.is_ok() {
            let message = "a migration has made tables that may not be read, and are not proved";
            let help = "grant the role that restores SELECT on them; where row security is forced, \
                        BYPASSRLS";
            proved.result = Err(Fault::errored(message).help(help));
        }
    }
    Ok(all)
}

/// How many tables may not be read.
fn hidden(proved: &Proved) -> f64 {
    proved.measures.iter().find(|measure| measure.name == HIDDEN).map_or(0.0, |found| found.value)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{known, manifest, red, subject_of};
    use super::*;
    use crate::database::testing::{database, writer};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_migration_has_written_is_read_also_where_no_rule_knows_the_table() {
        let text = database("proved_again").await;
        let client = writer(&text).await;
        let setup = "create table public.t (id int primary key, note text);
            insert into public.t values (1, 'nobody')";
        client.batch_execute(setup).await.unwrap();
        let backup = manifest(&text).await;
        let proved = async || {
            subject_of(&text, &backup, known, |subject| again(subject, &[]).unwrap()).await
        };
        assert_eq!(red(&proved().await), []);
        for (migration, back, id, told) in [
            (
                "alter table public.t rename note to remark; update public.t set remark = 'Ada Archer'",
                "update public.t set remark = ''",
                "masking::no-production-value-survives",
                "public.t.remark (1)",
            ),
            (
                "create table public.copied as select 'x hunter2-of-production'::text as word",
                "drop table public.copied",
                "masking::no-secret-survives",
                "public.copied.word (1)",
            ),
            (
                "comment on table public.t is 'ask ada@mail.test'",
                "comment on table public.t is null",
                "masking::definitions",
                "public.t",
            ),
            (
                "create table public.u (t int); insert into public.u values (7);
                 alter table public.u add foreign key (t) references public.t not valid;
                 update pg_constraint set convalidated = true where conrelid = 'public.u'::regclass",
                "drop table public.u",
                "integrity::foreign-keys",
                "public.u",
            ),
        ] {
            client.batch_execute(migration).await.unwrap();
            let found = red(&proved().await);
            assert!(found.len() == 1 && found[0].0 == id && found[0].1.contains(told), "{found:?}");
            client.batch_execute(back).await.unwrap();
        }
        assert_eq!(red(&proved().await), []);
    }
}
