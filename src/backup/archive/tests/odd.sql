-- What a counter of rows can stumble over.
create schema odd;
create table odd.nothing ();
insert into odd.nothing select from generate_series(1, 7);
create table odd.none (a int);
create table odd.texts (a text);
insert into odd.texts values
    (''), (null), (E'\n'), (E'\n\n\n'), ('\.'), (E'\\.\n\n\n'), (E'\\\n'), (E'\r\n'), ('\N'),
    (E'\t\b\f\v'), (E'\\n'), (repeat(E'\n\\', 300000)), ('ÄÖ' || chr(128512));
create table odd."Quo""ted, \. name
in two lines" ("a ""b""" int);
insert into odd."Quo""ted, \. name
in two lines" select generate_series(1, 11);
create table odd.parts (a int) partition by list (a);
create table odd.parts_1 partition of odd.parts for values in (1);
create table odd."parts.2" partition of odd.parts for values in (2);
insert into odd.parts values (1), (1), (2);
create table odd.made (a int, b int generated always as (a * 2) stored);
insert into odd.made select generate_series(1, 5);
create table odd.all_made (a int generated always as (1) stored);
insert into odd.all_made select from generate_series(1, 3);
create table odd.dropped (a int);
insert into odd.dropped values (1), (2);
alter table odd.dropped drop column a;
create table odd.bytes (a bytea);
insert into odd.bytes values ('\x0a5c2e0a0a0a'), (decode(repeat('00', 400000), 'hex'));
select lo_create(700001);
select lo_from_bytea(4000000001, 'above two thousand million');
select lo_from_bytea(700002, decode(repeat('0a', 700000), 'hex'));
