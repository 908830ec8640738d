//! Reads settings one by one, remembers where each came from, and collects every mistake on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::Value as Toml;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Origin, Problem, Warning, nearest, position};
use super::source::{CONFIG_VARIABLE, ConfigFile, PREFIX, SECRET_VARIABLE, Sources};
use super::value::{Setting, mismatch};

/// Variables that have a short name as well.
pub(super) const SHORT_NAMES: [(&str, &str); 5] = [
    ("server.listen", "COUNTERFOIL_LISTEN"),
    ("server.public_url", "COUNTERFOIL_PUBLIC_URL"),
    ("store.url", "COUNTERFOIL_STORE"),
    ("store.sessions", "COUNTERFOIL_SESSIONS"),
    ("secrets.secret_file", "COUNTERFOIL_SECRET_FILE"),
];

/// A setting as it holds now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The tables that it stands in, outermost first, and its own name.
    pub(super) path: Vec<String>,
    /// Its value; `None` when it is not set and has no default.
    pub(super) value: Option<Toml>,
    /// Who says so.
    pub(super) origin: Origin,
}

/// Everything that is known while settings are read.
pub(super) struct Reader<'a> {
    sources: &'a Sources,
    variables: BTreeSet<String>,
    pub(super) entries: Vec<Entry>,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) warnings: Vec<Warning>,
}

/// One table of the file, and what other sources say about its keys.
pub(super) struct Section<'r, 'a> {
    reader: &'r mut Reader<'a>,
    path: Vec<String>,
    /// Where the file begins it.
    place: Origin,
    table: Option<&'a DeTable<'a>>,
    known: Vec<String>,
    refused: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        let variables = [CONFIG_VARIABLE, SECRET_VARIABLE].map(ToOwned::to_owned).into();
        Self { sources, variables, entries: Vec::new(), mistakes: Vec::new(), warnings: Vec::new() }
    }

    /// Reads the whole file: `read` asks for every key that may be at its top.
    pub(super) fn root<T>(
        &mut self,
        table: Option<&'a DeTable<'a>>,
        read: impl FnOnce(&mut Section<'_, 'a>) -> T,
    ) -> T {
        let result = read_section(self, Vec::new(), Origin::Default, table, read);
        self.warn_of_unknown_variables();
        result
    }

    /// The secret, which only the environment may hold.
    pub(super) fn secret(&self) -> Option<&'a str> {
        self.sources.environment.value(SECRET_VARIABLE)
    }

    fn warn_of_unknown_variables(&mut self) {
        let names = self.sources.environment.names();
        for name in names.filter(|name| !self.variables.contains(*name)) {
            let nearest = nearest(name, self.variables.iter().map(String::as_str));
            let hint = nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
            self.warnings.push(Warning(format!("{name}: no setting has this variable{hint}")));
        }
    }
}

fn read_section<'a, T>(
    reader: &mut Reader<'a>,
    path: Vec<String>,
    place: Origin,
    table: Option<&'a DeTable<'a>>,
    read: impl FnOnce(&mut Section<'_, 'a>) -> T,
) -> T {
    let mut section = Section { reader, path, place, table, known: Vec::new(), refused: Vec::new() };
    let result = read(&mut section);
    section.refuse_unknown_keys();
    result
}

