//! Who is the same as whom.

/// The persons; each points at another that it is the same as, or at itself.
#[derive(Debug, Default)]
pub(super) struct Same(Vec<u32>);

impl Same {
    /// A new one.
    pub(super) fn person(&mut self) -> u32 {
        let person = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push(person);
        person
    }

    /// Two that are one: the one who came first.
    pub(super) fn join(&mut self, one: u32, other: u32) -> u32 {
        let (one, other) = (root(&mut self.0, one), root(&mut self.0, other));
        let (first, second) = (one.min(other), one.max(other));
        if let Some(slot) = self.0.get_mut(second as usize) {
            *slot = first;
        }
        first
    }

    /// Has everyone point at whom they are the same as in the end.
    pub(super) fn flatten(&mut self) {
        for person in 0..self.0.len() {
            // Whoever that is came first, and points there already.
            let whose = self.0.get(person).and_then(|next| self.0.get(*next as usize));
            if let (Some(whose), Some(slot)) = (whose.copied(), self.0.get_mut(person)) {
                *slot = whose;
            }
        }
    }

    /// Whom a person is the same as, once all point there.
    pub(super) fn whose(&self, person: u32) -> u32 {
        self.0.get(person as usize).copied().unwrap_or(person)
    }

    /// How many there are, each of them counted.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// Whoever a person is the same as in the end. Those on the way point further on from now on, so that
/// a long chain is not gone along again and again.
fn root(same: &mut [u32], mut person: u32) -> u32 {
    while let Some(next) = same.get(person as usize).copied().filter(|next| *next != person) {
        let further = same.get(next as usize).copied().unwrap_or(next);
        if let Some(slot) = same.get_mut(person as usize) {
            *slot = further;
        }
        person = further;
    }
    person
}
