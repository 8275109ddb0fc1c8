//! What there is to be read beside the tables that were masked: materialised views, which are
//! computed anew, and tables that the plan does not name. Nobody's data may be in them either.

use super::Subject;
use super::fields::{Shape, Table};
use crate::backup::manifest::{Column, TypeKind};
use crate::database::Session;
use crate::fault::Fault;
use crate::masking::plan::{Action, ColumnPlan, Rows, TablePlan};
use crate::restore::{loaded, marker};

/// A table or materialised view that no plan names.
pub(super) struct Outside {
    pub(super) key: (String, String),
    pub(super) plan: TablePlan,
    pub(super) computed: Vec<String>,
    pub(super) shapes: Vec<Shape>,
    pub(super) is_view: bool,
}

impl Outside {
    pub(super) fn table(&self) -> Table<'_> {
        Table {
            key: &self.key,
            plan: &self.plan,
            computed: self.computed.iter().map(String::as_str).collect(),
            shapes: self.shapes.clone(),
            is_view: self.is_view,
        }
    }
}

/// Columns with what their types come down to, those that are computed last. What may not be read
/// was not written by a restore either: its columns are none.
const RELATIONS: &str = "
    with recursive relation as (
        select c.oid, n.nspname, c.relname, c.relkind,
            has_table_privilege(c.oid, 'select') and has_schema_privilege(n.oid, 'usage')
                and not row_security_active(c.oid) as may
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where (c.relkind = 'r' or c.relkind = 'm' and c.relispopulated)
            and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    ), down as (
        select a.attrelid, a.attnum, a.atttypid as type, false as is_array, 0 as depth
        from relation r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        union all
        select d.attrelid, d.attnum, case t.typtype when 'd' then t.typbasetype else t.typelem end,
            d.is_array or t.typtype <> 'd', d.depth + 1
        from down d join pg_type t on t.oid = d.type
        where t.typtype = 'd' or t.typcategory = 'A' and t.typelem <> 0
    ), typed as (
        select distinct on (attrelid, attnum) * from down order by attrelid, attnum, depth desc
    )
    select r.nspname::text, r.relname::text, r.relkind = 'm', r.may, a.attname::text,
        case when t.typnamespace = 'pg_catalog'::regnamespace then t.typname::text else format_type(t.oid, null) end,
        t.typtype = 'e', y.is_array, a.attgenerated <> ''
    from relation r
        left join typed y on y.attrelid = r.oid
        left join pg_type t on t.oid = y.type
        left join pg_attribute a on (a.attrelid, a.attnum) = (r.oid, y.attnum)
    order by 1, 2, a.attgenerated <> '', a.attnum";

/// What is to be read beside the plan, and how many relations may not be read.
pub(super) async fn outside(
    subject: &Subject<'_>,
    session: &Session,
) -> Result<(Vec<Outside>, u64), Fault> {
    let rows = session.client().query(RELATIONS, &[]).await;
    let rows = rows.map_err(|error| session.said(&error).object("tables beside the plan"))?;
    let mut all: Vec<Outside> = Vec::new();
    let mut hidden = std::collections::BTreeSet::new();
    for row in &rows {
        let key: (String, String) = (row.get(0), row.get(1));
        // Who marked a staging, and what was loaded, stand in them, and are not of production.
        let is_ours = key.0 == marker::SCHEMA && [marker::TABLE, loaded::TABLE].contains(&&*key.1);
        if subject.plan.tables.contains_key(&key) || is_ours {
            continue;
        }
        if !row.get::<_, bool>(3) {
            hidden.insert(key);
            continue;
        }
        let Some(name) = row.get::<_, Option<String>>(4) else { continue };
        if all.last().is_none_or(|last| last.key != key) {
            let plan = TablePlan { rows: Rows::Load, columns: Vec::new(), links: Vec::new() };
            let (computed, shapes) = (Vec::new(), Vec::new());
            all.push(Outside { key: key.clone(), plan, computed, shapes, is_view: row.get(2) });
        }
        let Some(last) = all.last_mut() else { continue };
        let generated = row.get(8);
        let column = Column {
            schema: key.0,
            table: key.1,
            name: name.clone(),
            declared: String::new(),
            base: row.get(5),
            kind: if row.get(6) { TypeKind::Enum } else { TypeKind::Base },
            array: row.get(7),
            nullable: true,
            generated,
            identity: false,
            length: None,
        };
        last.shapes.push(Shape::of(Some(&column)));
        match generated {
            true => last.computed.push(name),
            false => last.plan.columns.push(ColumnPlan {
                name,
                array: column.array,
                text: true,
                length: None,
                action: Action::Keep,
                passed: None,
            }),
        }
    }
    Ok((all, hidden.len() as u64))
}