impl<'a> Section<'_, 'a> {
    /// Reads a setting, strongest source first; a mistake is noted and leaves the default.
    pub(super) fn value<T: Setting>(&mut self, key: &str, default: T) -> T {
        self.checked(key, default, |_| None)
    }

    /// Reads a setting that must lie between two values.
    pub(super) fn within<T: Setting + PartialOrd>(&mut self, key: &str, default: T, range: RangeInclusive<T>) -> T {
        self.checked(key, default, |value| {
            let shown = |bound: &T| bound.to_toml().map(|bound| bound.to_string()).unwrap_or_default();
            (!range.contains(value)).then(|| format!("from {} to {}", shown(range.start()), shown(range.end())))
        })
    }

    fn checked<T: Setting>(&mut self, key: &str, default: T, out_of_range: impl Fn(&T) -> Option<String>) -> T {
        self.known.push(key.to_owned());
        let (said, origin) = self.said(key);
        let mut value = default;
        if let Some((toml, parsed)) = said.map(Said::parse::<T>) {
            let limits = parsed.as_ref().and_then(&out_of_range);
            match (parsed, limits) {
                (Some(parsed), None) => value = parsed,
                (_, limits) => {
                    let mut problem = mismatch::<T>(&toml);
                    if let (Problem::Value { expected, .. }, Some(limits)) = (&mut problem, limits) {
                        *expected = format!("a value {limits}");
                    }
                    self.note(key, origin.clone(), problem);
                }
            }
        }
        let path = self.path_to(key);
        self.reader.entries.push(Entry { path, value: value.to_toml(), origin });
        value
    }

    /// What the strongest source says.
    fn said(&mut self, key: &str) -> (Option<Said>, Origin) {
        let name = dotted(&self.path_to(key));
        let long = variable(&self.path_to(key));
        let short = SHORT_NAMES.iter().find(|(full, _)| *full == name).map(|(_, short)| (*short).to_owned());
        let names: Vec<String> = short.into_iter().chain([long]).collect();
        self.reader.variables.extend(names.iter().cloned());
        let sources = self.reader.sources;
        if let Some((flag, text)) = sources.flags.find(&name) {
            return (Some(Said::Text(text.to_owned())), Origin::Flag(flag));
        }
        let set = names.into_iter().filter_map(|name| Some((sources.environment.value(&name)?.to_owned(), name)));
        let mut set: Vec<(String, String)> = set.collect();
        if let [(first, short), (second, long)] = set.as_slice()
            && first != second
        {
            let problem = format!("{long} says something else; leave one of them out");
            self.note(key, Origin::Variable(short.clone()), Problem::Rule(problem));
        }
        if let Some((text, name)) = set.pop() {
            return (Some(Said::Text(text)), Origin::Variable(name));
        }
        match (self.table.and_then(|table| table.get(key)), &sources.file) {
            (Some(value), Some(file)) => (Some(Said::Toml(plain(value.get_ref()))), file.origin(&value.span())),
            _ => (None, Origin::Default),
        }
    }

    /// Reads the table of that name.
    pub(super) fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Section<'_, 'a>) -> T) -> T {
        self.known.push(key.to_owned());
        let value = self.table.and_then(|table| table.get(key));
        let table = value.and_then(|value| value.get_ref().as_table());
        if let (Some(value), None) = (value, table) {
            let found = super::value::describe(&plain(value.get_ref()));
            let expected = format!("a table `[{}]`", dotted(&self.path_to(key)));
            let origin = self.place(key);
            self.note(key, origin, Problem::Value { expected, found, nearest: None });
        }
        let (path, place) = (self.path_to(key), self.place(key));
        read_section(self.reader, path, place, table, read)
    }

    /// Looks at a table again that has been read, to hold its values against others.
    pub(super) fn review(&mut self, key: &str, check: impl FnOnce(&mut Section<'_, 'a>)) {
        let table = self.table.and_then(|table| table.get(key)).and_then(|value| value.get_ref().as_table());
        let (path, place) = (self.path_to(key), self.place(key));
        let place = if place == Origin::Default { self.place.clone() } else { place };
        check(&mut Section { reader: self.reader, path, place, table, known: Vec::new(), refused: Vec::new() });
    }

    /// The keys that the file has in this table, for tables whose keys are free to choose.
    pub(super) fn keys(&self) -> Vec<String> {
        self.table.map(|table| table.keys().map(|key| key.get_ref().to_string()).collect()).unwrap_or_default()
    }

    /// Whether any source says something about this key.
    pub(super) fn is_said(&self, key: &str) -> bool {
        self.origin(key).is_some_and(|origin| *origin != Origin::Default)
    }

    /// Who says what holds for this key, once it has been read.
    pub(super) fn origin(&self, key: &str) -> Option<&Origin> {
        self.entry(key).map(|entry| &entry.origin)
    }

    /// Refuses a setting that was read, at the place where it was said, or else where its table begins.
    pub(super) fn refuse(&mut self, key: &str, rule: impl Into<String>) {
        let said = self.entry(key).map(|entry| entry.origin.clone()).filter(|origin| *origin != Origin::Default);
        let origin = said.unwrap_or_else(|| self.place.clone());
        self.note(key, origin, Problem::Rule(rule.into()));
    }

    /// Refuses a key by its name, whatever its value.
    pub(super) fn refuse_key(&mut self, key: &str, rule: impl Into<String>) {
        self.refused.push(key.to_owned());
        let origin = self.place(key);
        if origin != Origin::Default {
            self.note(key, origin, Problem::Rule(rule.into()));
        }
    }

    /// Leaves settings out of what is shown, unless someone says them.
    pub(super) fn forget(&mut self, keys: &[&str]) {
        let paths: Vec<Vec<String>> = keys.iter().map(|key| self.path_to(key)).collect();
        self.reader.entries.retain(|entry| entry.origin != Origin::Default || !paths.contains(&entry.path));
    }

    /// Says that a setting is allowed but probably not meant.
    pub(super) fn warn(&mut self, key: &str, text: &str) {
        let name = dotted(&self.path_to(key));
        let text = match self.entry(key).map(|entry| &entry.origin) {
            None | Some(Origin::Default) => format!("{name}: {text}"),
            Some(origin) => format!("{origin}: {name}: {text}"),
        };
        self.reader.warnings.push(Warning(text));
    }

    /// The secret, which only the environment may hold.
    pub(super) fn secret(&self) -> Option<&'a str> {
        self.reader.secret()
    }

    /// Notes what is wrong with a variable that belongs to no key.
    pub(super) fn refuse_variable(&mut self, name: &str, rule: &str) {
        let origin = Origin::Variable(name.to_owned());
        self.reader.mistakes.push(Mistake { origin, key: String::new(), problem: Problem::Rule(rule.to_owned()) });
    }

    fn refuse_unknown_keys(&mut self) {
        let unknown = |key: &String| !self.known.contains(key) && !self.refused.contains(key);
        for key in self.keys().into_iter().filter(unknown).collect::<Vec<_>>() {
            let nearest = nearest(&key, self.known.iter().map(String::as_str)).map(ToOwned::to_owned);
            let expected = self.known.clone();
            let origin = self.place(&key);
            self.note(&key, origin, Problem::UnknownKey { nearest, expected });
        }
    }

    fn note(&mut self, key: &str, origin: Origin, problem: Problem) {
        let key = dotted(&self.path_to(key));
        self.reader.mistakes.push(Mistake { origin, key, problem });
    }

    /// Where the file has this key.
    fn place(&self, key: &str) -> Origin {
        let found = self.table.and_then(|table| table.get_key_value(key));
        match (found, &self.reader.sources.file) {
            (Some((key, _)), Some(file)) => file.origin(&key.span()),
            _ => Origin::Default,
        }
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        let path = self.path_to(key);
        self.reader.entries.iter().rev().find(|entry| entry.path == path)
    }

    fn path_to(&self, key: &str) -> Vec<String> {
        self.path.iter().cloned().chain([key.to_owned()]).collect()
    }
}

