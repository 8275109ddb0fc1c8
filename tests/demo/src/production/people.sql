-- Who there is, once: every table takes names, addresses and numbers of a person from here, so that
-- one person is the same everywhere. Domains and numbers are of the ranges reserved for examples.
-- The schema goes when all rows are in.

create schema seed;
set search_path = seed;

-- A number below `sides` that looks like chance and is the same at every start.
create function seed.dice(n bigint, salt integer, sides integer) returns integer language sql immutable as $$
    select (((((n * 2654435761 + salt::bigint * 1640531527) & 4294967295) * 40503) >> 9) % sides)::integer
$$;

-- What a technician writes: the same parts in ever other order, with readings and numbers that
-- come once. It compresses about as well as what people write does, and no better.
create function seed.sentence(n bigint, salt integer) returns text language sql immutable as $$
    select (array[
        'The boiler', 'The heat pump', 'The radiator in the hall', 'The flue', 'The meter behind the washing machine',
        'The thermostat', 'The second valve', 'The expansion tank', 'The pump', 'The old heat exchanger', 'The gateway',
        'The mixing tap', 'Pressure in the loop', 'The burner', 'The cistern', 'The floor heating',
        'The ignition', 'The filter', 'The drain', 'The gas pipe', 'The fan', 'The seal of the hatch',
        'The sensor outside', 'The circuit board', 'The water softener', 'The condensate trap', 'The cellar''s manifold',
        'The shower on the second floor', 'The tank', 'The relay', 'The bleed valve', 'The timer'
    ])[1 + seed.dice(n, salt + 1000, 32)] || (array[
        ' goes off at night', ' was swept', ' is weeping', ' shows a fault', ' stays cold whatever the setting',
        ' was replaced and paired', ' runs again', ' makes the noise of last year', ' is on order', ' was bled twice',
        ' drips since spring', ' needs another visit', ' holds within limits', ' was cleaned', ' is full of limescale',
        ' trips the breaker', ' could not be reached', ' was set back by the tenant', ' is under warranty',
        ' lost its settings', ' smells of oil', ' works on half power', ' had a loose wire', ' is beyond repair',
        ' was shut off at the main', ' freezes below zero', ' is louder than before', ' passed the test',
        ' leaks at the joint', ' was fitted the wrong way round', ' reports nothing', ' is as good as new'
    ])[1 + seed.dice(n, salt + 2000, 32)] || (array[
        '; measured ', '; now at ', ', before it was ', ', reading ', '; set to ', ', the display says ', ' at ', '; last time '
    ])[1 + seed.dice(n, salt + 3000, 8)] || (seed.dice(n, salt + 4000, 9000) / 100.0)::numeric(6,2) || (array[
        ' bar', ' °C', ' litres', ' kWh', ' mbar', ' volts', ' ppm', ' dB'
    ])[1 + seed.dice(n, salt + 5000, 8)] || (array[
        '. Part no. ', '. Ticket ', '. Serial ', '. See job ', '. Certificate ', '. Offer ', '. Photo ', '. Stamp '
    ])[1 + seed.dice(n, salt + 6000, 8)] || upper(left(md5(n || ' ' || salt), 7)) || (array[
        ', the key is with the neighbour. ', ', ring before arrival. ', ', mind the fresh paint. ', ', copy to the tenant. ',
        ', parking on the left of the yard. ', ', bring the long ladder. ', '. ', ', mornings only. ', ', side gate. ',
        ', old part taken along. ', ', warranty ends soon. ', ', the dog is friendly. ', ', two people needed. ',
        ', invoice to the manager. ', ', no answer at the door. ', ', shown to the customer. '
    ])[1 + seed.dice(n, salt + 7000, 16)]
$$;

-- What people write when nobody tells them how: eleven words in ever other order, which no compressor
-- knows from before.
create function seed.remark(n bigint, salt integer) returns text language sql immutable as $$
    select initcap(left(t, 1)) || substr(t, 2) || '. '
    from (select '{
        access,account,after,again,agreed,alarm,almost,always,angle,annual,answer,apron,arrived,asked,attic,
        autumn,away,back,balcony,basement,bathroom,battery,because,before,behind,below,beside,between,blocked,
        boiler,bolt,both,bracket,brass,broken,brown,bucket,builder,burst,button,cabin,cable,called,careful,
        carpet,caution,ceiling,certain,chamber,change,charge,check,chimney,clean,clear,clip,closed,coil,cold,
        collar,common,complete,concrete,condition,confirm,contact,control,copper,corner,corridor,cover,crack,
        cupboard,current,customer,daily,damage,damp,date,daughter,dealer,delay,deliver,diagram,difficult,dimmer,
        display,distance,door,double,downstairs,drawing,dry,early,east,edge,elbow,electric,empty,engine,
        entrance,error,estimate,evening,every,exchange,exhaust,expected,expired,extra,false,farther,faulty,
        filter,finish,fitting,fixed,flange,flat,flexible,floor,flow,flush,forgot,found,frame,free,frost,fuel,
        garage,garden,gasket,gauge,glass,grease,ground,guard,half,hammer,handle,hardly,heater,heavy,height,
        hidden,hinge,hold,hole,hose,hour,humid,inlet,inside,insulation,iron,issue,joint,keep,kitchen,ladder,
        landing,large,later,lead,leak,left,lever,lid,light,limit,line,liner,little,lock,loose,loud,lower,main,
        manual,mark,master,mesh,metal,middle,minor,mirror,missing,mortar,motor,mould,mount,moved,narrow,near,
        needs,neighbour,neutral,never,next,night,noise,none,normal,north,nozzle,nut,often,oil,open,order,outlet,
        outside,over,paint,panel,part,patch,phone,pilot,pipe,plan,plate,plug,point,porch,power,press,probe,
        proper,pump,quarter,quick,quiet,rail,rain,ready,rear,record,red,regular,repair,report,reset,return,
        ribbon,ring,roof,room,rotten,rubber,rust,safe,sample,screw,seal,second,section,sensor,serial,service,
        shaft,shed,shelf,short,shower,signal,silicone,single,sink,sleeve,slow,small,smoke,socket,solder,sound,
        south,spare,spring,stable,stair,steel,stem,stiff,stop,storage,storey,stuck,summer,supply,surface,switch,
        tank,tape,tenant,test,thread,tile,timber,timer,tool,torch,total,tower,trace,tread,trial,tube,twice,
        under,union,upper,urgent,usual,valve,vent,vibrate,visit,wait,wall,warm,washer,waste,water,weak,weather,
        weld,west,wheel,whole,window,winter,wire,wooden,work,worn,wrench,yellow,yesterday,young,zone
    }'::text[] as w) vocabulary
    cross join lateral (
        select w[1 + seed.dice(n, salt + 8000, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8100, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8200, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8300, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8400, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8500, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8600, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8700, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8800, 341)] || ' '
           || w[1 + seed.dice(n, salt + 8900, 341)] || ' '
           || w[1 + seed.dice(n, salt + 9000, 341)] as t
    ) said
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
