//! Numbers of persons, given one after the other.

use super::MOST;
use crate::fault::Fault;

#[derive(Debug)]
pub(super) struct Numbers {
    next: u32,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self { next: 1 }
    }

    pub(super) fn take(&mut self) -> Result<u32, Fault> {
        if self.next > MOST {
            let message = format!("there are more than {MOST} people, addresses and numbers");
            return Err(Fault::errored(message).stage("masking"));
        }
        self.next += 1;
        Ok(self.next - 1)
    }
}
