//! The columns of tables: what masking has to know before any row is read.

use tokio_postgres::Row;

use super::{Excluded, PRELUDE};
use crate::backup::manifest::{Column, TypeKind};
use crate::database::session::Session;
use crate::fault::Fault;

const COLUMNS: &str = include_str!("columns.sql");

/// Every column of every table but what is excluded.
///
/// # Errors
/// The connection is lost.
pub(super) async fn columns(session: &Session, excluded: &Excluded) -> Result<Vec<Column>, Fault> {
    let sql = format!("{PRELUDE}{COLUMNS}");
    let rows = session.client().query(&sql, &[&excluded.schemas, &excluded.tables]).await;
    let rows = rows.map_err(|error| session.said(&error).stage("catalogue"))?;
    Ok(rows.iter().map(column).collect())
}

fn column(row: &Row) -> Column {
    let kind = match row.get::<_, &str>(5) {
        "b" => TypeKind::Base,
        "c" => TypeKind::Composite,
        "e" => TypeKind::Enum,
        "r" => TypeKind::Range,
        "m" => TypeKind::Multirange,
        _ => TypeKind::Other,
    };
    Column {
        schema: row.get(0),
        table: row.get(1),
        name: row.get(2),
        declared: row.get(3),
        base: row.get(4),
        kind,
        array: row.get(6),
        nullable: row.get(7),
        generated: row.get(8),
        identity: row.get(9),
        length: row.get::<_, Option<i32>>(10).and_then(|length| u32::try_from(length).ok()),
    }
}
