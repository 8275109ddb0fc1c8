mod broken;
mod made;
mod mutated;
pub(crate) mod real;
pub(crate) mod source;

use made::Made;

use super::{Held, read};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;

pub(crate) fn read_all(bytes: &[u8]) -> Result<Held, Fault> {
    read(bytes, &Progress::default(), &Stop::default())
}
