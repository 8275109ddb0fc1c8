//! JSON Schema, from the suite or a file beside it, without the network.

use std::fs;
use std::path::Path;

use jsonschema::{Retrieve, Uri, ValidationError, Validator};
use serde_json::Value;
use url::Url;

use super::Errors;
use super::json::place;
use super::show::{Findings, actual, broken};
use crate::journal::Broken;
use crate::redact::Redactor;
use crate::suite::expect::SchemaSource;

/// What `OpenAPI` writes into `format` as a hint for programs; it constrains no string.
const HINTS: [&str; 8] =
    ["int32", "int64", "float", "double", "byte", "binary", "password", "decimal"];

/// A schema with everything that it refers to.
pub(super) struct Schema(Validator);

impl Schema {
    /// Reads and compiles the schema. `$ref`s to other files are relative to the schema's file,
    /// those of a schema within the suite to `folder`. Errors go to `errors`: a file that cannot
    /// be read, a schema that is none, a `$ref` to the network, an unknown `format`.
    pub(super) fn compile(
        source: &SchemaSource,
        folder: &Path,
        errors: &mut Errors,
    ) -> Option<Self> {
        compile(source, folder)
            .map_err(|message| errors.push(("/json_schema".to_owned(), message)))
            .ok()
    }

    /// Every place at which the body does not fulfil the schema.
    pub(super) fn judge(&self, body: &Value, redactor: &Redactor) -> Vec<Broken> {
        let mut findings = Findings::new();
        for error in self.0.iter_errors(body) {
            findings.push(|| {
                let pointer = error.instance_path().as_str();
                // The message is about the value, but must not show it.
                let message = redactor.personal(&error.masked_with("the value").to_string());
                let keyword = error.schema_path().as_str();
                let name = keyword.rsplit('/').next().unwrap_or_default();
                let expected = format!("what `{name}` of the schema says ({keyword})");
                let actual = format!("{}; {message}", actual(redactor, pointer, error.instance()));
                broken("expect.json_schema", place(pointer), expected, actual)
            });
        }
        findings.finish("expect.json_schema")
    }
}

fn compile(source: &SchemaSource, folder: &Path) -> Result<Schema, String> {
    let folder = std::path::absolute(folder)
        .map_err(|e| format!("the folder {} cannot be resolved: {e}", folder.display()))?;
    let (name, path, schema) = match source {
        SchemaSource::Inline(schema) => {
            // A name that no file has, so that `$ref = "#"` means this schema.
            let path = folder.join("the suite's own schema");
            ("the schema".to_owned(), path, Value::Object(schema.clone()))
        }
        SchemaSource::File(name) => {
            let path = folder.join(name);
            (name.clone(), path.clone(), read(&path)?)
        }
    };
    let base = Url::from_file_path(&path)
        .map_err(|()| format!("{} is not a path that a schema can have", path.display()))?;
    let files = Files::new(&schema, &base);
    let options = HINTS
        .iter()
        .fold(jsonschema::options(), |options, hint| options.with_format(*hint, |_: &str| true));
    options
        .with_base_uri(base.as_str())
        .with_retriever(files)
        .should_validate_formats(true)
        // A misspelt format would check nothing.
        .should_ignore_unknown_formats(false)
        .build(&schema)
        .map(Schema)
        .map_err(|e| format!("{name} is not a usable JSON Schema: {}", describe(&e)))
}

/// The error with its place in the schema and its cause.
fn describe(error: &ValidationError<'_>) -> String {
    let place = error.instance_path().as_str();
    let place = if place.is_empty() { String::new() } else { format!("at {place}: ") };
    let mut cause: &dyn std::error::Error = error;
    if let jsonschema::error::ValidationErrorKind::Referencing(reference) = error.kind() {
        cause = reference;
        while let Some(source) = cause.source() {
            cause = source;
        }
    }
    format!("{place}{cause}")
}

/// Finds what a `$ref` names, on the disk only.
struct Files {
    /// The folder of the schema's own `$id`, and the folder of its file: a sibling may be named
    /// by either.
    published: Option<(String, Url)>,
}

impl Files {
    fn new(schema: &Value, base: &Url) -> Self {
        let folder = |url: &Url| url.join(".").ok();
        let id = schema.get("$id").or_else(|| schema.get("id")).and_then(Value::as_str);
        let id = id.and_then(|id| folder(&Url::parse(id).ok()?));
        Self { published: id.zip(folder(base)).map(|(id, base)| (id.to_string(), base)) }
    }
}

impl Retrieve for Files {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let url = Url::parse(uri.as_str())?;
        if let Ok(path) = url.to_file_path() {
            return Ok(read(&path)?);
        }
        if let Some((id, folder)) = &self.published
            && let Some(sibling) = uri.as_str().strip_prefix(id.as_str())
            && let Ok(path) = folder.join(sibling).unwrap_or(url).to_file_path()
            && path.is_file()
        {
            return Ok(read(&path)?);
        }
        let advice = "a schema is never fetched; keep a copy beside it and refer to that";
        Err(format!("`$ref` to the network: {uri}; {advice}").into())
    }
}

