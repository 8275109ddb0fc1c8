-- Whole schemas that are published, which version 15 began with.

object as (
    select 'publication tables in schema' as kind, nspname as schema, pubname || ' ' || nspname as name,
        '' as definition
    from pg_publication_namespace x join pg_publication b on b.oid = pnpubid join namespace n on n.oid = pnnspid
)
