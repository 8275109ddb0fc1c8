-- One of everything that is rare, for the comparison with what `pg_dump` lists.

create schema app;
create schema "Two Words";
create schema exts;
create extension citext with schema exts;
create extension postgres_fdw;

create type app.colour as enum ('red', 'green');
create type app.pair as (x int, y app.colour);
create type app.span as range (subtype = int4);
create domain app.small as int check (value < 10);
alter domain app.small add constraint later check (value <> 3) not valid;
create collation app.plainly (locale = 'C');
create conversion app.there for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;

create function app.one() returns int language sql as 'select 1';
create function app.many(int, variadic text[]) returns setof app.pair language sql as 'select null::app.pair';
create function app.out(in a int, out b int, inout c text) language sql as 'select 1, ''''';
create function app."Odd Name"("char", name, timestamp(3) with time zone) returns int language sql as 'select 1';
create procedure app.doing(inout a int) language plpgsql as 'begin end';
create aggregate app.total(int4) (sfunc = int4pl, stype = int4, initcond = '0');
create function app.next(bigint) returns bigint language sql as 'select $1 + 1';
create aggregate app.counted(*) (sfunc = app.next, stype = bigint, initcond = '0');
create function app.less(app.pair, app.pair) returns bool language sql immutable as 'select ($1).x < ($2).x';
create operator app.<<< (function = app.less, leftarg = app.pair, rightarg = app.pair);
create function app.compare(app.pair, app.pair) returns int language sql immutable as 'select ($1).x - ($2).x';
create operator class app.pairs for type app.pair using btree as operator 1 app.<<<, function 1 app.compare(app.pair, app.pair);
create operator family app.lonely using hash;
create function app.as_pair(int) returns app.pair language sql as 'select null::app.pair';
create cast (int as app.pair) with function app.as_pair(int);
create text search dictionary app.words (template = simple);
create text search configuration app.language (copy = pg_catalog.simple);

create sequence app.counter;
create table app.plain (a int, b text constraint b_short check (length(b) < 100));
create table app.keyed (id int generated always as identity primary key, other serial, twice int generated always as (id * 2) stored,
    unique (other) include (twice));
create table app.child (extra text) inherits (app.plain);
create table app.referring (id int references app.keyed deferrable, p app.small);
alter table app.referring add constraint late foreign key (id) references app.keyed (other) not valid;
alter table app.plain add constraint unproved check (a > 0) not valid;
create unlogged table "Two Words"."Some Table" ("Some Column" exts.citext);
create index "Some Index" on "Two Words"."Some Table" (lower("Some Column"::text)) where "Some Column" <> '';
create statistics app.both on a, b from app.plain;
create table app.parted (id int, at date, note text, primary key (id, at), constraint noted check (note <> '')) partition by range (at);
create index on app.parted (note);
create table app.parted_1 partition of app.parted for values from ('2026-01-01') to ('2026-02-01') partition by list (id);
create table app.parted_1_1 partition of app.parted_1 for values in (1);
create table app.parted_rest partition of app.parted default;
create table app.to_parted (id int, at date, foreign key (id, at) references app.parted);
alter table app.parted add constraint parted_checked check (id > 0) not valid;
create view app.seen as select a from app.plain;
create view app.checked with (security_barrier) as select * from app.plain where a > 0 with local check option;
create materialized view app.stored as select id from app.keyed;
create unique index on app.stored (id);
create rule hidden as on delete to app.plain do instead nothing;
create function app.fired() returns trigger language plpgsql as 'begin return new; end';
create trigger t before insert on app.plain for each row execute function app.fired();
create constraint trigger ct after insert on app.plain deferrable for each row execute function app.fired();
create trigger on_parts after insert on app.parted for each row execute function app.fired();
create trigger instead instead of insert on app.seen for each row execute function app.fired();
create policy p on app.plain for select using (a > 0);
create policy "Odd Policy" on app.parted to public using (true);
alter table app.parted enable row level security;

-- A table of an extension, with what people add to such tables.
create table exts.listed (id int primary key, note text);
alter extension citext add table exts.listed;
alter table exts.listed enable row level security;
create policy added on exts.listed using (id > 0);
create index added_index on exts.listed (note);
create trigger added_trigger before insert on exts.listed for each row execute function app.fired();

create function app.watch() returns event_trigger language plpgsql as 'begin end';
create event trigger watching on ddl_command_end execute function app.watch();
alter event trigger watching disable;
create foreign data wrapper nothing;
create server elsewhere foreign data wrapper postgres_fdw options (host 'nowhere');
create user mapping for public server elsewhere options (user 'x', password 'y');
create foreign table app.far (id int options (column_name 'i')) server elsewhere;
alter table app.plain replica identity full;
alter table app.child replica identity full;
create publication everything for all tables;
create publication "some" for table app.plain where (a > 0), app.keyed (id, other);
create publication schemas for tables in schema app;
alter default privileges grant execute on functions to public;
alter default privileges in schema app grant select on tables to public;
alter default privileges revoke execute on functions from public;
create function app.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create language app_language handler app.handler;
create access method other_heap type table handler heap_tableam_handler;
select pg_catalog.lo_create(4711);
