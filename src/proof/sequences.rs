//! Where sequences stand.

use std::collections::BTreeSet;

use super::{Proved, Subject};
use crate::backup::manifest::Object;
use crate::database::{Session, quoted};
use crate::fault::Fault;
use crate::journal::Measure;
use crate::restore::positions::Position;

/// Every sequence that numbers a column, since it belongs to it or the column's default is its
/// next value, with a query for both. One that goes round may well be behind.
const OF_COLUMNS: &str = r"
    with plain as (
        select d.oid, d.adrelid, d.adnum, t.relnamespace, pg_get_expr(d.adbin, d.adrelid) as value
        from pg_attrdef d join pg_class t on t.oid = d.adrelid
    ), used as (
        select d.objid as sequence, d.refobjid as relation, d.refobjsubid::int2 as number
        from pg_depend d
        where d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
            and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
        union
        select d.refobjid, p.adrelid, p.adnum
        from plain p join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = p.oid
            and d.refclassid = 'pg_class'::regclass and d.refobjsubid = 0
        where p.value ~ '^nextval\(''([^'']|'''')+''::regclass\)$'
        union
        -- A name that is looked up at each call: of whichever schema it is now.
        select coalesce(to_regclass(name), to_regclass(format('%s.%s', p.relnamespace::regnamespace, name)))::oid,
            p.adrelid, p.adnum
        from plain p, lateral replace(
            substring(p.value from '^nextval\(\(''((?:[^'']|'''')+)''::text\)::regclass\)$'), '''''', '''') name
        where name is not null
    )
    select s.oid::regclass::text, n.nspname::text, s.relname::text, format('%s.%I', t.oid::regclass, a.attname),
        format('select last_value::numeric, is_called, (select %s(%I)::numeric from %s) from %s',
            case when q.seqincrement > 0 then 'max' else 'min' end, a.attname, t.oid::regclass, s.oid::regclass),
        q.seqincrement > 0
    from used u
        join pg_class s on s.oid = u.sequence and s.relkind = 'S'
        join pg_namespace n on n.oid = s.relnamespace
        join pg_sequence q on q.seqrelid = s.oid and not q.seqcycle
        join pg_class t on t.oid = u.relation and t.relkind in ('r', 'p')
        join pg_attribute a on (a.attrelid, a.attnum) = (t.oid, u.number)
        join pg_type y on y.oid = a.atttypid
    where coalesce(nullif(y.typbasetype, 0), y.oid) = any ('{int2, int4, int8, numeric, float4, float8}'::regtype[])
    order by 1, 4";

/// Sequences stand beyond what they number; and those that number nothing where the backup has
/// them stand, or beyond.
pub(super) async fn sequences(subject: &Subject<'_>, session: &Session) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error);
    let all = session.client().query(OF_COLUMNS, &[]).await.map_err(said)?;
    let mut behind = Vec::new();
    let mut number = BTreeSet::new();
    for row in &all {
        let [name, schema, own, column] = [0, 1, 2, 3].map(|index| row.get::<_, String>(index));
        let place = format!("{name} of {column}");
        let sql = format!(
            "select coalesce(not ({}), false) from ({}) s (last, called, most)",
            match row.get::<_, bool>(5) {
                true => "last > most or last = most and called",
                false => "last < most or last = most and called",
            },
            row.get::<_, &str>(4)
        );
        let is_behind = session.client().query_one(&sql, &[]).await;
        let is_behind = is_behind.map_err(|error| said(error).object(&place))?;
        if is_behind.get(0) {
            behind.push((place, 1));
        }
        number.insert((schema, own));
    }
    let mut others = 0;
    for position in subject.sequences {
        let (schema, name) = (position.schema.clone(), position.name.clone());
        let object = Object {
            kind: "sequence".to_owned(),
            schema: Some(schema.clone()),
            name: name.clone(),
            definition: String::new(),
        };
        if number.contains(&(schema, name)) || subject.left.covers(&object) {
            continue;
        }
        others += 1;
        if is_before(position, session).await? {
            behind.push((format!("{}.{} of the backup", position.schema, position.name), 1));
        }
    }
    let measures = vec![
        Measure::count("sequences of columns", all.len() as u64),
        Measure::count("other sequences", others),
    ];
    Ok(Proved::none("integrity::sequences", "behind what they number", &behind, measures))
}

/// Whether a sequence stands before where the backup has it stand. That one is not there at all is
/// told by another proof.
async fn is_before(position: &Position, session: &Session) -> Result<bool, Fault> {
    let place = format!("{}.{}", quoted(&position.schema), quoted(&position.name));
    let said = |error: tokio_postgres::Error| session.said(&error).object(&place);
    let step = "select seqincrement > 0 from pg_sequence where seqrelid = to_regclass($1)";
    let Some(step) = session.client().query_opt(step, &[&place]).await.map_err(said)? else {
        return Ok(false);
    };
    let now = format!("select last_value, is_called from {place}");
    let now = session.client().query_one(&now, &[]).await.map_err(said)?;
    let (last, called): (i64, bool) = (now.get(0), now.get(1));
    let order = match step.get::<_, bool>(0) {
        true => last.cmp(&position.last),
        false => position.last.cmp(&last),
    };
    Ok(order.then(called.cmp(&position.called)).is_lt())
}
