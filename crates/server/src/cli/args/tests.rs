//! Every command can be typed.

use std::path::Path;

use clap::{CommandFactory, Parser};

use super::*;
use crate::cli::{Cli, Command};

fn typed(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn clap_finds_no_contradiction() {
    Cli::command().debug_assert();
}

#[test]
fn what_is_documented_can_be_typed() {
    for line in [
        "counterfoil serve --config c.toml --listen [::1]:80 --store memory: --secret-file s --public-url https://x",
        "counterfoil demo --listen 127.0.0.1:0",
        "counterfoil init",
        "counterfoil user add alice --email a@example.com --role admin --role user --password-stdin --store sqlite:x --json",
        "counterfoil user list --json --config c.toml --store postgres://u@h/d --sessions redis://h",
        "counterfoil user show alice",
        "counterfoil user disable alice --secret-file s",
        "counterfoil user enable alice",
        "counterfoil user password alice --password-stdin",
        "counterfoil user roles alice --add a --remove b --remove c",
        "counterfoil user roles alice --set a --set b",
        "counterfoil user metadata alice",
        "counterfoil user metadata alice {}",
        "counterfoil user import users.csv --format jsonl --dry-run --firebase parameters --store sqlite:x --json",
        "counterfoil user import -",
        "counterfoil user delete alice --yes",
        "counterfoil session list --user alice",
        "counterfoil session revoke 0197a3b0-0000-7000-8000-000000000000",
        "counterfoil session purge --json",
        "counterfoil revoke --user alice --wait",
        "counterfoil revoke --session 0197a3b0-0000-7000-8000-000000000000 --json",
        "counterfoil revoke --token-id 0197a3b0-0000-7000-8000-000000000000 --store sqlite:x",
        "counterfoil revoke --client api --no-wait",
        "counterfoil revoke --key abc",
        "counterfoil revoke --all --yes --config c.toml",
        "counterfoil key list --json",
        "counterfoil key rotate --algorithm ES256",
        "counterfoil key retire abc",
        "counterfoil key revoke abc",
        "counterfoil key import --file - --algorithm ES256 --kid k",
        "counterfoil audit list --user alice --event authn_login_fail --since 24h --limit 10 --after 3 --json",
        "counterfoil audit list --since 2026-11-21T16:00:00Z --store sqlite:x",
        "counterfoil audit verify --json",
        "counterfoil store copy --from sqlite:a --from-sessions redis://h --to sqlite:b --to-sessions redis://i --json",
        "counterfoil token decode -",
        "counterfoil token verify --jwks f --alg ES256 --issuer i --audience a --no-claims --max-bytes 9 - --json",
        "counterfoil config check --json",
        "counterfoil config show",
        "counterfoil config schema",
    ] {
        if let Err(error) = typed(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn what_is_wrong_use_exits_with_2() {
    for line in [
        "counterfoil",
        "counterfoil user",
        "counterfoil user add",
        "counterfoil user add alice --role a!b",
        "counterfoil user roles alice --set a --add b",
        "counterfoil user list --colour",
        "counterfoil user import",
        "counterfoil user import - --format xml",
        "counterfoil session revoke 17",
        "counterfoil revoke",
        "counterfoil revoke --yes",
        "counterfoil revoke alice",
        "counterfoil revoke --session 17",
        "counterfoil revoke --token-id abc",
        "counterfoil revoke --user alice --client api",
        "counterfoil revoke --all --key abc",
        "counterfoil key rotate --algorithm none",
        "counterfoil key import --file k.pem",
        "counterfoil token verify x",
        "counterfoil --store memory: user list",
    ] {
        assert_eq!(typed(line).unwrap_err().exit_code(), 2, "{line}");
    }
}

#[test]
fn a_password_that_was_typed_is_in_no_debug_output() {
    for line in [
        "counterfoil user list --store postgres://u:canary@h/d --sessions redis://:canary@h",
        "counterfoil store copy --from postgres://u:canary@h/d --from-sessions redis://:canary@h \
         --to mysql://u:canary@h/d --to-sessions redis://:canary@h",
    ] {
        let text = format!("{:?}", typed(line).unwrap());
        assert!(text.contains("postgres://u:***@h/d") && !text.contains("canary"), "{text}");
    }
}

#[test]
fn flags_reach_the_settings() {
    let line = "counterfoil serve --listen 127.0.0.1:0 --store sqlite:f.db --secret-file s --public-url https://x.example \
                --tls files --tls-certificate c.pem --tls-key k.pem";
    let Ok(Cli { command: Command::Serve(serve) }) = typed(line) else { panic!("{line}") };
    let environment =
        [("COUNTERFOIL_LISTEN", "127.0.0.1:1"), ("COUNTERFOIL_SECRET_FILE", "other")].into_iter().collect();
    let (settings, warnings) = serve.load(environment).unwrap();
    assert_eq!(settings.server.listen.port(), 0);
    assert_eq!(settings.store.url.to_string(), "sqlite:f.db");
    assert_eq!(settings.secrets.secret_file.as_deref(), Some(Path::new("s")));
    assert_eq!(settings.tokens.issuer, "https://x.example");
    assert_eq!(settings.server.tls, crate::config::Tls::Files);
    assert_eq!(settings.server.tls_certificate.as_deref(), Some(Path::new("c.pem")));
    assert_eq!(settings.server.tls_key.as_deref(), Some(Path::new("k.pem")));
    assert!(warnings.is_empty());
    let wrong = Serve { listen: Some("here".into()), ..Serve::default() }.load(Environment::default());
    assert!(wrong.unwrap_err().to_string().starts_with("--listen: server.listen: expected an address and port"));
    let demo = Demo { listen: Some("127.0.0.1:9".into()) }.load("sqlite:throw-away.db".into()).unwrap();
    assert_eq!((demo.server.listen.port(), demo.store.url.to_string()), (9, "sqlite:throw-away.db".into()));
}

/// Names and helps of a command and all below it.
fn walk(command: &clap::Command, visit: &mut impl FnMut(&clap::Command)) {
    visit(command);
    command.get_subcommands().for_each(|command| walk(command, visit));
}

#[test]
fn every_command_has_an_example_and_every_argument_a_meaning() {
    walk(&Cli::command(), &mut |command| {
        let name = command.get_name();
        if command.get_subcommands().next().is_none() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(
                after.contains(name) && (after.starts_with("Example:") || after.starts_with("Examples:")),
                "{name}: {after}"
            );
        }
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{name} {}", argument.get_id());
        }
    });
}

#[test]
fn only_where_things_are_stands_under_that_heading() {
    walk(&Cli::command(), &mut |command| {
        for argument in command.get_arguments() {
            let is_place = ["config", "store", "sessions", "secret_file"].contains(&argument.get_id().as_str());
            let of_init = command.get_name() == "init";
            let heading = (is_place && !of_init).then_some(PLACES);
            assert_eq!(argument.get_help_heading(), heading, "{} {}", command.get_name(), argument.get_id());
        }
    });
}
