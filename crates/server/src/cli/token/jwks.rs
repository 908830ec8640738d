//! Getting a set of keys: from a file, or from a server.

use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use super::Failure;

/// The longest set that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// How long a server may take for all of its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The text of the set: from a URL, or from the file of that name.
pub(super) async fn text(at: &str) -> Result<String, Failure> {
    let lower = at.to_ascii_lowercase();
    let bytes = if lower.starts_with("http://") || lower.starts_with("https://") {
        let answer = timeout(PATIENCE, fetch(at)).await;
        answer.unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs())))
    } else {
        read(at)
    };
    bytes
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()))
        .map_err(|why| Failure::Refused(format!("the keys cannot be read from {at}: {why}")))
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > MAX_BYTES { Err(format!("it is longer than {MAX_BYTES} bytes")) } else { Ok(bytes) }
}

/// One request. A redirect is an answer like any other that is not 200: whoever can send one could name keys of their own.
async fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let url: Uri = url.parse().map_err(|_| "it is not a URL".to_owned())?;
    let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let response = client.get(url).await.map_err(|error| super::super::chain(&error))?;
    if response.status() != StatusCode::OK {
        return Err(format!("the server answered {}", response.status()));
    }
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.map_err(|error| error.to_string())?;
    Ok(body.to_bytes().to_vec())
}
