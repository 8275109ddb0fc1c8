//! Archives made by hand, of every version and with every fault.

/// An archive with two tables, a view and large objects.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) magic: &'static [u8],
    pub(super) major: u8,
    pub(super) minor: u8,
    pub(super) integer: u8,
    pub(super) format: u8,
    pub(super) compression: i64,
    pub(super) entries: Option<i64>,
    pub(super) copy: Option<&'static str>,
    pub(super) data: Vec<Block>,
}

/// Type, number, and the chunks of each object.
#[derive(Clone)]
pub(super) struct Block(pub(super) u8, pub(super) i64, pub(super) Vec<(i64, Vec<Vec<u8>>)>);

pub(super) const ROWS: &[u8] = b"1\tone\n2\t\\\\.\\n\n";

impl Made {
    pub(super) fn new(minor: u8) -> Self {
        Self {
            magic: b"PGDMP",
            major: 1,
            minor,
            integer: 4,
            format: 1,
            compression: 0,
            entries: None,
            copy: Some("COPY s.t (a, b) FROM stdin;\n"),
            data: vec![
                Block(1, 11, vec![(0, vec![ROWS.to_vec(), b"\\.\n\n\n".to_vec()])]),
                // Its end in pieces.
                Block(1, 12, vec![(0, vec![b"\\".to_vec(), b".\n\n".to_vec(), b"\n".to_vec()])]),
                Block(3, 13, vec![(77, vec![vec![0; 9], vec![1; 3]]), (-5, vec![]), (9, vec![])]),
            ],
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = self.magic.to_vec();
        out.extend([self.major, self.minor, 0, self.integer, 8, self.format]);
        if self.minor < 15 {
            self.int(&mut out, self.compression);
        } else {
            out.push(u8::try_from(self.compression).unwrap());
        }
        (0..7).for_each(|number| self.int(&mut out, number));
        ["shop", "15.18", "16.2"].iter().for_each(|text| self.text(&mut out, Some(text)));
        self.int(&mut out, self.entries.unwrap_or(4));
        self.entry(&mut out, 10, "VIEW", "v", None);
        self.entry(&mut out, 11, "TABLE DATA", "t", self.copy);
        self.entry(&mut out, 12, "TABLE DATA", "empty", Some("COPY s.empty FROM stdin;\n"));
        self.entry(&mut out, 13, "BLOBS", "BLOBS", None);
        for Block(kind, number, objects) in &self.data {
            out.push(*kind);
            self.int(&mut out, *number);
            for (oid, chunks) in objects {
                if *kind == 3 {
                    self.int(&mut out, *oid);
                }
                for chunk in chunks {
                    self.int(&mut out, chunk.len() as i64);
                    out.extend(chunk);
                }
                self.int(&mut out, 0);
            }
            if *kind == 3 {
                self.int(&mut out, 0);
            }
        }
        out
    }

    fn entry(&self, out: &mut Vec<u8>, number: i64, desc: &str, tag: &str, copy: Option<&str>) {
        self.int(out, number);
        self.int(out, i64::from(number > 10));
        for text in ["1259", "16385", tag, desc] {
            self.text(out, Some(text));
        }
        self.int(out, if number > 10 { 3 } else { 2 });
        self.text(out, (number == 10).then_some("CREATE VIEW s.v AS SELECT 1;\n"));
        self.text(out, Some("DROP VIEW s.v;\n"));
        self.text(out, copy);
        self.text(out, Some(if desc == "BLOBS" { "" } else { "s" }));
        self.text(out, None);
        if self.minor >= 14 {
            self.text(out, Some("heap"));
        }
        if self.minor >= 16 {
            self.int(out, i64::from(b'r'));
        }
        self.text(out, Some("owner"));
        self.text(out, Some("false"));
        for text in [Some("10"), None] {
            self.text(out, text);
        }
        out.push(if number > 10 { 1 } else { 3 });
        out.extend([0; 8]);
    }

    fn text(&self, out: &mut Vec<u8>, text: Option<&str>) {
        self.int(out, text.map_or(-1, |text| text.len() as i64));
        out.extend(text.unwrap_or_default().bytes());
    }

    pub(super) fn int(&self, out: &mut Vec<u8>, value: i64) {
        out.push(u8::from(value < 0));
        out.extend(&value.unsigned_abs().to_le_bytes()[..usize::from(self.integer)]);
    }
}
