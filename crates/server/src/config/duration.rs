//! Lengths of time as people write them: `15m`, `1h30m`, `500ms`.

use std::time::Duration;

/// The forms that are read, for messages.
pub(super) const FORMS: &str = "a duration such as \"500ms\", \"30s\", \"15m\", \"1h30m\" or \"30d\"";

/// The same, as a regular expression for the schema.
pub(super) const PATTERN: &str = r"(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?";

/// The units, largest first, each with its milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads whole numbers, each with its unit, largest unit first and no unit twice. `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut allowed = &UNITS[..];
    let mut millis = 0_u64;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let (unit, tail) = tail.split_at(tail.bytes().take_while(u8::is_ascii_alphabetic).count());
        let position = allowed.iter().position(|(name, _)| *name == unit)?;
        let part = number.parse::<u64>().ok()?.checked_mul(allowed[position].1)?;
        millis = millis.checked_add(part)?;
        allowed = &allowed[position + 1..];
        rest = tail;
    }
    (!text.is_empty()).then(|| Duration::from_millis(millis))
}

/// Writes what [`parse`] reads. What is shorter than a millisecond is cut off.
pub(super) fn format(duration: Duration) -> String {
    let mut millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, size) in UNITS {
        if millis >= size {
            text.push_str(&(millis / size).to_string());
            text.push_str(unit);
            millis %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_reads_what_people_write() {
        let cases = [
            ("500ms", 500),
            ("30s", 30_000),
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("30d", 2_592_000_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("90m", 5_400_000),
            ("0s", 0),
        ];
        for (text, millis) in cases {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn it_reads_nothing_else() {
        let others = [
            "",
            " ",
            "15",
            "m",
            "15 m",
            " 15m",
            "15m ",
            "15M",
            "-15m",
            "+15m",
            "1.5h",
            "30m1h",
            "1h1h",
            "1w",
            "1y",
            "15min",
            "1h30",
            "１５m",
            "99999999999999999999d",
            "213503982335d",
            "1_000s",
            "m15",
            "PT15M",
        ];
        for text in others {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(millis: u64) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&format(duration)), Some(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
