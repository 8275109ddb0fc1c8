//! Room for what is on its way from the thread that reads to those that work: so many bytes, or one
//! piece, if that alone is larger.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::backup::stop::Stop;
use crate::fault::Fault;

/// Bytes on their way; more than all queues hold of pieces of the usual size.
const MOST: usize = 64 * 1024 * 1024;

/// How often a wait looks whether it should go on.
const TICK: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(crate) struct Room(Arc<(Mutex<usize>, Condvar)>);

/// Some of it, given back when the value goes.
pub(crate) struct Taken {
    room: Arc<(Mutex<usize>, Condvar)>,
    bytes: usize,
}

impl Room {
    /// Waits for room, and takes it.
    ///
    /// # Errors
    /// The reason to stop.
    pub(crate) fn take(&self, bytes: usize, stop: &Stop) -> Result<Taken, Fault> {
        let (taken, freed) = &*self.0;
        let lost = || Fault::errored("a thread that had taken room died");
        let mut taken = taken.lock().map_err(|_| lost())?;
        while *taken > 0 && *taken + bytes > MOST {
            stop.check()?;
            taken = freed.wait_timeout(taken, TICK).map_err(|_| lost())?.0;
        }
        *taken += bytes;
        Ok(Taken { room: Arc::clone(&self.0), bytes })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (taken, freed) = &*self.room;
        if let Ok(mut taken) = taken.lock() {
            *taken -= self.bytes;
        }
        freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_has_room_however_large_and_the_next_waits_for_its_end() {
        let (room, stop) = (Room::default(), Stop::default());
        let small = room.take(1, &stop).unwrap();
        let other = room.take(MOST - 1, &stop).unwrap();
        drop((small, other));
        let large = room.take(10 * MOST, &stop).unwrap();
        std::thread::scope(|scope| {
            let next = scope.spawn(|| room.take(1, &stop).map(drop));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!next.is_finished());
            drop(large);
            next.join().unwrap().unwrap();
        });
        let _large = room.take(10 * MOST, &stop).unwrap();
        stop.set(Fault::interrupted());
        assert!(room.take(1, &stop).is_err());
    }
}
