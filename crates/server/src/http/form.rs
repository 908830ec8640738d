//! Reading forms and queries (WHATWG URL §5.1), but for one thing: bytes that are no UTF-8 are refused. Browsers replace them, and
//! two passwords that differ in nothing else would be one.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The fields as they come. `None`: one is not UTF-8.
pub(super) fn fields(bytes: &[u8]) -> impl Iterator<Item = Option<(String, String)>> {
    let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let mut part = || decoded(parts.next().unwrap_or_default());
        Some((part()?, part()?))
    })
}

fn decoded(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Option<Vec<(String, String)>> {
        fields(bytes).collect()
    }

    #[test]
    fn pw_03_bytes_that_are_no_text_are_refused_and_not_replaced() {
        for broken in [&b"a=%ff"[..], b"a=\xff", b"%c0%80=x", b"a=%e9t%e9", b"a=%ed%a0%80", b"a=b&c=%f0%9f"] {
            assert_eq!(all(broken), None, "{}", broken.escape_ascii());
        }
        assert_eq!(all(b"a=%ef%bf%bd"), Some(vec![("a".to_owned(), "\u{fffd}".to_owned())]), "itself it may be");
    }

    proptest! {
        #[test]
        fn what_is_text_is_read_as_browsers_write_it(pairs in prop::collection::vec(any::<(String, String)>(), 0..4)) {
            let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            prop_assert_eq!(all(written.as_bytes()), Some(pairs));
        }

        #[test]
        fn any_text_is_read_as_browsers_read_it(text in "[a-f0-9%+&=;é ]{0,30}") {
            if let Some(read) = all(text.as_bytes()) {
                let theirs: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
                prop_assert_eq!(read, theirs);
            }
        }
    }
}
