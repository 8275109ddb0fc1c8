-- Who there is, once: every table takes names, addresses and numbers of a person from here, so that
-- one person is the same everywhere. Domains and numbers are of the ranges reserved for examples.
-- The schema goes when all rows are in.

create schema seed;
set search_path = seed;

-- A number below `sides` that looks like chance and is the same at every start.
create function seed.dice(n bigint, salt integer, sides integer) returns integer language sql immutable as $$
    select (((((n * 2654435761 + salt::bigint * 1640531527) & 4294967295) * 40503) >> 9) % sides)::integer
$$;

create function seed.sentence(n integer) returns text language sql immutable as $$
    select (array[
        'The boiler shows a pressure fault and goes off at night. ',
        'Access is through the side gate, the key is with the neighbour. ',
        'Please call half an hour before arrival. ',
        'The meter stands behind the washing machine. ',
        'Last year''s visit found limescale in the heat exchanger. ',
        'The dog is friendly; the cat is not. ',
        'Parking is on the left of the yard, not in front of the garage. ',
        'Replace the filter and take the old one along. ',
        'The tenant moved in this spring and has no papers of the unit. ',
        'Bring the long ladder and two litres of coolant. ',
        'An invoice goes to the property manager, a copy to the tenant. ',
        'Warranty ends soon: take photographs before and after. ',
        'The radiator in the hall stays cold whatever the setting. ',
        'Check the seals of both valves, one was weeping. ',
        'Water was shut off at the main; turn it on slowly. ',
        'No answer at the door on the first attempt. ',
        'The customer asks for a morning appointment. ',
        'Part is on order and should arrive within the week. ',
        'Thermostat replaced and paired with the new gateway. ',
        'Measured 1.8 bar cold and 2.1 bar hot, within limits. ',
        'The flue was swept and the certificate left in the cupboard. ',
        'Please mind the freshly painted stairs. ',
        'Second visit for the same noise, now traced to the pump. ',
        'Everything runs; the customer was shown how to bleed the line. '
    ])[1 + n % 24]
$$;

-- Written in small letters without accents, as in an address or the name of a file.
create function seed.plain(name text) returns text language sql immutable as $$
    select translate(replace(replace(replace(replace(lower(name), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss'),
                     'éèëçñłŁíøáóú'' .', 'eeecnllioaou')
$$;

create table seed.people as
with names as (
    select n,
           (array['Ada', 'Adrian', 'Agnes', 'Ahmed', 'Alice', 'Amara', 'Andrés', 'Anke', 'Anna', 'Ben', 'Bela',
                  'Björn', 'Carla', 'Chloë', 'Clara', 'Daniel', 'Dmitri', 'Dora', 'Elif', 'Emil', 'Emma', 'Erik',
                  'Eva', 'Femi', 'Finn', 'Flora', 'François', 'Frida', 'Grace', 'Greta', 'Hana', 'Hiro', 'Ida',
                  'Ines', 'Ivan', 'Jane', 'Jonas', 'José', 'Jürgen', 'Karim', 'Klara', 'Lena', 'Liam', 'Lucía',
                  'Łukasz', 'Mara', 'Mei', 'Milan', 'Nadia', 'Nils', 'Noah', 'Olga', 'Omar', 'Paula', 'Petra',
                  'Rosa', 'Ruth', 'Sami', 'Søren', 'Tara', 'Tomás', 'Uma', 'Vera', 'Zoë'])[1 + (k & 63)] as first,
           (array['Archer', 'Baker', 'Becker', 'Bianchi', 'Brandt', 'Carter', 'Castillo', 'Cooper', 'Dahl',
                  'D''Angelo', 'Doe', 'Dubois', 'Eriksen', 'Farmer', 'Fischer', 'Fletcher', 'Fuller', 'García',
                  'Gruber', 'Haas', 'Hansen', 'Horváth', 'Ibrahim', 'Ivanova', 'Jansen', 'Keller', 'Kowalska',
                  'Köhler', 'Lange', 'Larsen', 'Lindqvist', 'Mason', 'Meier', 'Mendes', 'Moreau', 'Müller',
                  'Nakamura', 'Novak', 'Núñez', 'O''Neill', 'Okafor', 'Olsen', 'Papadakis', 'Peters', 'Petrov',
                  'Quinn', 'Ricci', 'Rossi', 'Sawyer', 'Schäfer', 'Schmidt', 'Schröder', 'Silva', 'Steiner',
                  'Szabó', 'Tailor', 'Tanaka', 'Thatcher', 'Vogel', 'Wagner', 'Weber', 'Weiß', 'Yilmaz',
                  'Zimmermann'])[1 + (k >> 6)] as last,
           -- Two letters at most: 2.8 million people before a name comes twice.
           case when block > 0 then chr(65 + (block - 1) % 26) || '. ' else '' end
           || case when block > 26 then chr(64 + (block - 1) / 26) || '. ' else '' end as middle
    from (
        -- An odd factor: within a block of 4096 every pair of names comes once.
        select n, ((n * 2531 + 977) & 4095)::integer as k, ((n - 1) / 4096)::integer as block
        from generate_series(1, @CUSTOMERS@ + @TECHNICIANS@) n
    ) numbered
)
select n::integer, n > @CUSTOMERS@ as staff,
       md5('person ' || n)::uuid as id,
       md5('customer ' || n)::uuid as customer,
       first, last, first || ' ' || middle || last as name,
       case when n > @CUSTOMERS@ then seed.plain(first) || '.' || seed.plain(last) || n || '@brook.test'
            else seed.plain(first) || '.' || seed.plain(last) || n
                 || (array['@mail.test', '@post.example', '@home.example.net', '@firm.test'])[1 + seed.dice(n, 3, 4)]
       end as email,
       '+1555' || lpad((2000000 + n)::text, 7, '0') as phone,
       '+1 555 ' || substr((2000000 + n)::text, 1, 3) || ' ' || substr((2000000 + n)::text, 4) as phone_written,
       1 + seed.dice(n, 5, 180) || ' ' ||
       (array['Mill Lane', 'Brook Street', 'Station Road', 'Lindenweg', 'Church Hill', 'Rue du Pont', 'Harbour View',
              'Am Bühl', 'Orchard Close', 'King''s Parade'])[1 + seed.dice(n, 6, 10)] || ', ' ||
       (array['Ashford', 'Brookfield', 'Calder', 'Denby', 'Elmstadt', 'Fernwick', 'Görlitz',
           'Hollow Bay'])[1 + seed.dice(n, 7, 8)]
       as address,
       case when n % 3 = 0 then '2001:db8::' || to_hex(n / 65536) || ':' || to_hex(n & 65535)
            else '203.0.113.' || seed.dice(n, 8, 254) + 1 end::inet as ip,
       @BASE@ - (seed.dice(n, 9, 900) + 30) * interval '1 day' as since
from names;
create unique index on seed.people (n);
analyze seed.people;

-- Every job with its customer's and its technician's number.
create table seed.jobs as
select k::integer, 100000 + 7 * k as job, n, t as technician,
       date_trunc('minute', @BASE@ - interval '730 days' + k * (interval '760 days' / (@CUSTOMERS@ * 5))) as at
from generate_series(1, @CUSTOMERS@ * 5) k
cross join lateral (select (1 + seed.dice(k, 60, @CUSTOMERS@)) as n, @CUSTOMERS@ + 1 + seed.dice(k, 61,
    @TECHNICIANS@) as t) who;
analyze seed.jobs;
