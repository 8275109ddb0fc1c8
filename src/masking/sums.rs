//! What a table's rows come to, column by column, in whatever order they stand.
//!
//! Reckoned of what the archive has, and again of what staging gives back: where the two differ,
//! something was lost, doubled or changed on the way. Text is fed in as it comes, cut anywhere.

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::copy::NULL;

/// What the rows of a table come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TableSums {
    pub(crate) rows: u64,
    pub(crate) columns: Vec<ColumnSums>,
}

/// What the fields of a column come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ColumnSums {
    pub(crate) nulls: u64,
    pub(crate) empties: u64,
    /// The sum of the hashes of all fields.
    pub(crate) hash: u64,
}

impl TableSums {
    pub(crate) fn new(columns: usize) -> Self {
        Self { rows: 0, columns: vec![ColumnSums::default(); columns] }
    }

    /// Adds what other rows of the table come to.
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        if self.columns.len() < other.columns.len() {
            self.columns.resize(other.columns.len(), ColumnSums::default());
        }
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.nulls += theirs.nulls;
            mine.empties += theirs.empties;
            mine.hash = mine.hash.wrapping_add(theirs.hash);
        }
    }
}

/// Reckons the rows of a table.
pub(crate) struct Summing {
    sums: TableSums,
    column: usize,
    /// What there was of a field whose end had not come: its beginning, and its hash so far.
    begun: Option<(Vec<u8>, Box<Xxh3>)>,
    /// Rows with more fields or fewer than there are columns.
    uneven: u64,
}

impl Summing {
    pub(crate) fn new(columns: usize) -> Self {
        Self { sums: TableSums::new(columns), column: 0, begun: None, uneven: 0 }
    }

    /// Takes some of the COPY text.
    pub(crate) fn feed(&mut self, text: &[u8]) {
        let mut from = 0;
        for at in memchr::memchr2_iter(b'\t', b'\n', text) {
            self.field(&text[from..at]);
            from = at + 1;
            self.column += 1;
            if text[at] == b'\n' {
                // A row of a table without columns is an empty line.
                let columns = self.sums.columns.len().max(1);
                self.uneven += u64::from(self.column != columns);
                self.sums.rows += 1;
                self.column = 0;
            }
        }
        let rest = &text[from..];
        if !rest.is_empty() {
            let (start, hash) = self.begun.get_or_insert_with(Default::default);
            let missing = (NULL.len() + 1).saturating_sub(start.len()).min(rest.len());
            start.extend_from_slice(&rest[..missing]);
            hash.update(rest);
        }
    }

    /// How many rows had not as many fields as there are columns.
    pub(crate) fn uneven(&self) -> u64 {
        self.uneven
    }

    pub(crate) fn finish(self) -> TableSums {
        self.sums
    }

    fn field(&mut self, rest: &[u8]) {
        let (is_null, is_empty, hash) = match self.begun.take() {
            None => (rest == NULL, rest.is_empty(), xxh3_64(rest)),
            Some((mut start, mut hash)) => {
                start.extend_from_slice(&rest[..rest.len().min(NULL.len() + 1)]);
                hash.update(rest);
                (start == NULL, start.is_empty(), hash.digest())
            }
        };
        if let Some(sums) = self.sums.columns.get_mut(self.column) {
            sums.nulls += u64::from(is_null);
            sums.empties += u64::from(is_empty);
            sums.hash = sums.hash.wrapping_add(hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summed(parts: &[&[u8]]) -> TableSums {
        let mut summing = Summing::new(3);
        parts.iter().for_each(|part| summing.feed(part));
        assert_eq!(summing.uneven(), 0);
        summing.finish()
    }

    const TEXT: &[u8] = b"1\t\\N\tlonger text\n\\N\t\t\\N\n3\t\\Nx\t\n";

    #[test]
    fn the_order_of_rows_does_not_count_and_all_else_does() {
        let sums = summed(&[TEXT]);
        assert_eq!(sums.rows, 3);
        let counts: Vec<_> = sums.columns.iter().map(|c| (c.nulls, c.empties)).collect();
        assert_eq!(counts, [(1, 0), (1, 1), (1, 1)]);
        assert_eq!(sums, summed(&[b"3\t\\Nx\t\n1\t\\N\tlonger text\n\\N\t\t\\N\n"]));
        assert_ne!(sums, summed(&[b"3\t\\Nx\t\n2\t\\N\tlonger text\n\\N\t\t\\N\n"]));
        let mut whole = summed(&[b"3\t\\Nx\t\n"]);
        whole.add(&summed(&[b"\\N\t\t\\N\n1\t\\N\tlonger text\n"]));
        assert_eq!(sums, whole);
    }

    proptest! {
        #[test]
        fn text_may_be_cut_anywhere(cuts in prop::collection::vec(0..=TEXT.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.extend([0, TEXT.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|cut| &TEXT[cut[0]..cut[1]]).collect();
            prop_assert_eq!(summed(&parts), summed(&[TEXT]));
        }
    }
}
