//! Definitions as `pg_restore` writes them, one piece for each entry, so that an error names what
//! it is of.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::backup::archive::Toc;
use crate::backup::dump;
use crate::backup::stop::Stop;
use crate::database::PgTools;
use crate::fault::Fault;
use crate::restore::sections::{Contents, Part};

use super::left::told;

/// SQL for an entry, and what it is of.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) of: String,
    pub(super) sql: String,
}

/// A table of contents in which each entry can be told from the next.
pub(super) struct Script {
    contents: Contents,
    /// What begins a piece; nobody can know it.
    mark: String,
    names: BTreeMap<i64, String>,
}

impl Script {
    /// # Errors
    /// There is no room for it.
    pub(super) fn new(toc: &Toc) -> Result<Self, Fault> {
        let mark = format!("-- piece {:032x} ", fastrand::u128(..));
        let mut toc = toc.clone();
        let names = toc.entries.iter().map(|entry| (entry.dump_id, told(entry))).collect();
        for entry in &mut toc.entries {
            // Definitions of large objects are lists, which the tool itself reads.
            let is_list = entry.desc.starts_with("BLOB") || entry.tag.starts_with("LARGE OBJECT");
            if let Some(definition) =
                entry.definition.as_mut().filter(|text| !text.is_empty() && !is_list)
            {
                *definition = format!("{mark}{}\n{definition}", entry.dump_id);
            }
        }
        Ok(Self { contents: Contents::new(&toc)?, mark, names })
    }

    /// The pieces of a part, in their order.
    ///
    /// # Errors
    /// `pg_restore` cannot write them.
    pub(super) fn part(
        &self,
        part: Part,
        tools: &PgTools,
        stop: &Stop,
    ) -> Result<Vec<Piece>, Fault> {
        let mut command = tools.plain("pg_restore");
        command.args(["--file=-", part.section()]).arg(self.contents.path());
        let (text, _) = dump::run(command, stop, |mut output| {
            let mut text = String::new();
            output.read_to_string(&mut text).map(|_| text).map_err(Fault::errored)
        });
        Ok(self.cut(&text?))
    }

    fn cut(&self, text: &str) -> Vec<Piece> {
        // What the tool sets at the beginning, a session has set already; and some of it is not
        // known to every version of the server.
        let begin = text.find("\n--\n-- Name: ").unwrap_or(text.len());
        let end = text.rfind("\n--\n-- PostgreSQL database dump complete\n").unwrap_or(text.len());
        let body = text.get(begin..end.max(begin)).unwrap_or_default();
        let mut pieces = Vec::new();
        for (index, piece) in body.split(&self.mark).enumerate() {
            let (number, sql) = match index {
                0 => ("", piece),
                _ => piece.split_once('\n').unwrap_or((piece, "")),
            };
            let name = number.parse().ok().and_then(|number: i64| self.names.get(&number));
            let of = name.map_or("large objects", String::as_str).to_owned();
            pieces.push(Piece { of, sql: sql.to_owned() });
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_cut_at_its_marks_and_nowhere_else() {
        let toc = Toc::default();
        let script = Script {
            contents: Contents::new(&toc).unwrap(),
            mark: "-- piece 7 ".to_owned(),
            names: [(1, "table public.t".to_owned()), (2, "function public.f()".to_owned())].into(),
        };
        let body = "\n--\n-- Name: x; Type: TABLE; Schema: y; Owner: z\n--\n";
        let text = format!(
            "--\n-- PostgreSQL database dump\n--\n\n\\restrict k\nSET transaction_timeout = 0;\n\
             \n--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\n-- piece 7 1\nCREATE TABLE t;\n\
             \n--\n-- Name: f(); Type: FUNCTION; Schema: public; Owner: -\n--\n\n-- piece 7 2\nCREATE $${body}$$;\n\n\
             ALTER FUNCTION f() OWNER TO a;\n\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict k\n"
        );
        let pieces = script.cut(&text);
        let of: Vec<&str> = pieces.iter().map(|piece| piece.of.as_str()).collect();
        assert_eq!(of, ["large objects", "table public.t", "function public.f()"]);
        assert!(pieces[2].sql.contains(body) && pieces[2].sql.ends_with("OWNER TO a;\n"));
        assert!(
            pieces
                .iter()
                .all(|piece| !piece.sql.contains("restrict") && !piece.sql.contains("SET "))
        );
        assert_eq!(script.cut("--\n-- PostgreSQL database dump\n--\n\nSET a = 0;\n").len(), 1);
    }
}
