//! Comma-separated values (RFC 4180), strictly: a quotation mark stands around a whole field, or twice within such a one.

use counterfoil_core::jose::json;
use serde_json::{Map, Value};

use super::record::{FIELDS, Refusal, unknown};

/// The fields that the first line names.
pub(super) fn columns(record: &[u8]) -> Result<Vec<&'static str>, Refusal> {
    let mut columns = Vec::new();
    for name in fields(record)? {
        let field = FIELDS.into_iter().find(|field| *field == name.trim()).ok_or_else(|| {
            let Refusal { field, reason } = unknown(name.trim());
            Refusal { field, reason: format!("{reason}; the first line must name the fields") }
        })?;
        if columns.contains(&field) {
            return Err(Refusal::new(field, "it is there twice"));
        }
        columns.push(field);
    }
    Ok(columns)
}

/// The fields of a row under these columns. An empty one is not said.
pub(super) fn row(record: &[u8], columns: &[&'static str]) -> Result<Map<String, Value>, Refusal> {
    let fields = fields(record)?;
    if fields.len() != columns.len() {
        let (found, expected) = (fields.len(), columns.len());
        return Err(Refusal::of_record(format!("it has {found} fields, and the first line names {expected}")));
    }
    let said = columns.iter().zip(fields).filter(|(_, text)| !text.is_empty());
    said.map(|(field, text)| Ok(((*field).to_owned(), value(field, text)?))).collect()
}

/// What a text in a column stands for.
fn value(field: &'static str, text: String) -> Result<Value, Refusal> {
    Ok(match (field, text.as_str()) {
        ("roles", text) => text.split_whitespace().collect(),
        ("metadata", text) => {
            json::parse(text.as_bytes()).map_err(|_| Refusal::new(field, "it is not well-formed JSON"))?
        }
        ("disabled", "true") => Value::Bool(true),
        ("disabled", "false") => Value::Bool(false),
        _ => Value::String(text),
    })
}

/// The fields of a record, without the line's end.
fn fields(record: &[u8]) -> Result<Vec<String>, Refusal> {
    let text = std::str::from_utf8(record).map_err(|_| Refusal::of_record("it is not UTF-8"))?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => self::quoted(quoted)?,
            None => {
                let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if field.contains('"') {
                    return Err(Refusal::of_record(
                        "a quotation mark stands within a field that does not begin with one",
                    ));
                }
                (field.to_owned(), after)
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err(Refusal::of_record("something stands between a quotation mark and the comma after it")),
        }
    }
}

/// A field after its first quotation mark, and what follows the last.
fn quoted(text: &str) -> Result<(String, &str), Refusal> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or_else(|| Refusal::of_record("a quotation mark is not closed"))?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Result<Vec<String>, String> {
        fields(text.as_bytes()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn fields_are_split_as_rfc_4180_has_it() {
        for (text, expected) in [
            ("a,b,c", &["a", "b", "c"][..]),
            ("a,b\r\n", &["a", "b"]),
            (",", &["", ""]),
            ("", &[""]),
            (" a , b ", &[" a ", " b "]),
            ("\"a,b\",\"\"", &["a,b", ""]),
            ("\"say \"\"hi\"\"\",x\n", &["say \"hi\"", "x"]),
            ("\"two\nlines\r\n\",x", &["two\nlines\r\n", "x"]),
            ("\"\"\"\"", &["\""]),
        ] {
            assert_eq!(split(text).unwrap(), expected, "{text:?}");
        }
        for (text, part) in [
            ("a\"b,c", "within a field"),
            ("\"a\"b,c", "between a quotation mark"),
            ("\"a,b", "not closed"),
            ("\"a\"\"", "not closed"),
        ] {
            let error = split(text).unwrap_err();
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }

    #[test]
    fn the_first_line_names_known_fields_once() {
        assert_eq!(columns(b"username, email ,password_hash\r\n").unwrap(), ["username", "email", "password_hash"]);
        for (line, expected) in [
            ("username,mail", "unknown field `mail`; did you mean `email`?; the first line must name the fields"),
            ("alice,$2b$04$abc", "unknown field `alice`; the first line must name the fields"),
            ("$2b$04$abc,alice", "unknown field, whose name is not shown; the first line must name the fields"),
            ("email,email", "email: it is there twice"),
        ] {
            assert_eq!(columns(line.as_bytes()).unwrap_err().to_string(), expected, "{line}");
        }
    }

    #[test]
    fn a_row_becomes_what_a_json_line_would_be() {
        let columns = ["username", "email", "roles", "metadata", "disabled"];
        let row = |text: &str| row(text.as_bytes(), &columns);
        let expected = serde_json::json!({
            "username": "alice", "roles": ["admin", "user"], "metadata": { "plan": "gold" }, "disabled": true
        });
        assert_eq!(Value::Object(row("alice,,admin  user,\"{\"\"plan\"\":\"\"gold\"\"}\",true").unwrap()), expected);
        assert_eq!(row("alice,,,,").unwrap().len(), 1);
        assert_eq!(row("alice,,,{,").unwrap_err().to_string(), "metadata: it is not well-formed JSON");
        assert_eq!(row("alice,b").unwrap_err().to_string(), "it has 2 fields, and the first line names 5");
    }
}
