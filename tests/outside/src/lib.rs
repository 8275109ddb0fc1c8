//! A crate that uses smokedrill as others would.
