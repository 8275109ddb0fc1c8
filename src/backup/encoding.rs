//! The encodings that PostgreSQL's tools write texts in: that of the database, unless one is asked
//! for. Names are compared in Unicode, in which the server tells them to our own sessions.

use crate::database::Session;
use crate::fault::Fault;

/// How bytes are letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    /// UTF-8; and what nothing is known of, such as SQL_ASCII.
    #[default]
    Utf8,
    /// Each byte is the letter of its number.
    Latin1,
    /// As the web knows it, under whatever name.
    Web(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// What a statement says that follows, `SET client_encoding = 'LATIN1';`, if it is one that
    /// does.
    pub(crate) fn set_by(statement: &[u8]) -> Option<Self> {
        let name = statement.trim_ascii().strip_prefix(b"SET client_encoding = '")?;
        let name = std::str::from_utf8(name.strip_suffix(b"';")?).ok()?;
        Some(Self::named(name))
    }

    /// By PostgreSQL's name for an encoding of databases.
    fn named(name: &str) -> Self {
        Self::Web(match name {
            "LATIN1" => return Self::Latin1,
            "LATIN2" => encoding_rs::ISO_8859_2,
            "LATIN3" => encoding_rs::ISO_8859_3,
            "LATIN4" => encoding_rs::ISO_8859_4,
            // ISO 8859-9, whose letters the other has too.
            "LATIN5" => encoding_rs::WINDOWS_1254,
            "LATIN6" => encoding_rs::ISO_8859_10,
            "LATIN7" => encoding_rs::ISO_8859_13,
            "LATIN8" => encoding_rs::ISO_8859_14,
            "LATIN9" => encoding_rs::ISO_8859_15,
            "LATIN10" => encoding_rs::ISO_8859_16,
            "ISO_8859_5" => encoding_rs::ISO_8859_5,
            "ISO_8859_6" => encoding_rs::ISO_8859_6,
            "ISO_8859_7" => encoding_rs::ISO_8859_7,
            "ISO_8859_8" => encoding_rs::ISO_8859_8,
            "KOI8R" => encoding_rs::KOI8_R,
            "KOI8U" => encoding_rs::KOI8_U,
            "WIN866" => encoding_rs::IBM866,
            "WIN874" => encoding_rs::WINDOWS_874,
            "WIN1250" => encoding_rs::WINDOWS_1250,
            "WIN1251" => encoding_rs::WINDOWS_1251,
            "WIN1252" => encoding_rs::WINDOWS_1252,
            "WIN1253" => encoding_rs::WINDOWS_1253,
            "WIN1254" => encoding_rs::WINDOWS_1254,
            "WIN1255" => encoding_rs::WINDOWS_1255,
            "WIN1256" => encoding_rs::WINDOWS_1256,
            "WIN1257" => encoding_rs::WINDOWS_1257,
            "WIN1258" => encoding_rs::WINDOWS_1258,
            "EUC_JP" => encoding_rs::EUC_JP,
            "EUC_KR" => encoding_rs::EUC_KR,
            "EUC_CN" => encoding_rs::GBK,
            _ => return Self::Utf8,
        })
    }

    /// That of a session's database, in which its tools take what they are given.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn of(session: &Session) -> Result<Self, Fault> {
        let asked = "select pg_catalog.current_setting('server_encoding')";
        let row = session.client().query_one(asked, &[]).await;
        Ok(Self::named(row.map_err(|error| session.said(&error))?.get(0)))
    }

    /// The bytes of a text. What has no letter there can be the name of nothing.
    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Latin1 => {
                text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect()
            }
            Self::Web(encoding) => encoding.encode(text).0.into_owned(),
        }
    }

    /// The text. Bytes that are none are replaced.
    pub(crate) fn decode(self, bytes: Vec<u8>) -> String {
        match self {
            Self::Utf8 => String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
            Self::Latin1 => bytes.into_iter().map(char::from).collect(),
            Self::Web(encoding) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;
    use crate::database::testing::{owner, session};

    #[test]
    fn only_a_statement_that_sets_it_does() {
        let set = |text: &str| Encoding::set_by(text.as_bytes());
        assert_eq!(set("SET client_encoding = 'LATIN1';\n"), Some(Encoding::Latin1));
        assert_eq!(set("SET client_encoding = 'UTF8';"), Some(Encoding::Utf8));
        assert_eq!(set("SET client_encoding = 'SQL_ASCII';"), Some(Encoding::Utf8));
        assert_eq!(set("SET standard_conforming_strings = 'on';"), None);
        assert_eq!(set("CREATE ROLE x;"), None);
    }

    /// Of each encoding, all that the server itself makes letters of.
    #[tokio::test]
    async fn every_letter_is_what_the_server_takes_it_for() {
        let session = session(&owner()).await;
        for name in [
            "LATIN1",
            "LATIN2",
            "LATIN3",
            "LATIN4",
            "LATIN5",
            "LATIN6",
            "LATIN7",
            "LATIN8",
            "LATIN9",
            "LATIN10",
            "ISO_8859_5",
            "ISO_8859_6",
            "ISO_8859_7",
            "ISO_8859_8",
            "KOI8R",
            "KOI8U",
            "WIN866",
            "WIN874",
            "WIN1250",
            "WIN1251",
            "WIN1252",
            "WIN1253",
            "WIN1254",
            "WIN1255",
            "WIN1256",
            "WIN1257",
            "WIN1258",
        ] {
            let (mut letters, mut differ) = (0, Vec::new());
            for byte in 0xa0..=0xff_u8 {
                let asked = format!("select convert_from('\\x{byte:02x}', '{name}')");
                let Ok(row) = session.client().query_one(&asked, &[]).await else { continue };
                let theirs: String = row.get(0);
                letters += 1;
                let encoding = Encoding::named(name);
                let ours = encoding.decode(vec![byte]);
                if ours != theirs || encoding.encode(&theirs) != [byte] {
                    differ.push(format!("{byte:02x}: {theirs}"));
                }
            }
            assert!(letters >= 45, "{name}: {letters}");
            // The web has letters there where PostgreSQL has two lines of a frame.
            let known: &[&str] = if name == "KOI8U" { &["ae: ╝", "be: ╬"] } else { &[] };
            assert_eq!(differ, known, "{name}");
        }
        for (name, text) in [("EUC_JP", "表の名前"), ("EUC_KR", "테이블"), ("EUC_CN", "表格")]
        {
            let asked = format!("select convert_to('{text}', '{name}')");
            let bytes: Vec<u8> = session.client().query_one(&asked, &[]).await.unwrap().get(0);
            assert_eq!(Encoding::named(name).encode(text), bytes);
            assert_eq!(Encoding::named(name).decode(bytes), text);
        }
    }
}