/// A value before it is understood.
enum Said {
    Text(String),
    Toml(Toml),
}

impl Said {
    fn parse<T: Setting>(self) -> (Toml, Option<T>) {
        match self {
            Self::Text(text) => {
                let parsed = T::from_text(&text);
                (Toml::String(text), parsed)
            }
            Self::Toml(value) => {
                let parsed = T::from_toml(&value);
                (value, parsed)
            }
        }
    }
}

/// A setting's full name as TOML writes it.
pub(super) fn dotted(path: &[String]) -> String {
    path.iter().map(|key| toml_key(key)).collect::<Vec<_>>().join(".")
}

/// A key, quoted unless it can stand bare (TOML 1.1, "Keys").
pub(super) fn toml_key(key: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !key.is_empty() && key.bytes().all(bare) { key.to_owned() } else { Toml::String(key.to_owned()).to_string() }
}

/// A setting's variable: its full name in capitals, with `_` for whatever a variable cannot contain.
pub(super) fn variable(path: &[String]) -> String {
    let name = path.join("_").to_ascii_uppercase();
    PREFIX.to_owned() + &name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// A value without its places. A number that no setting can have becomes text, and is refused as such.
fn plain(value: &DeValue<'_>) -> Toml {
    match value {
        DeValue::String(text) => Toml::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Toml::String(number.to_string()), Toml::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Toml::String(number.as_str().to_owned()), Toml::Float)
        }
        DeValue::Boolean(value) => Toml::Boolean(*value),
        DeValue::Datetime(at) => Toml::Datetime(*at),
        DeValue::Array(values) => Toml::Array(values.iter().map(|value| plain(value.get_ref())).collect()),
        DeValue::Table(table) => Toml::Table(plain_table(table)),
    }
}

fn plain_table(table: &DeTable<'_>) -> toml::Table {
    let members: BTreeMap<String, Toml> =
        table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect();
    members.into_iter().collect()
}

/// The file as a table, or what is wrong with its grammar.
pub(super) fn parse(file: &ConfigFile) -> Result<Spanned<DeTable<'_>>, Vec<Mistake>> {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    if errors.is_empty() {
        return Ok(table);
    }
    let mistake = |error: &toml::de::Error| Mistake {
        origin: file.origin(&error.span().unwrap_or_default()),
        key: String::new(),
        problem: Problem::Rule(error.message().to_owned()),
    };
    let mut mistakes: Vec<Mistake> = errors.iter().map(mistake).collect();
    mistakes.sort_by_key(position);
    Err(mistakes)
}
