mod broken;
mod made;
mod mutated;
mod plain;
pub(crate) mod real;
pub(crate) mod source;

use made::Made;

use plain::read;

use super::Held;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;

pub(crate) fn read_all(bytes: &[u8]) -> Result<Held, Fault> {
    read(bytes, &Progress::default(), &Stop::default())
}
