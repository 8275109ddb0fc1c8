//! Inputs that end or fail, outputs that are full, and the word to stop.

use std::io::{self, Read, Write};

use super::super::compress;
use crate::backup::archive::tests::source::{dump, odd};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::{Fault, FaultKind};

/// Has room for so many bytes.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let some = bytes.len().min(self.0);
        self.0 -= some;
        Ok(some)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does so many reads, and then something else.
struct Reads<'a, F>(&'a [u8], usize, F);

impl<F: FnMut() -> io::Result<usize>> Read for Reads<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1 == 0 {
            return self.2();
        }
        self.1 -= 1;
        let some = buffer.len().min(1000);
        self.0.read(&mut buffer[..some])
    }
}

fn fault(input: impl Read + Send, output: impl Write + Send, stop: &Stop) -> Fault {
    match compress(input, output, &Progress::default(), stop) {
        Ok(_) => panic!("it went well"),
        Err(fault) => fault,
    }
}

#[test]
fn a_full_disk_is_told_as_such() {
    // At the first byte, in the middle, and at the last bytes.
    for room in [0, 1000, 60_000] {
        let fault = fault(dump(&[]), Room(room), &Stop::default());
        assert_eq!(fault.kind(), FaultKind::Errored);
        let text = fault.to_string();
        assert!(text.starts_with("the backup could not be written: "), "{text}");
        assert!(text.contains("help: make room"), "{text}");
    }
}

#[test]
fn a_fault_of_the_store_stays_as_it_is() {
    struct Store(Fault);
    impl Write for Store {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other(self.0.clone()))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let told = Fault::errored("the bucket is gone").help("make it again");
    assert_eq!(fault(dump(odd()), Store(told.clone()), &Stop::default()), told);
}

#[test]
fn an_input_that_ends_is_cut_off_and_one_that_fails_is_unreadable() {
    let ends = Reads(dump(odd()), 100, || Ok(0));
    let fault_of_end = fault(ends, io::sink(), &Stop::default());
    assert_eq!(fault_of_end.kind(), FaultKind::Failed);
    assert!(fault_of_end.to_string().contains("cut off at byte 100000"), "{fault_of_end}");
    assert!(fault_of_end.to_string().contains("see what pg_dump said"), "{fault_of_end}");
    let fails = Reads(dump(odd()), 100, || Err(io::Error::other("the pipe broke")));
    let fault_of_failure = fault(fails, io::sink(), &Stop::default());
    assert_eq!(fault_of_failure.kind(), FaultKind::Errored);
    let text = fault_of_failure.to_string();
    assert!(text.contains("could not be read: the pipe broke"), "{text}");
}

#[test]
fn an_interrupted_read_is_tried_again() {
    let mut tries = 0;
    let mut rest = &dump(odd())[1000..];
    let interrupted = Reads(dump(odd()), 1, || Err(io::ErrorKind::Interrupted.into()));
    let mut interrupted = interrupted;
    let input = ReadWith(|buffer: &mut [u8]| {
        if interrupted.1 == 1 {
            return interrupted.read(buffer);
        }
        tries += 1;
        if tries < 3 { interrupted.read(buffer) } else { rest.read(buffer) }
    });
    let (held, ..) = compress(input, io::sink(), &Progress::default(), &Stop::default()).unwrap();
    assert_eq!(held.tables.len(), 10);
}

struct ReadWith<F>(F);

impl<F: FnMut(&mut [u8]) -> io::Result<usize>> Read for ReadWith<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.0)(buffer)
    }
}

#[test]
fn the_reason_to_stop_is_told_and_not_what_follows_from_it() {
    let stop = Stop::default();
    let why = Fault::errored("the probe took 900 ms");
    let told = || {
        stop.set(why.clone());
        // As if the dump had been ended by whoever said so.
        Ok(0)
    };
    assert_eq!(fault(Reads(dump(odd()), 50, told), io::sink(), &stop), why);
}

#[test]
fn it_stops_within_a_buffer() {
    let stop = Stop::default();
    stop.set(Fault::interrupted());
    let endless = ReadWith(|_: &mut [u8]| panic!("nothing more is read"));
    assert_eq!(fault(endless, io::sink(), &stop).kind(), FaultKind::Interrupted);
}
