//! `counterfoil audit …`

use std::collections::HashMap;

use counterfoil_core::Clock as _;
use counterfoil_core::audit::{Checked, Finding, Record, Repaired};
use counterfoil_core::authority::Authority;
use counterfoil_core::id::UserId;
use counterfoil_core::store::{AuditFilter, AuditRow};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::open::open;
use super::output::{Output, answer, cell, rfc3339};
use super::{Failure, args, user};
use crate::config::Environment;

/// How many records are read together.
const PAGE: usize = 512;
/// How many are listed when nobody has said from where on.
const NEWEST: u64 = 50;

/// Does what the command says.
pub(super) async fn run(command: args::Audit, environment: Environment) -> Result<(), Failure> {
    match command {
        args::Audit::List(wish) => {
            let authority = open(&wish.common, environment).await?;
            list(&authority, &wish).await
        }
        args::Audit::Verify { common, output } => {
            let authority = open(&common, environment).await?;
            let checked = authority.scribe.verify(|_| {}).await?;
            output.text(&report(&checked), || told(&checked))?;
            if checked.is_intact() { Ok(()) } else { Err(Failure::Said) }
        }
        args::Audit::Repair { common, output } => {
            let authority = open(&common, environment).await?;
            let repaired = authority.repair_audit().await?;
            output.text(&outcome(repaired), || said(repaired))
        }
    }
}

async fn list(authority: &Authority, wish: &args::AuditList) -> Result<(), Failure> {
    let user = match &wish.user {
        None => None,
        // The records of a user outlive the user.
        Some(name) => Some(match name.parse() {
            Ok(id) => id,
            Err(_) => user::named(authority, name).await?.id,
        }),
    };
    let since = wish.since.map(|since| match since {
        args::Since::At(at) => at,
        args::Since::Ago(length) => authority.clock.now().before(length),
    });
    let filter = AuditFilter { user, event: wish.event.map(|event| event.name().to_owned()), since };
    let log = &authority.stores.audit;
    let mut printer = Printer::new(authority, wish.output);
    if wish.after.is_none() && wish.since.is_none() {
        let most = usize::try_from(wish.limit.unwrap_or(NEWEST)).unwrap_or(usize::MAX);
        let mut rows = log.latest(most, &filter).await?;
        rows.reverse();
        printer.print(rows).await?;
        return printer.end();
    }
    let (mut after, mut left) = (wish.after.unwrap_or(0), wish.limit.unwrap_or(u64::MAX));
    while left > 0 {
        let most = usize::try_from(left).map_or(PAGE, |left| left.min(PAGE));
        let rows = log.after(after, most, &filter).await?;
        let Some(last) = rows.last() else { break };
        (after, left) = (last.number, left - rows.len() as u64);
        printer.print(rows).await?;
    }
    printer.end()
}

/// Prints records as they come.
struct Printer<'a> {
    authority: &'a Authority,
    output: Output,
    /// Users by their ids, so that each is looked up once.
    names: HashMap<UserId, Option<String>>,
    printed: bool,
}

/// A record as it is printed.
#[derive(Serialize)]
struct Line {
    number: u64,
    at: String,
    event: String,
    outcome: &'static str,
    actor: String,
    user_id: Option<String>,
    /// The name that the user has now.
    username: Option<String>,
    login: Option<String>,
    client: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    details: Map<String, Value>,
}

impl<'a> Printer<'a> {
    fn new(authority: &'a Authority, output: Output) -> Self {
        Self { authority, output, names: HashMap::new(), printed: false }
    }

    async fn print(&mut self, rows: Vec<AuditRow>) -> Result<(), Failure> {
        for row in rows {
            let record = Record::try_from(row)?;
            let username = match record.user {
                Some(id) => self.name_of(id).await?,
                None => None,
            };
            let line = Line::of(record, username);
            let is_first = !std::mem::replace(&mut self.printed, true);
            if self.output.json {
                let value = serde_json::to_string(&line).map_err(|error| Failure::because(&error))?;
                answer(&format!("{}{value}", if is_first { "[\n " } else { ", " }))?;
            } else {
                if is_first {
                    answer(&columns(["NUMBER", "TIME", "EVENT", "OUTCOME", "USER", "FROM", "BY", "DETAILS"]))?;
                }
                answer(&line.text())?;
            }
        }
        Ok(())
    }

    fn end(self) -> Result<(), Failure> {
        match (self.output.json, self.printed) {
            (true, true) => answer("]"),
            (true, false) => answer("[]"),
            (false, true) => Ok(()),
            (false, false) => answer("There is no such record."),
        }
    }

    async fn name_of(&mut self, id: UserId) -> Result<Option<String>, Failure> {
        if let Some(name) = self.names.get(&id) {
            return Ok(name.clone());
        }
        let user = self.authority.stores.users.by_id(id).await?;
        let name = user.map(|user| user.username.as_str().to_owned());
        self.names.insert(id, name.clone());
        Ok(name)
    }
}

