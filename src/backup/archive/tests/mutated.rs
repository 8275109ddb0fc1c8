//! Garbage is an error or another archive, and never a panic.

use proptest::prelude::*;

use super::source::{self, dump};
use super::{Made, read_all};

fn flips() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
}

proptest! {
    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read_all(&bytes).is_err());
    }

    #[test]
    fn random_bytes_behind_a_header(
        minor in 12_u8..=16,
        length in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut archive = Made::new(minor).bytes();
        archive.truncate(11 + length.index(archive.len() - 11));
        archive.extend(bytes);
        // Whatever it is, it is told without a panic.
        let _ = read_all(&archive);
    }

    #[test]
    fn flipped_bytes_of_a_small_archive(minor in 12_u8..=16, flips in flips()) {
        let mut archive = Made::new(minor).bytes();
        let length = archive.len();
        for (index, byte) in flips {
            archive[index.index(length)] ^= byte;
        }
        let _ = read_all(&archive);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn flipped_bytes_of_a_real_archive(flips in flips()) {
        let mut archive = dump(source::odd()).to_vec();
        let length = archive.len();
        for (index, byte) in flips {
            archive[index.index(length)] ^= byte;
        }
        if let Ok(held) = read_all(&archive) {
            // Nothing but names, SQL and the insides of rows can be changed unseen by this
            // alone; hashes see the rest.
            prop_assert_eq!(held.bytes, length as u64);
        }
    }

    #[test]
    fn a_real_archive_cut_off(length in any::<prop::sample::Index>()) {
        let archive = dump(source::odd());
        prop_assert!(read_all(&archive[..length.index(archive.len())]).is_err());
    }
}

/// What no hash is needed for: a change in the numbers around each chunk.
#[test]
fn each_byte_around_the_rows_counts() {
    let archive = dump(source::odd());
    let whole = read_all(archive).unwrap();
    for table in &whole.tables {
        let start = usize::try_from(table.offset).unwrap();
        // The block's type and number; of the first chunk its length.
        for at in start..start + 11 {
            let mut archive = archive.to_vec();
            archive[at] ^= 0x11;
            assert_ne!(read_all(&archive).ok(), Some(whole.clone()), "{} at {at}", table.name);
        }
    }
}
