//! The configuration file as JSON Schema, for editors that complete and check it.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value as Json, json};

use super::clients::ClientTable;
use super::reader::Entry;
use super::value::Setting;
use super::{
    Audit, Keys, Log, Passwords, Registration, Revocation, Secrets, Server, Settings, Sources, Store, Throttle, Tokens,
};

/// The configuration of Counterfoil.
#[derive(JsonSchema)]
#[schemars(rename = "counterfoil.toml")]
#[expect(dead_code, reason = "it is never made: it says what the file looks like")]
struct File {
    /// The client of a login that names none.
    default_client: String,
    server: Server,
    store: Store,
    secrets: Secrets,
    registration: Registration,
    passwords: Passwords,
    throttle: Throttle,
    tokens: Tokens,
    keys: Keys,
    revocation: Revocation,
    audit: Audit,
    log: Log,
    /// The clients by name. `web`, `spa`, `api`, `stateless` and `device` are there without being said.
    clients: BTreeMap<String, ClientTable>,
}

/// The schema of a setting's type.
pub(super) fn of<T: Setting>(_: &mut SchemaGenerator) -> Schema {
    T::schema()
}

/// JSON Schema 2020-12 of the file: every key, its type and limits, and its default.
pub fn schema() -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<File>().to_value();
    tidy(&mut schema);
    let defaults = Settings::load(&Sources::default()).map(|(settings, _)| settings.entries).unwrap_or_default();
    for entry in defaults.iter().filter(|entry| entry.path.first().is_some_and(|table| table != "clients")) {
        set_default(&mut schema, entry);
    }
    schema
}

/// No key must be there, no key may be there that is not named, and a description is one line.
fn tidy(schema: &mut Json) {
    let Json::Object(members) = schema else { return };
    // Rust's own names for numbers (`uint32`) mean nothing to an editor. A table of that name is a setting, and stays.
    members.retain(|name, value| !(name == "required" && value.is_array() || name == "format" && value.is_string()));
    if let Some(Json::String(description)) = members.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    if members.contains_key("properties") {
        members.insert("additionalProperties".to_owned(), json!(false));
    }
    members.values_mut().for_each(tidy);
}

fn set_default(schema: &mut Json, entry: &Entry) {
    let place = entry.path.iter().try_fold(schema, |schema, key| schema.get_mut("properties")?.get_mut(key));
    let value = entry.value.as_ref().and_then(|value| serde_json::to_value(value).ok());
    if let (Some(members), Some(value)) = (place.and_then(Json::as_object_mut), value) {
        members.insert("default".to_owned(), value);
    }
}
