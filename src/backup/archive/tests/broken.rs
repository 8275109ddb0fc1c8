//! What is read of archives that are whole, and what is said of each way to be broken.

use super::made::{Block, ROWS};
use super::{Made, read_all};
use crate::backup::archive::contents::Section;
use crate::fault::{Fault, FaultKind};

fn fault(made: &Made) -> Fault {
    read_all(&made.bytes()).unwrap_err()
}

#[test]
fn reads_each_version() {
    for minor in 12..=16 {
        for integer in [4, 8] {
            let bytes = Made { integer, ..Made::new(minor) }.bytes();
            let held = read_all(&bytes).unwrap();
            assert_eq!(held.toc.version, format!("1.{minor}"));
            let names = [&held.toc.dbname, &held.toc.server_version, &held.toc.tool_version];
            assert_eq!(names, ["shop", "15.18", "16.2"]);
            let view = &held.toc.entries[0];
            assert_eq!((view.tag.as_str(), view.desc.as_str()), ("v", "VIEW"));
            assert_eq!(view.definition.as_deref(), Some("CREATE VIEW s.v AS SELECT 1;\n"));
            assert_eq!(view.section, Section::PreData);
            assert_eq!((view.dump_id, view.had_data, &view.dependencies), (10, false, &vec![10]));
            let large = &held.toc.entries[3];
            assert_eq!((&large.namespace, large.owner.as_deref()), (&None, Some("owner")));
            let [full, empty] = held.tables.as_slice() else { panic!("two tables") };
            assert_eq!((full.schema.as_str(), full.name.as_str(), full.entry), ("s", "t", 11));
            assert_eq!((full.rows, full.bytes), (2, ROWS.len() as u64));
            assert_eq!((empty.rows, empty.bytes), (0, 0));
            assert_eq!((held.large_objects, held.large_object_bytes), (3, 12));
            assert_eq!(held.bytes, bytes.len() as u64);
            // Of an uncompressed archive the offset is where the block begins.
            assert_eq!(bytes[usize::try_from(full.offset).unwrap()..][..3], [1, 0, 11]);
        }
    }
}

#[test]
fn refuses_what_it_cannot_read_and_says_why() {
    let old = Made::new(14);
    let cases = [
        (Made { magic: b"-- Po", ..old.clone() }, FaultKind::Failed, "no archive in pg_dump's"),
        (Made { minor: 17, ..old.clone() }, FaultKind::Errored, "version 1.17.0, and versions"),
        (Made { minor: 11, ..old.clone() }, FaultKind::Errored, "version 1.11.0, and versions"),
        (Made { major: 2, ..old.clone() }, FaultKind::Errored, "version 2.14.0, and versions"),
        (Made { compression: -1, ..old.clone() }, FaultKind::Errored, "is compressed within"),
        (Made { compression: 3, ..Made::new(16) }, FaultKind::Errored, "is compressed within"),
        (Made { format: 3, ..old.clone() }, FaultKind::Failed, "format 3, and not custom"),
        (Made { copy: None, ..old.clone() }, FaultKind::Errored, "are INSERT commands"),
    ];
    for (made, kind, words) in cases {
        let fault = fault(&made);
        assert_eq!(fault.kind(), kind, "{fault}");
        assert!(fault.to_string().contains(words), "{fault}");
        assert!(fault.to_string().contains("help: "), "{fault}");
    }
}

#[test]
fn names_the_place_of_each_damage() {
    let old = Made::new(14);
    let with = |change: fn(&mut Vec<Block>)| {
        let mut made = Made::new(14);
        change(&mut made.data);
        made
    };
    let cases = [
        (Made { entries: Some(-2), ..old.clone() }, "table of contents: ", "-2 is no number of"),
        (Made { entries: Some(60_000_000), ..old.clone() }, "table of contents: ", "60000000"),
        // One entry more, and so the first block is read as one.
        (Made { entries: Some(5), ..old }, "entry 5 of 5 in the table of contents: ", ""),
        (with(|data| drop(data.remove(1))), "data of s.empty: ", "cut off"),
        (with(|data| data.push(data[0].clone())), "data: ", "entry 11 are not expected"),
        (with(|data| data[0].1 = 99), "data: ", "entry 99 are not expected"),
        (with(|data| data[2].0 = 1), "data of BLOBS: ", "type 1 do not belong to BLOBS"),
        (with(|data| data[0].0 = 7), "data of s.t: ", "type 7 do not belong to TABLE DATA"),
        (with(|data| drop(data[0].2[0].1.pop())), "data of s.t: ", "do not end as rows end"),
        (with(|data| data[0].2[0].1[0].push(b'x')), "data of s.t: ", "do not end as rows end"),
        (with(|data| data[1].2[0].1[0].push(b'x')), "data of s.empty: ", "do not end as rows"),
        (with(|data| drop(data[1].2[0].1.remove(0))), "data of s.empty: ", "do not end as rows"),
    ];
    for (made, place, words) in cases {
        let fault = fault(&made);
        assert_eq!(fault.kind(), FaultKind::Failed, "{fault}");
        assert!(fault.to_string().starts_with(place), "{place}: {fault}");
        assert!(fault.to_string().contains(words), "{words}: {fault}");
        assert!(fault.to_string().contains("help: "), "{fault}");
    }
}

#[test]
fn finds_an_end_at_any_byte_and_anything_after_the_end() {
    for minor in 12..=16 {
        let bytes = Made::new(minor).bytes();
        for length in 0..bytes.len() {
            let fault = read_all(&bytes[..length]).unwrap_err();
            assert_eq!(fault.kind(), FaultKind::Failed, "{length}: {fault}");
        }
        let mut more = bytes.clone();
        more.push(0);
        assert!(read_all(&more).is_err());
        assert_eq!(read_all(&bytes).unwrap().tables.len(), 2);
    }
}

#[test]
fn believes_no_length_before_the_bytes_are_there() {
    let made = Made::new(14);
    let mut bytes = b"PGDMP\x01\x0e\x00\x04\x08\x01".to_vec();
    (0..8).for_each(|_| made.int(&mut bytes, 0));
    for (length, words) in [(60_000_000, "cut off"), (70_000_000, "70000000 bytes is none")] {
        let mut bytes = bytes.clone();
        made.int(&mut bytes, length);
        let fault = read_all(&bytes).unwrap_err().to_string();
        assert!(fault.starts_with("header: ") && fault.contains(words), "{fault}");
    }
}
