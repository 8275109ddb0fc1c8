//! Rows that stand against a constraint.

use super::Proved;
use crate::database::Session;
use crate::fault::Fault;
use crate::journal::Measure;

/// How many rows stand against constraints.
#[derive(Default)]
struct Tally {
    against: Vec<(String, u64)>,
    /// Of those that production has never held its own rows against.
    allowed: u64,
}

impl Tally {
    fn add(&mut self, constraint: String, valid: bool, count: i64) {
        let count = u64::try_from(count).unwrap_or_default();
        match valid {
            _ if count == 0 => {}
            true => self.against.push((constraint, count)),
            false => self.allowed += count,
        }
    }
}

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
    let mut tally = Tally::default();
    for key in &keys {
        let (name, table, valid): (String, String, bool) = (key.get(0), key.get(1), key.get(2));
        let counted = session.client().query_one(key.get::<_, &str>(3), &[]).await;
        let counted = counted.map_err(|error| said(error).object(format!("{table} {name}")))?;
        tally.add(format!("{table} {name}"), valid, counted.get(0));
    }
    let measures = vec![
        Measure::count("foreign keys", keys.len() as u64),
        Measure::count("orphans of keys that production never validated", tally.allowed),
    ];
    Ok(Proved::none("integrity::foreign-keys", "orphans", &tally.against, measures))
}

/// The check constraints of every table that may be read, with what each says; of its own rows
/// alone, since those who inherit have theirs too.
const CHECKS: &str = "
    select c.conrelid::regclass::text, array_agg(c.conname::text order by c.conname),
        array_agg(c.convalidated order by c.conname),
        format('select array[%s] from only %s', string_agg(
            format('count(*) filter (where (%s) is false)', pg_get_expr(c.conbin, c.conrelid)), ', ' order by c.conname),
            c.conrelid::regclass)
    from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
    where c.contype = 'c' and t.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and has_table_privilege(t.oid, 'select') and not row_security_active(t.oid)
    group by c.conrelid
    union all
    -- Those of domains that nobody validated: whatever else there is of one was held against them.
    select format('%s.%I', t.oid::regclass, a.attname), array[c.conname::text], array[c.convalidated],
        format('select array[count(*)] from only %s t, lateral (select t.%I::%s as value) d where (%s) is false',
            t.oid::regclass, a.attname, format_type(y.typbasetype, y.typtypmod), pg_get_expr(c.conbin, 0))
    from pg_constraint c
        join pg_type y on y.oid = c.contypid
        join pg_attribute a on a.atttypid = y.oid and a.attnum > 0 and not a.attisdropped
        join pg_class t on t.oid = a.attrelid
    where c.contype = 'c' and not c.convalidated and t.relkind = 'r'
        and has_table_privilege(t.oid, 'select') and not row_security_active(t.oid)
    order by 1";

/// No row stands against a check.
pub(super) async fn checks(session: &Session) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error);
    let all = session.client().query(CHECKS, &[]).await.map_err(said)?;
    let (mut tally, mut constraints) = (Tally::default(), 0);
    for row in &all {
        let (place, names, valid): (String, Vec<String>, Vec<bool>) =
            (row.get(0), row.get(1), row.get(2));
        let counted = session.client().query_one(row.get::<_, &str>(3), &[]).await;
        let counted = counted.map_err(|error| said(error).object(&place))?;
        let counted = counted.get::<_, Vec<i64>>(0).into_iter();
        constraints += names.len() as u64;
        for ((name, valid), count) in names.iter().zip(valid).zip(counted) {
            tally.add(format!("{place} {name}"), valid, count);
        }
    }
    let measures = vec![
        Measure::count("check constraints", constraints),
        Measure::count("rows against checks that production never validated", tally.allowed),
    ];
    Ok(Proved::none("integrity::checks", "rows against a check", &tally.against, measures))
}
