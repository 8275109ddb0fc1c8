//! What was compressed and then damaged is never taken for whole.

use std::io::{Read as _, Write as _};

use proptest::prelude::*;

use super::super::{Packed, expand, verify};
use super::{Held, expanded, packed};
use crate::backup::archive::tests::source::{dump, odd};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::{Fault, FaultKind};

fn verified(packed: &[u8]) -> Result<Held, Fault> {
    verify(packed, &Progress::default(), &Stop::default())
}

#[test]
fn a_flipped_bit_is_found_anywhere() {
    let (held, packed) = packed(dump(odd()));
    assert_eq!(verified(&packed).unwrap(), held);
    for at in (0..packed.len()).step_by(packed.len() / 150).chain(0..40) {
        let mut damaged = packed.clone();
        damaged[at] ^= 1 << (at % 8);
        let found = verified(&damaged);
        // A few bits of a frame's header mean nothing to the decoder.
        assert!(found.is_err() || found == Ok(held.clone()), "byte {at}");
        if let Err(fault) = found {
            assert_eq!(fault.kind(), FaultKind::Failed, "{fault}");
        }
    }
}

#[test]
fn a_cut_is_found_anywhere_also_between_frames() {
    let (held, packed) = packed(dump(odd()));
    let sampled = (0..packed.len()).step_by(packed.len() / 150);
    let frames = held.tables.iter().map(|table| usize::try_from(table.offset).unwrap());
    for length in sampled.chain(frames).chain([packed.len() - 1]) {
        let fault = verified(&packed[..length]).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Failed, "{length}: {fault}");
        assert!(fault.to_string().contains("cut off"), "{length}: {fault}");
    }
}

#[test]
fn frames_that_changed_places_are_found() {
    let (held, packed) = packed(dump(odd()));
    let at = |table: usize| usize::try_from(held.tables[table].offset).unwrap();
    let pieces = [&packed[..at(0)], &packed[at(1)..at(2)], &packed[at(0)..at(1)], &packed[at(2)..]];
    // All is there, and it can be restored; only the offsets tell.
    assert_ne!(verified(&pieces.concat()).unwrap(), held);
    let twice = [&packed[..at(1)], &packed[at(0)..]].concat();
    assert!(verified(&twice).unwrap_err().to_string().contains("are not expected"));
}

#[test]
fn one_frame_for_all_is_not_ours() {
    let packed = zstd::stream::encode_all(dump(odd()), 1).unwrap();
    let fault = verified(&packed).unwrap_err();
    assert!(fault.to_string().contains("data begin where no frame does"), "{fault}");
}

#[test]
fn a_frame_that_wants_much_memory_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(b"small").unwrap();
    let packed = encoder.finish().unwrap();
    let error = expanded(&packed).unwrap_err().to_string();
    assert!(error.contains("too much memory"), "{error}");
}

#[test]
fn small_files_come_back() {
    let mut file = Packed::new(Vec::new()).unwrap();
    for line in 0..10_000 {
        writeln!(file, "{{\"line\":{line}}}").unwrap();
    }
    file.flush().unwrap();
    let (packed, bytes) = file.finish().unwrap();
    assert!(packed.len() < 100_000);
    let plain = expanded(&packed).unwrap();
    assert_eq!(plain.len() as u64, bytes);
    assert!(plain.ends_with(b"{\"line\":9999}\n"));
    assert!(expanded(&packed[..packed.len() - 1]).is_err());
    let mut damaged = packed.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(expanded(&damaged).unwrap_err().to_string().contains("checksum"));
    // A file without a line is a frame too; one without a byte is none, and empty.
    assert_eq!(expanded(&Packed::new(Vec::new()).unwrap().finish().unwrap().0).unwrap(), b"");
    assert_eq!(expanded(b"").unwrap(), b"");
}

#[test]
fn a_file_that_was_not_finished_is_cut_off() {
    let mut written = Vec::new();
    let mut file = Packed::new(&mut written).unwrap();
    file.write_all(b"a line\n").unwrap();
    file.flush().unwrap();
    drop(file);
    let mut reader = expand(written.as_slice()).unwrap();
    let mut line = [0; 7];
    reader.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"a line\n");
    assert!(reader.read(&mut line).is_err());
}

proptest! {
    #[test]
    fn random_bytes_are_no_stream(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        prop_assert!(verified(&bytes).is_err());
    }

    #[test]
    fn frames_of_any_size_come_back(sizes in prop::collection::vec(0_usize..300_000, 0..6)) {
        let mut frames = super::super::frames::Frames::new(Vec::new(), 1).unwrap();
        let (mut plain, mut starts) = (Vec::new(), Vec::new());
        for (number, size) in sizes.iter().enumerate() {
            let bytes: Vec<u8> = (0..*size).map(|at| (at * number / 7) as u8).collect();
            frames.add(&bytes).unwrap();
            plain.extend(bytes);
            starts.push((frames.next().unwrap(), plain.len()));
        }
        let packed = frames.finish().unwrap();
        prop_assert_eq!(&expanded(&packed).unwrap(), &plain);
        for (start, at) in starts {
            let rest = expanded(&packed[usize::try_from(start).unwrap()..]).unwrap();
            prop_assert_eq!(&rest, &plain[at..]);
        }
    }
}
