//! What the platform may refuse: it is tried, and what is refused is told.

use super::InPlace;
use super::check::Prepared;
use super::left::key;
use crate::backup::archive::Entry;
use crate::fault::Fault;

/// Policies on tables of the platform that may have some of the project's own, with their schema,
/// their name in the catalogue, and what drops them.
const POLICIES: &str = "
    select n.nspname::text, c.relname || ' ' || polname, format('drop policy %I on %I.%I', polname, nspname, relname)
    from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = polrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('auth', 'realtime', 'storage') order by 1, 2";

/// Whether a table ($1) has policies that let somebody in, and not the one ($2) that restricts them.
const WIDER: &str = "
    select coalesce(bool_or(polpermissive), false)
        and not coalesce(bool_or(not polpermissive and relname || ' ' || polname = $2), false)
    from pg_catalog.pg_policy join pg_catalog.pg_class c on c.oid = polrelid
    where polrelid = pg_catalog.to_regclass($1)";

impl InPlace {
    /// What the platform may or may not let the role do.
    pub(super) async fn try_all(
        &mut self,
        entries: impl Iterator<Item = &Entry>,
    ) -> Result<(), Fault> {
        let mut refused = Vec::new();
        for entry in entries {
            let mut sql = entry.definition.clone().unwrap_or_default();
            if entry.desc == "POLICY"
                && let Some(drop) = entry.drop()
            {
                sql =
                    format!("{} {sql}", drop.replacen("DROP POLICY ", "DROP POLICY IF EXISTS ", 1));
            }
            match self.attempt(&sql).await? {
                None => drop(self.left.made.insert(key(entry))),
                Some(fault) => {
                    refused.push(entry);
                    self.left.out(entry, &fault.line());
                }
            }
        }
        for entry in refused {
            self.no_wider(entry).await?;
        }
        Ok(())
    }

    /// Without a policy nobody is let in; but without one that restricts others, too many are.
    async fn no_wider(&self, entry: &Entry) -> Result<(), Fault> {
        let is_restrictive =
            entry.definition.as_ref().is_some_and(|sql| sql.contains(" AS RESTRICTIVE"));
        let table = entry.drop().and_then(|drop| drop.trim_end().strip_suffix(';'));
        let Some((_, table)) = table.and_then(|drop| drop.rsplit_once(" ON ")) else {
            return Ok(());
        };
        if entry.desc != "POLICY" || !is_restrictive {
            return Ok(());
        }
        let rows = self.writer.client().query_one(WIDER, &[&table, &entry.tag]).await;
        match rows.map_err(|error| self.writer.said(&error))?.get(0) {
            false => Ok(()),
            true => {
                let message = "a policy that restricts others cannot be made, and others are there: \
                               more could be read in staging than in production";
                let help = "make it with the dashboard's SQL editor, and restore again";
                Err(Fault::failed(message).object(format!("policy {entry}")).help(help))
            }
        }
    }

    /// What is left to do to the platform's own tables.
    pub(super) async fn platform(&mut self, prepared: &Prepared) -> Result<(), Fault> {
        for command in &prepared.selected.sequences {
            if let Some(forward) = forward(command) {
                // Not undone with the transaction: so never back, where it would give a number twice.
                self.attempt(&forward).await?;
            }
        }
        let jobs = ("cron".to_owned(), "job".to_owned());
        if prepared.there.tables.get(&jobs).is_some_and(|table| table.filled) {
            // Whoever may not write to the table can still take the jobs out of it.
            let ended = self.attempt("select cron.unschedule(jobid) from cron.job").await?;
            let note = match ended {
                None => "the jobs of before were taken out of cron.job".to_owned(),
                Some(fault) => {
                    format!("the jobs of before are still in cron.job: {}", fault.line())
                }
            };
            self.left.notes.push(note);
        }
        self.policies_of_before(prepared).await
    }

    /// Takes away policies that the backup does not have: they may let in whom production does not.
    async fn policies_of_before(&mut self, prepared: &Prepared) -> Result<(), Fault> {
        let rows = self.writer.client().query(POLICIES, &[]).await;
        for row in rows.map_err(|error| self.writer.said(&error))? {
            let (schema, name): (String, String) = (row.get(0), row.get(1));
            let key = ("policy".to_owned(), Some(schema.clone()), name.clone());
            if prepared.selected.tried_keys.contains(&key) {
                continue;
            }
            if let Some(fault) = self.attempt(row.get(2)).await? {
                let why = fault.line();
                self.left
                    .notes
                    .push(format!("not in the backup, and stays: policy {schema}.{name}: {why}"));
            }
        }
        Ok(())
    }

    /// Runs something that may be refused; why, if it was.
    async fn attempt(&self, sql: &str) -> Result<Option<Fault>, Fault> {
        self.writer.run("savepoint attempt").await?;
        match self.writer.run(sql).await {
            Ok(()) => self.writer.run("release savepoint attempt").await.map(|()| None),
            Err(fault) => {
                self.writer.run("rollback to savepoint attempt").await?;
                Ok(Some(fault))
            }
        }
    }
}

/// `SELECT pg_catalog.setval('auth.ids', 7, true);`, but never back. Of one that was never called,
/// nothing.
fn forward(command: &str) -> Option<String> {
    let rest = command.trim().strip_prefix("SELECT pg_catalog.setval('")?;
    let (name, rest) = rest.rsplit_once("', ")?;
    let number: i64 = rest.strip_suffix(", true);")?.parse().ok()?;
    let sequence = name.replace("''", "'");
    Some(format!(
        "select pg_catalog.setval('{name}', greatest(last_value, {number}), true) from {sequence}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_of_the_platform_goes_only_forward() {
        assert_eq!(
            forward("SELECT pg_catalog.setval('auth.\"a''b\"', 7, true);\n\n").unwrap(),
            "select pg_catalog.setval('auth.\"a''b\"', greatest(last_value, 7), true) from auth.\"a'b\""
        );
        assert_eq!(forward("SELECT pg_catalog.setval('auth.ids', 1, false);"), None);
    }
}
