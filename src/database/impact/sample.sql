-- One look at what the server's sessions do. $1: what the names of ours begin with.
--
-- Who waits, whose transaction has a number and who holds a snapshot, every role may see; since
-- when, only members of pg_monitor, and everybody of their own role.

with activity as materialized (
    select *, application_name <> '' and starts_with(application_name, $1) as is_ours from pg_stat_activity
),
ours as materialized (
    select pid from activity where is_ours
),
waiting as materialized (
    select distinct pid from pg_locks join activity using (pid)
    where not granted and datname = current_database() and not is_ours
),
oldest as (
    select extract(epoch from clock_timestamp() - xact_start)::float8 as age,
        case when is_ours then 'this backup' else application_name || ', server process ' || pid end as holder
    from activity
    where backend_xmin is not null and backend_type = 'client backend' and pid <> pg_backend_pid()
        and xact_start is not null
    order by xact_start limit 1
)
select (select count(*) from waiting),
    (select count(*) from waiting where exists (select from unnest(pg_blocking_pids(pid)) as blocker
                                                where blocker in (select pid from ours))),
    (select age from oldest), (select holder from oldest),
    (select count(*) from ours),
    (select coalesce(array_agg(pid), '{}') from activity where is_ours and backend_xid is not null)
