//! Files of accounts to be imported, as JSON lines and as comma-separated values: every record is an account or a refusal that
//! quotes no hash, wherever the reads happen to end; and an account that is written as JSON is the same account.
#![no_main]

use std::io::{BufReader, Cursor};

use counterfoil::cli::user::import::{Entry, Format, Reader};
use counterfoil_core::authority::ImportedUser;
use counterfoil_core::password::FirebaseParameters;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|input: (bool, bool, u8, &[u8])| {
    let (is_csv, of_firebase, buffer, text) = input;
    let format = if is_csv { Format::Csv } else { Format::Jsonl };
    let found = read(text, format, of_firebase, usize::from(buffer) + 1);
    assert_eq!(
        found.iter().map(said).collect::<Vec<_>>(),
        read(text, format, of_firebase, 65_536).iter().map(said).collect::<Vec<_>>()
    );
    let lines = text.split_inclusive(|byte| *byte == b'\n').count() as u64;
    assert!(found.windows(2).all(|pair| pair[0].line < pair[1].line) && found.iter().all(|entry| entry.line <= lines));
    for entry in &found {
        match &entry.user {
            Ok(user) => again(user),
            Err(refusal) => {
                let said = refusal.to_string();
                assert!(!refusal.reason.is_empty() && said.len() < 300 && !said.contains(char::is_control), "{said:?}");
                // A single sign may be named, as one that a username must not hold.
                assert!(!said.contains("$2") && !said.contains("$a") && !said.contains("$s"), "{said:?}");
            }
        }
    }
});

fn read(text: &[u8], format: Format, of_firebase: bool, buffer: usize) -> Vec<Entry> {
    let input = BufReader::with_capacity(buffer, Cursor::new(text));
    let mut reader = Reader::new(input, format, of_firebase.then(firebase));
    let mut found = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        found.push(entry);
    }
    assert!(reader.bytes() <= text.len() as u64);
    found
}

fn firebase() -> FirebaseParameters {
    let key = format!("{}==", "A".repeat(86));
    let text = format!(
        "algorithm: SCRYPT,\nbase64_signer_key: {key},\nbase64_salt_separator: Bw==,\nrounds: 8,\nmem_cost: 1,"
    );
    text.parse().unwrap()
}

fn said(entry: &Entry) -> (u64, Result<String, String>) {
    let user = entry.user.as_ref().map(|user| format!("{user:?} {}", user.password.as_str()));
    (entry.line, user.map_err(ToString::to_string))
}

/// The account, written as JSON and read again.
fn again(user: &ImportedUser) {
    let line = json!({
        "id": user.id.map(|id| id.to_string()),
        "username": user.username.as_str(),
        "email": user.email.as_ref().map(|email| email.as_str()),
        "password_hash": user.password.as_str(),
        "roles": user.roles,
        "metadata": user.metadata,
        "disabled": user.state.map(|state| format!("{state:?}") == "Disabled"),
    });
    let read = read(line.to_string().as_bytes(), Format::Jsonl, false, 4096).remove(0).user;
    let read = read.unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    // A time has more than one spelling, and is left out.
    let read = ImportedUser { created_at: user.created_at, ..read };
    assert_eq!((format!("{read:?}"), read.password.as_str()), (format!("{user:?}"), user.password.as_str()));
}
