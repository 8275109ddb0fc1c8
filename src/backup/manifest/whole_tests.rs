//! The two forms of a manifest, and what each must have.

use serde_json::Value;

use super::Manifest;
use crate::backup::store::testing;
use crate::fault::FaultKind;

/// Reads a whole manifest without these parts, and in that form.
fn without(parts: &[&str], form: &str) -> Result<Manifest, String> {
    let records = vec![super::FileRecord {
        name: "a.zst".to_owned(),
        bytes: 1,
        sha256: String::new(),
        uncompressed: 1,
    }];
    let whole = testing::manifest(testing::ID, records);
    let storage = Some(super::Storage::default());
    let text = Manifest { storage, ..whole }.to_json().unwrap();
    let mut value: Value = serde_json::from_slice(&text).unwrap();
    value["format"] = form.into();
    for part in parts {
        value.as_object_mut().unwrap().remove(*part);
    }
    let read = Manifest::parse(value.to_string().as_bytes());
    read.map_err(|fault| {
        assert_eq!(fault.kind(), FaultKind::Failed, "{fault}");
        fault.line()
    })
}

#[test]
fn a_database_may_be_missing_where_the_form_says_so_and_not_where_it_was_lost() {
    let (old, alone) = (super::FORMAT, super::FORMAT_STORAGE_ALONE);
    let parts = ["database", "log", "impact", "untouched"];
    assert!(without(&[], old).unwrap().archive().is_ok());
    let read = without(&parts, alone).unwrap();
    assert_eq!((read.rows(), read.data_bytes(), read.objects()), (0, 0, (0, 0)));
    let told = read.archive().unwrap_err().to_string();
    assert!(told.contains("there is no database in it to restore"), "{told}");
    for part in parts {
        assert!(without(&[part], old).unwrap_err().contains(part), "{part}");
    }
    assert!(without(&[], alone).unwrap_err().contains("has a `database`"));
    assert!(without(&parts, old).unwrap_err().contains("has no `database`"));
    let nothing = [&parts[..], &["storage"]].concat();
    assert!(without(&nothing, alone).unwrap_err().contains("neither database nor storage"));
}
