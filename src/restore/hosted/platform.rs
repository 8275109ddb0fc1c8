//! What a hosted Supabase project's platform owns: it is there before a restore, and stays.
//!
//! The lists are those of Supabase's own command-line tool, which leaves the same schemas out of
//! its dumps. They go stale, so they are not all: what a role of the platform owns is the
//! platform's as well (see `look`).

/// Schemas that services of the platform make and migrate.
const SCHEMAS: [&str; 25] = [
    "_analytics",
    "_realtime",
    "_supavisor",
    "auth",
    "cron",
    "dbdev",
    "etl",
    "extensions",
    "graphql",
    "graphql_public",
    "information_schema",
    "net",
    "pgbouncer",
    "pgmq",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "repack",
    "storage",
    "supabase_functions",
    "tiger",
    "tiger_data",
    "topology",
    "vault",
];

/// Beginnings of the names of such schemas.
const BEGINNINGS: [&str; 3] = ["pg_", "timescaledb_", "_timescaledb_"];

/// Schemas of the platform whose rows are the project's.
pub(super) const WITH_DATA: [&str; 6] =
    ["auth", "cron", "net", "pgmq", "storage", "supabase_functions"];

/// Where a right that lacks is a reason to refuse; elsewhere it is told.
pub(super) const NEEDED: [&str; 2] = ["auth", "storage"];

/// Tables in these whose rows are the platform's: which of its migrations were applied.
const OWN_ROWS: [&str; 3] =
    ["auth.schema_migrations", "storage.migrations", "supabase_functions.migrations"];

/// Tables that a project's owner may not write to on all versions of the platform. Their rows say
/// where other services keep things, which no backup of the database has.
const CLOSED: [&str; 2] = ["storage.buckets_vectors", "storage.vector_indexes"];

/// Extensions that come with the platform, as it thinks fit.
const EXTENSIONS: [&str; 6] =
    ["pg_graphql", "pg_stat_statements", "pgjwt", "pgsodium", "plpgsql", "supabase_vault"];

/// Whether a schema is the platform's by its name.
pub(super) fn is_schema(name: &str) -> bool {
    SCHEMAS.contains(&name) || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
}

/// Whether a role is one of the platform's own.
pub(super) fn is_role(name: &str) -> bool {
    name.starts_with("supabase_") || matches!(name, "dashboard_user" | "pgbouncer")
}

/// Whether the rows of a table in a schema of the platform are the project's.
pub(super) fn has_data(schema: &str, table: &str) -> bool {
    WITH_DATA.contains(&schema) && !OWN_ROWS.contains(&format!("{schema}.{table}").as_str())
}

/// Whether a table may be closed to the project's owner.
pub(super) fn may_be_closed(schema: &str, table: &str) -> bool {
    !NEEDED.contains(&schema) || CLOSED.contains(&format!("{schema}.{table}").as_str())
}

/// Whether an extension is the platform's affair.
pub(super) fn is_extension(name: &str) -> bool {
    EXTENSIONS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_s_are_told_from_the_project_s() {
        for name in ["auth", "pg_toast", "_timescaledb_catalog", "vault"] {
            assert!(is_schema(name), "{name}");
        }
        // The history of migrations is the project's own.
        for name in ["public", "Legacy CRM", "supabase_migrations", "authority"] {
            assert!(!is_schema(name), "{name}");
        }
        assert!(has_data("auth", "users") && !has_data("auth", "schema_migrations"));
        assert!(!has_data("vault", "secrets") && !has_data("public", "users"));
        assert!(may_be_closed("cron", "job") && may_be_closed("storage", "vector_indexes"));
        assert!(!may_be_closed("auth", "users") && !may_be_closed("storage", "objects"));
        assert!(is_role("supabase_auth_admin") && !is_role("postgres"));
    }
}
