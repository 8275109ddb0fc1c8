//! Rows that stand against a constraint.

use super::Proved;
use crate::database::Session;
use crate::fault::Fault;
use crate::journal::Measure;

/// Every foreign key, as a query that counts its orphans: by the key's own operators, which may
/// be an extension's, in its own tables without those that inherit from them, and with the parts
/// of a key that are null as its MATCH says.
const FOREIGN_KEYS: &str = "
    select c.conname::text, c.conrelid::regclass::text, c.convalidated,
        format('select count(*) from %s c where (%s) and not exists (select from %s p where %s)',
            case own.relkind when 'p' then '' else 'only ' end || c.conrelid::regclass,
            (select string_agg(format('c.%I is not null', a.attname),
                case c.confmatchtype when 'f' then ' or ' else ' and ' end)
             from unnest(c.conkey) k join pg_attribute a on (a.attrelid, a.attnum) = (c.conrelid, k)),
            case other.relkind when 'p' then '' else 'only ' end || c.confrelid::regclass,
            (select string_agg(
                format('p.%I operator(%I.%s) c.%I', p.attname, n.nspname, o.oprname, a.attname), ' and ')
             from unnest(c.conkey, c.confkey, c.conpfeqop) k (own, other, equal)
                join pg_attribute a on (a.attrelid, a.attnum) = (c.conrelid, k.own)
                join pg_attribute p on (p.attrelid, p.attnum) = (c.confrelid, k.other)
                join pg_operator o on o.oid = k.equal
                join pg_namespace n on n.oid = o.oprnamespace))
    from pg_constraint c
        join pg_class own on own.oid = c.conrelid
        join pg_class other on other.oid = c.confrelid
    where c.contype = 'f' and c.conparentid = 0 order by 2, 1";

/// No row refers to one that is not there.
pub(super) async fn foreign_keys(session: &Session) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error);
    let keys = session.client().query(FOREIGN_KEYS, &[]).await.map_err(said)?;
    let (mut orphans, mut allowed) = (Vec::new(), 0);
    for key in &keys {
        let (name, table, valid): (String, String, bool) = (key.get(0), key.get(1), key.get(2));
        let counted = session.client().query_one(key.get::<_, &str>(3), &[]).await;
        let counted = counted.map_err(|error| said(error).object(format!("{table} {name}")))?;
        let count = u64::try_from(counted.get::<_, i64>(0)).unwrap_or_default();
        match valid {
            _ if count == 0 => {}
            true => orphans.push((format!("{table} {name}"), count)),
            // Production has never proved them itself.
            false => allowed += count,
        }
    }
    let measures = vec![
        Measure::count("foreign keys", keys.len() as u64),
        Measure::count("orphans of keys that production never validated", allowed),
    ];
    Ok(Proved::none("integrity::foreign-keys", "orphans", &orphans, measures))
}
