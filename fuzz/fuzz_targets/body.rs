//! What a request says in its body: as a form it is read like a second reader would, as JSON like serde, and never twice.
#![no_main]

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::{Body as Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use counterfoil::http::{Body, Json};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    let [kind, body @ ..] = data else { return };
    let media = match kind % 4 {
        0 => "application/json",
        1 => "application/x-www-form-urlencoded",
        2 => "Application/JSON; charset=utf-8",
        _ => "text/plain",
    };
    let request = || Request::builder().header("content-type", media).body(Bytes::from(body.to_vec())).unwrap();
    let either = now(Body::<Map<String, Value>>::from_request(request(), &())).map(|Body(fields)| fields);
    let json = now(Json::<Map<String, Value>>::from_request(request(), &())).map(|Json(fields)| fields);
    match media {
        "text/plain" => assert!(refused(either) == 415 && refused(json) == 415),
        "application/x-www-form-urlencoded" => {
            assert_eq!(refused(json), 415);
            match (either, form(body)) {
                (Ok(fields), Some(expected)) => {
                    let found: BTreeMap<_, _> =
                        fields.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
                    assert_eq!(found, expected);
                }
                (Err(answer), None) => assert_eq!(answer.status(), 400),
                (found, expected) => panic!("{:?} instead of {expected:?}", found.is_ok()),
            }
        }
        _ => match (either, json) {
            (Ok(fields), Ok(same)) => {
                assert_eq!(fields, same);
                assert_eq!(serde_json::from_slice::<Value>(body).unwrap(), Value::Object(fields));
            }
            (Err(answer), Err(same)) => {
                assert_eq!(answer.status(), same.status());
                assert!(matches!(answer.status().as_u16(), 400 | 422));
            }
            _ => panic!("two readers of JSON differ"),
        },
    }
});

/// The status of an answer that repeats nothing of what was sent but names.
fn refused<T>(read: Result<T, Response>) -> u16 {
    let answer = read.err().unwrap();
    assert!(answer.body().size_hint().exact().is_some_and(|length| length < 2_000));
    answer.status().as_u16()
}

/// A form as the WHATWG reads it (URL §5.1), in other words. `None`: a field is there twice, or is no UTF-8.
fn form(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (decoded(&pair[..at])?, decoded(pair.get(at + 1..).unwrap_or_default())?);
        if fields.insert(name, value).is_some() {
            return None;
        }
    }
    fields.retain(|_, value| !value.is_empty());
    Some(fields)
}

fn decoded(text: &[u8]) -> Option<String> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut bytes, mut at) = (Vec::new(), 0);
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap());
                at += 3;
                continue;
            }
            (b'+', ..) => bytes.push(b' '),
            (byte, ..) => bytes.push(*byte),
        }
        at += 1;
    }
    String::from_utf8(bytes).ok()
}

/// All of the body is there, so nothing is waited for.
fn now<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits for what is there"),
    }
}
