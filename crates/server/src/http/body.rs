//! Reading what a request says: strictly, and with an answer that names what is wrong.

use axum::RequestExt as _;
use axum::body::{Bytes, HttpBody as _};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::jose::json;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use http_body_util::{BodyExt as _, Collected, LengthLimitError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use counterfoil_guard::Problem;

use crate::listener::{Refusal, TooSlow};

/// A body in JSON or as a form.
pub struct Body<T>(pub T);

/// A body in JSON alone.
pub struct Json<T>(pub T);

/// What the address says after its `?`. What is left empty there is empty, and not missing: it may be a demand.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        Self::read(request).await.map_err(Problem::into_response)
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let read = async {
            match Media::of(request.headers()) {
                Some(Media::Json) => parse(json_value(&bytes(request).await?)?).map(Self),
                _ => Err(unsupported("application/json")),
            }
        };
        read.await.map_err(Problem::into_response)
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let fields = fields(parts.uri.query().unwrap_or_default().as_bytes());
        fields.and_then(|fields| parse(Value::Object(fields))).map(Self).map_err(Problem::into_response)
    }
}

impl<T: DeserializeOwned> Body<T> {
    async fn read(request: Request) -> Result<Self, Problem> {
        match Media::of(request.headers()) {
            Some(Media::Json) => parse(json_value(&bytes(request).await?)?).map(Self),
            Some(Media::Form) => parse(form_value(&bytes(request).await?)?).map(Self),
            None => Err(unsupported(EITHER)),
        }
    }

    /// The same for a request that need not have a body: then it is read as an empty one.
    pub async fn read_optional(request: Request) -> Result<Self, Problem> {
        let media = Media::of(request.headers());
        let bytes = bytes(request).await?;
        let value = match media {
            _ if bytes.is_empty() => Value::Object(Map::new()),
            Some(Media::Json) => json_value(&bytes)?,
            Some(Media::Form) => form_value(&bytes)?,
            None => return Err(unsupported(EITHER)),
        };
        parse(value).map(Self)
    }
}

/// The most that a body may hold, in bytes, for whoever sends more. A request has it as an extension.
#[derive(Debug, Clone, Copy)]
pub struct Limit(pub usize);

/// What [`Body`] reads.
const EITHER: &str = "application/json or application/x-www-form-urlencoded";

enum Media {
    Json,
    Form,
}

impl Media {
    /// The media type of a body; its parameters do not matter, as both forms are UTF-8 (RFC 8259 §8.1).
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(CONTENT_TYPE).iter();
        let value = values.next()?.to_str().ok()?;
        let essence = value.split(';').next()?.trim();
        match () {
            () if values.next().is_some() => None,
            () if essence.eq_ignore_ascii_case("application/json") => Some(Self::Json),
            () if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Some(Self::Form),
            () => None,
        }
    }
}

/// The whole body, if it is not longer than the router allows.
async fn bytes(request: Request) -> Result<Bytes, Problem> {
    let mut codings = request.headers().get_all(CONTENT_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(encoded());
    }
    let limit = request.extensions().get::<Limit>().copied();
    // Who announces one that is too long is not asked for it (RFC 9110 §10.1.1), nor waited for. Over HTTP/2 nobody waits to be
    // asked, and some clients lose an answer that overtakes their body, against RFC 9113 §8.1.
    let announced = if request.version() < Version::HTTP_2 { request.body().size_hint().lower() } else { 0 };
    if limit.is_some_and(|Limit(most)| announced > most.try_into().unwrap_or(u64::MAX)) {
        return Err(too_large(limit));
    }
    request.into_limited_body().collect().await.map(Collected::to_bytes).map_err(|error| {
        tracing::debug!(%error, "a body was not read");
        if has_cause::<TooSlow>(&error) {
            return Refusal::TooSlow.into();
        }
        if !has_cause::<LengthLimitError>(&error) {
            return malformed("The body breaks off, or is not in chunks as it should be.".to_owned());
        }
        too_large(limit)
    })
}

fn too_large(limit: Option<Limit>) -> Problem {
    let detail = match limit {
        Some(Limit(bytes)) => format!("The body is longer than the {bytes} bytes that are taken here."),
        None => "The body is longer than is taken here.".to_owned(),
    };
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", detail)
}

/// Another reader may decode it first (RFC 9110 §8.4), and find something else in it than we do.
fn encoded() -> Problem {
    let detail = "Send the body as it is, without a Content-Encoding.";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Another media type is needed", detail)
        .with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
}

/// Whether an error, or what is behind it, is of this type.
fn has_cause<E: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<E>)
}

fn json_value(bytes: &[u8]) -> Result<Value, Problem> {
    json::parse(bytes).map_err(|error| malformed(format!("The body is not JSON as it should be: {error}.")))
}

/// A form as an object of strings. A field that is left empty is one that is not there.
fn form_value(bytes: &[u8]) -> Result<Value, Problem> {
    let mut fields = fields(bytes)?;
    fields.retain(|_, value| value.as_str().is_some_and(|text| !text.is_empty()));
    Ok(Value::Object(fields))
}

fn fields(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        // Of two fields of one name, a proxy may have looked at the other one.
        if fields.insert(name.clone().into_owned(), value.into_owned().into()).is_some() {
            return Err(malformed(format!("`{}` is there twice.", shown(&name))));
        }
    }
    Ok(fields)
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    // serde would take an array for the fields of an object, in their order.
    if !value.is_object() {
        return Err(invalid("body", "expected a JSON object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        invalid(&path, &what_is_wrong(&error.inner().to_string()))
    })
}

/// serde's message without the value that was found: it may be a secret in the wrong field.
fn what_is_wrong(message: &str) -> String {
    match message.split_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid") => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

/// 422: a field is unknown, missing or not as it should be.
pub fn invalid(field: &str, what: &str) -> Problem {
    let field = match field {
        // What is missing has no place; serde names it in its message.
        "." => what.split('`').nth(1).unwrap_or_default(),
        field => field,
    };
    let field = shown(field);
    let detail = format!("`{field}`: {what}.");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", "Not as expected", detail)
        .with("errors", json!([{ "field": field, "message": what }]))
}

fn malformed(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed", "Malformed", detail)
}

fn unsupported(accepted: &str) -> Problem {
    let detail = format!("Send the body as {accepted}, and say so in Content-Type.");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Another media type is needed", detail)
}

/// A name from outside, cut to what is worth showing.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}
