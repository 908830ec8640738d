//! What of a Rust file is code: enough of Rust's lexical structure to leave comments, texts and tests out.

/// The source with comments and the contents of string and character literals replaced by spaces. Lines stay where they are.
pub(super) fn code_of(source: &str) -> String {
    let mut rest = source;
    let mut code = String::with_capacity(source.len());
    while let Some(next) = rest.chars().next() {
        let continues_a_word =
            code.ends_with(|c: char| c.is_alphanumeric() || c == '_') && !code_ends_with_prefix(&code);
        let skipped = match next {
            '/' => comment(rest),
            '"' => string(rest),
            '\'' => character(rest),
            'r' if !continues_a_word => raw_string(rest),
            _ => 0,
        };
        let taken = if skipped == 0 { next.len_utf8() } else { skipped };
        let (part, after) = rest.split_at(taken);
        if skipped == 0 {
            code.push_str(part);
        } else {
            code.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    code
}

/// Whether the code so far ends with a `b` or `c` that stands alone, as before `r"…"`.
fn code_ends_with_prefix(code: &str) -> bool {
    let mut last = code.chars().rev();
    matches!(last.next(), Some('b' | 'c')) && !last.next().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The length of the comment that `rest` begins with, or 0. Block comments nest.
fn comment(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return 0;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of the string literal that `rest` begins with.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// The length of the raw string literal that `rest` begins with, or 0.
fn raw_string(rest: &str) -> usize {
    let hashes = rest.chars().skip(1).take_while(|c| *c == '#').count();
    let Some(body) = rest.get(1 + hashes..).and_then(|body| body.strip_prefix('"')) else { return 0 };
    let end = format!("\"{}", "#".repeat(hashes));
    body.find(&end).map_or(rest.len(), |at| 2 + hashes + at + end.len())
}

/// The length of the character literal that `rest` begins with, or 0 when it is a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let after = at + escaped.len_utf8();
            rest.get(after..).and_then(|tail| tail.find('\'')).map_or(0, |end| after + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// Code without what is compiled for tests alone: the item after each `#[cfg(test)]`.
pub(super) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut left = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let (before, item) = rest.split_at(at);
        left.push_str(before);
        let (item, after) = item.split_at(end_of_item(item));
        left.extend(item.chars().filter(|c| *c == '\n'));
        rest = after;
    }
    left.push_str(rest);
    left
}

/// Where the item ends that begins here: at its `;`, or at the `}` that closes its `{`.
fn end_of_item(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in item.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    item.len()
}

/// Whether `word` stands in `code` by itself, and not as a part of a longer name or path.
pub(super) fn has_word(code: &str, word: &str) -> bool {
    let in_a_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + word.len()..]);
        let open_end = word.ends_with(|c: char| !in_a_name(c));
        !before.ends_with(|c: char| in_a_name(c) || c == ':') && (open_end || !after.starts_with(in_a_name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        for (source, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("x \" y", z)"#, "f(        , z)"),
            (r##"f(r#"x " y"#, b"z")"##, "f(          , b   )"),
            ("f::<'a>('b', '\\'', '\\u{1}', 'é')", "f::<'a>(   ,     ,        ,    )"),
            ("for r in arr {}", "for r in arr {}"),
            (r#"br"\" + c"#, "b     + c"),
        ] {
            assert_eq!(code_of(source).trim_end(), code.trim_end(), "{source}");
            assert_eq!(code_of(source).lines().count(), source.lines().count());
        }
    }

    #[test]
    fn tests_are_left_out() {
        let code = "a();\n#[cfg(test)]\nmod tests {\n fn f() { b(); }\n}\n#[cfg(test)]\nmod more;\nc();";
        assert_eq!(without_tests(code), "a();\n\n\n\n\n\n\nc();");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use http::Uri;", "http::"));
        assert!(!has_word("use crate::http::Uri;", "http::"));
        assert!(!has_word("use my_http::Uri;", "http::"));
        assert!(has_word("std::fs::read()", "std::fs"));
        assert!(!has_word("std::fsx", "std::fs"));
    }
}