/// Reads a JSON file.
fn read(path: &Path) -> Result<Value, String> {
    let bytes = fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|e| format!("{} is not JSON: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::{Value, json};

    use super::Schema;
    use crate::redact::Redactor;
    use crate::suite::expect::SchemaSource;

    fn compile(source: Value, folder: &Path) -> Result<Schema, String> {
        let source: SchemaSource = serde_json::from_value(source).expect("a source");
        let mut errors = Vec::new();
        let schema = Schema::compile(&source, folder, &mut errors);
        schema.ok_or_else(|| {
            assert_eq!(errors[0].0, "/json_schema");
            errors[0].1.clone()
        })
    }

    fn judge(schema: &Schema, body: &Value) -> Vec<String> {
        let found = schema.judge(body, &Redactor::new(&[], vec![]));
        let line = |b: crate::journal::Broken| {
            format!("{}: {} / {}", b.at.unwrap_or_default(), b.expected, b.actual)
        };
        found.into_iter().map(line).collect()
    }

    #[test]
    fn every_violation_has_its_place_and_no_value() {
        let schema = json!({
            "type": "object",
            "required": ["id", "ok"],
            "additionalProperties": false,
            "properties": {
                "id": { "type": "integer", "format": "int64" },
                "ok": { "const": true },
                "email": { "type": "string", "format": "email" },
                "phones": { "items": { "type": "string", "maxLength": 3 } }
            }
        });
        let schema = compile(schema, Path::new(".")).expect("a schema");
        for (body, broken) in [
            (json!({"id": 1, "ok": true, "email": "jane@example.org"}), &[][..]),
            (
                json!({"ok": true, "id": "7"}),
                &[
                    "/id: what `type` of the schema says (/properties/id/type) / string \"7\"; the value is not of type \"integer\"",
                ],
            ),
            (
                json!({"ok": true}),
                &[
                    ": what `required` of the schema says (/required) / object with keys ok; \"id\" is a required property",
                ],
            ),
            (
                json!({"id": 1, "ok": true, "email": "jane", "phones": ["1234"]}),
                &[
                    "/email: what `format` of the schema says (/properties/email/format) / string \"[personal]\"; the value is not a \"email\"",
                    "/phones/0: what `maxLength` of the schema says (/properties/phones/items/maxLength) / string \"[personal]\"; the value is longer than 3 characters",
                ],
            ),
            (
                json!({"id": 1, "ok": true, "jane@example.org": 1}),
                &[
                    ": what `additionalProperties` of the schema says (/additionalProperties) / object with keys id, ok, [email]; Additional properties are not allowed ('[email]' was unexpected)",
                ],
            ),
        ] {
            assert_eq!(judge(&schema, &body), broken);
        }
    }

    #[test]
    fn files_refer_to_their_siblings() {
        let folder = tempfile::tempdir().expect("a folder");
        let schemas = folder.path().join("schemas");
        fs::create_dir_all(schemas.join("parts")).expect("a folder");
        let write = |name: &str, schema: Value| {
            fs::write(schemas.join(name), schema.to_string()).expect("a file");
        };
        write("a.json", json!({"properties": {"x": {"$ref": "parts/x.json"}}}));
        write("parts/x.json", json!({"items": {"$ref": "../y.json#/$defs/y"}}));
        write("y.json", json!({"$defs": {"y": {"type": "number"}}}));
        write(
            "id.json",
            json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "$id": "https://example.org/schemas/id.json",
                "properties": {"x": {"$ref": "parts/x.json"}}
            }),
        );
        for source in [
            json!("schemas/a.json"),
            json!("schemas/id.json"),
            json!({"properties": {"x": {"$ref": "schemas/parts/x.json"}}}),
        ] {
            let schema = compile(source, folder.path()).expect("a schema");
            assert!(judge(&schema, &json!({"x": [1]})).is_empty());
            let found = judge(&schema, &json!({"x": [1, "y"]}));
            assert_eq!(found.len(), 1);
            assert!(found[0].starts_with("/x/1: what `type` of the schema"), "{found:?}");
        }
    }

    #[test]
    fn schemas_that_cannot_be_used_say_why() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("half.json"), "{\"a\":").expect("a file");
        for (source, message) in [
            (json!("gone.json"), "cannot read "),
            (json!("half.json"), "is not JSON: EOF"),
            (json!({"type": "strng"}), "at /type: \"strng\""),
            (
                json!({"$ref": "https://example.org/x.json"}),
                "`$ref` to the network: https://example.org/x.json",
            ),
            (json!({"$ref": "gone.json"}), "cannot read "),
            (json!({"$ref": "#/$defs/gone"}), "/$defs/gone"),
            (json!({"format": "emial"}), "emial"),
            (json!({"pattern": "("}), "is not a usable JSON Schema"),
        ] {
            let error = compile(source.clone(), folder.path()).err().unwrap_or_default();
            assert!(error.contains(message), "{source}: {error}");
        }
    }

    #[test]
    fn a_schema_may_refer_to_itself() {
        let schema = json!({"type": "object", "additionalProperties": {"$ref": "#"}});
        let schema = compile(schema, Path::new("suites")).expect("a schema");
        assert!(judge(&schema, &json!({"a": {"b": {}}})).is_empty());
        assert_eq!(judge(&schema, &json!({"a": {"b": 1}})).len(), 1);
    }
}