impl Line {
    fn of(record: Record, username: Option<String>) -> Self {
        Self {
            number: record.number,
            at: rfc3339(record.at),
            event: record.event,
            outcome: record.outcome.as_str(),
            actor: record.actor.to_string(),
            user_id: record.user.map(|id| id.to_string()),
            username,
            login: record.login.map(|id| id.to_string()),
            client: record.client.map(|client| client.as_str().to_owned()),
            ip: record.ip.map(|ip| ip.to_string()),
            user_agent: record.user_agent,
            request_id: record.request,
            details: record.details,
        }
    }

    /// One line that no terminal acts on, whatever strangers have called themselves.
    fn text(&self) -> String {
        let mut details: Vec<String> =
            self.details.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
        let more = [("client", &self.client), ("login", &self.login), ("request", &self.request_id)];
        details.extend(more.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))));
        details.extend(self.user_agent.as_ref().map(|text| format!("user_agent=\"{}\"", text.escape_debug())));
        let user = self.username.as_ref().or(self.user_id.as_ref());
        let actor = if Some(self.actor.as_str()) == self.user_id.as_ref().map(|id| format!("user {id}")).as_deref() {
            "themselves"
        } else {
            &self.actor
        };
        columns([
            &self.number.to_string(),
            &self.at,
            &self.event,
            self.outcome,
            user.map_or("-", String::as_str),
            self.ip.as_deref().unwrap_or("-"),
            actor,
            &details.join(" "),
        ])
    }
}

/// A detail: quoted if it is text that is not plainly a word.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().all(|c| c.is_ascii_alphanumeric() || "._:/-".contains(c)) => text.clone(),
        Value::String(text) => format!("\"{}\"", text.escape_debug()),
        _ => cell(value),
    }
}

/// A line of the list. Records come as they are read, so the columns are of fixed widths, and what is wider pushes the rest.
fn columns([number, at, event, outcome, user, from, by, details]: [&str; 8]) -> String {
    let line = format!("{number:>8}  {at:<24}  {event:<26}  {outcome:<7}  {user:<20}  {from:<15}  {by:<12}  {details}");
    line.trim_end().to_owned()
}

fn report(checked: &Checked) -> Value {
    json!({
        "intact": checked.is_intact(),
        "records": checked.records,
        "purged_up_to": checked.after,
        "last": checked.head.number,
        "last_tag": checked.head.tag.to_text(),
        "findings": checked.findings.iter().map(Finding::to_string).collect::<Vec<_>>(),
        "more_findings": checked.more,
    })
}

fn outcome(repaired: Option<Repaired>) -> Value {
    json!({
        "repaired": repaired.is_some(),
        "reason": repaired.map(|repaired| repaired.obstacle.to_string()),
        "record": repaired.map(|repaired| repaired.number),
    })
}

fn said(repaired: Option<Repaired>) -> String {
    let Some(Repaired { obstacle, number }) = repaired else {
        return "The audit log can be written. Nothing was changed.".to_owned();
    };
    format!(
        "The audit log could not go on as it was: {obstacle}.\nIt goes on with record {number}, which says so. Nothing was removed: \
         `counterfoil audit verify` goes on saying what is not as it was written."
    )
}

fn told(checked: &Checked) -> String {
    let Checked { records, after, head, findings, more } = checked;
    let purged = if *after > 0 { format!(" Those up to {after} were purged.") } else { String::new() };
    if checked.is_intact() {
        return format!(
            "All {records} records are what was written.{purged} The last is {}, with the tag {}.",
            head.number,
            if head.number == 0 { "-".to_owned() } else { head.tag.to_text() }
        );
    }
    let mut lines = vec![format!("The audit log is not what was written. {records} records are there.{purged}")];
    lines.extend(findings.iter().map(|finding| format!("- {finding}")));
    if *more > 0 {
        lines.push(format!("- and {more} more"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use counterfoil_core::audit::{Event, Outcome};

    use super::*;

    #[test]
    fn lo_03_a_line_is_one_line_that_no_terminal_acts_on() {
        let hostile = "a\r\nb\u{1b}[31m\u{2028}\"";
        let line = Line {
            number: 7,
            at: "2026-11-21T16:00:00Z".to_owned(),
            event: Event::AuthzAdmin.name().to_owned(),
            outcome: Outcome::Success.as_str(),
            actor: "system".to_owned(),
            user_id: None,
            username: None,
            login: None,
            client: None,
            ip: Some("192.0.2.1".to_owned()),
            user_agent: Some(hostile.to_owned()),
            request_id: None,
            details: Map::from_iter([("key".to_owned(), hostile.into())]),
        };
        let text = line.text();
        assert!(!text.contains(|c: char| c.is_control() || c == '\u{2028}'), "{text:?}");
        assert!(text.contains(r#"user_agent="a\r\nb\u{1b}[31m\u{2028}\"""#), "{text}");
    }

    #[test]
    fn what_was_found_is_told() {
        let checked =
            Checked { records: 4, findings: vec![Finding::Missing { first: 2, last: 3 }], ..Checked::default() };
        assert_eq!(
            told(&checked),
            "The audit log is not what was written. 4 records are there.\n- records 2 to 3 are missing"
        );
    }
}
