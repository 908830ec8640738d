//! `counterfoil user …`

pub mod import;

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_core::account::User;
use counterfoil_core::authority::{Authority, NewUser, OperateError};
use counterfoil_core::id::Role;
use counterfoil_core::jose::json;
use serde::Serialize;
use serde_json::{Map, Value};

use super::open::{open, open_or_make};
use super::output::{Output, rfc3339};
use super::{Failure, args, ask};
use crate::config::{Environment, nearest};

/// How many users are read at once.
const PAGE: usize = 500;
/// The longest metadata that is read from standard input, in bytes.
const MAX_METADATA: usize = 64 * 1024;

/// Does what the command says.
pub(super) async fn run(command: args::User, environment: Environment) -> Result<(), Failure> {
    match command {
        args::User::Add { name, email, roles, password_stdin, common, output } => {
            let authority = open_or_make(&common, environment).await?;
            let password = ask::new_password(password_stdin)?;
            let new = NewUser { username: &name, email: email.as_deref(), password, roles: or_user(roles)? };
            print(&authority.add_user(new).await?, output)
        }
        args::User::List { common, output } => {
            let authority = open(&common, environment).await?;
            let accounts: Vec<_> = all(&authority).await?.iter().map(Account::of).collect();
            output.list(&accounts, Account::MEMBERS)
        }
        args::User::Show(user) => {
            let (authority, id) = find(&user, environment).await?;
            let found = authority.user(&id).await?;
            let sessions = authority.sessions(found.id).await?.len();
            let (failed_logins, locked) = authority.guesses_at(found.id).await?;
            let account = Account::of(&found);
            let shown = Shown { account, metadata: &found.metadata, sessions, failed_logins, locked };
            user.output.record(&shown, &[Account::MEMBERS, Shown::MEMBERS].concat())
        }
        args::User::Disable(user) => {
            let (authority, id) = find(&user, environment).await?;
            let disabled = authority.disable(&id).await?;
            print(&disabled, user.output)
        }
        args::User::Enable(user) => {
            let (authority, id) = find(&user, environment).await?;
            print(&authority.enable(&id).await?, user.output)
        }
        args::User::Password { user, password_stdin } => {
            let (authority, id) = find(&user, environment).await?;
            let changed = authority.set_password(&id, ask::new_password(password_stdin)?).await?;
            user.output.text(&Account::of(&changed), || {
                format!("{} has a new password. Every login of before has ended.", changed.username.as_str())
            })
        }
        args::User::Roles { user, add, remove, set } => {
            let (authority, id) = find(&user, environment).await?;
            let changed = if add.is_empty() && remove.is_empty() && set.is_empty() {
                authority.user(&id).await?
            } else {
                authority.set_roles(&id, |roles| change(roles, &add, &remove, &set)).await?
            };
            print(&changed, user.output)
        }
        args::User::Metadata { user, metadata } => {
            let (authority, id) = find(&user, environment).await?;
            let found = match metadata {
                Some(text) => authority.set_metadata(&id, &object(text)?).await?,
                None => authority.user(&id).await?,
            };
            user.output.text(&found.metadata, || format!("{:#}", Value::Object(found.metadata.clone())))
        }
        args::User::Import(command) => import::run(command, environment).await,
        args::User::Delete { user, yes } => {
            let (authority, id) = find(&user, environment).await?;
            let name = authority.user(&id).await?.username;
            if !yes && !ask::confirmed(&format!("Delete {} and end all of its logins?", name.as_str()))? {
                return Err(Failure::Refused("nothing was deleted".into()));
            }
            let deleted = authority.delete(&id).await?;
            user.output.text(&Account::of(&deleted), || format!("{} is deleted.", name.as_str()))
        }
    }
}

/// An account as it is printed.
#[derive(Serialize)]
struct Account {
    id: String,
    username: String,
    email: Option<String>,
    roles: Vec<String>,
    state: counterfoil_core::account::UserState,
    created_at: String,
}

/// An account with all that is known of it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    account: Account,
    metadata: &'a Map<String, Value>,
    /// How many of its logins are stored and count.
    sessions: usize,
    /// How many failed since the last that did not.
    failed_logins: u32,
    /// Whether these were so many that the password counts no more.
    locked: bool,
}

impl Shown<'_> {
    const MEMBERS: &'static [&'static str] = &["metadata", "sessions", "failed_logins", "locked"];
}

impl Account {
    const MEMBERS: &[&str] = &["id", "username", "email", "roles", "state", "created_at"];

    fn of(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            state: user.state,
            created_at: rfc3339(user.created_at),
        }
    }
}

fn print(user: &User, output: Output) -> Result<(), Failure> {
    output.record(&Account::of(user), Account::MEMBERS)
}

/// The store, and the id of the user that was named.
async fn find(user: &args::UserName, environment: Environment) -> Result<(Arc<Authority>, String), Failure> {
    let authority = open(&user.common, environment).await?;
    let id = named(&authority, &user.name).await?.id.to_string();
    Ok((authority, id))
}

/// The user of that name. When it is nobody's, the error says whose is nearest.
pub(super) async fn named(authority: &Authority, name: &str) -> Result<User, Failure> {
    let nobody = match authority.user(name).await {
        Err(OperateError::Nobody(nobody)) => nobody,
        found => return Ok(found?),
    };
    let some = authority.stores.users.list(None, PAGE).await?;
    Err(Failure::Refused(match nearest(name, some.iter().map(|user| user.username.as_str())) {
        Some(near) => format!("{nobody}; did you mean `{near}`?"),
        None => nobody.to_string(),
    }))
}

/// Every user, page by page.
pub(super) async fn all(authority: &Authority) -> Result<Vec<User>, Failure> {
    let mut users: Vec<User> = Vec::new();
    loop {
        let page = authority.stores.users.list(users.last().map(|user| user.id), PAGE).await?;
        let is_last = page.len() < PAGE;
        users.extend(page);
        if is_last {
            return Ok(users);
        }
    }
}

/// The roles that were given, or the one that whoever registers gets.
fn or_user(roles: Vec<Role>) -> Result<BTreeSet<Role>, Failure> {
    if roles.is_empty() {
        return Ok(BTreeSet::from([Role::parse("user").map_err(|error| Failure::because(&error))?]));
    }
    Ok(roles.into_iter().collect())
}

fn change(roles: &mut BTreeSet<Role>, add: &[Role], remove: &[Role], set: &[Role]) {
    if !set.is_empty() {
        roles.clear();
    }
    roles.extend(set.iter().chain(add).cloned());
    roles.retain(|role| !remove.contains(role));
}

/// The JSON object that was typed, or that stands on standard input.
fn object(typed: String) -> Result<Map<String, Value>, Failure> {
    let bytes = if typed == "-" { ask::standard_input(MAX_METADATA)?.to_vec() } else { typed.into_bytes() };
    if bytes.len() > MAX_METADATA {
        return Err(Failure::Refused(format!("the metadata is longer than {MAX_METADATA} bytes")));
    }
    match json::parse(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::Refused("the metadata is not a JSON object".into())),
        Err(error) => Err(Failure::Refused(format!("the metadata cannot be read: {error}"))),
    }
}
