//! SPDX licence expressions: whether the licences that we allow are enough for one.

/// Whether some choice of allowed licences satisfies the expression. `None` when it is no expression.
///
/// `OR` binds looser than `AND`, and `WITH` belongs to its licence (SPDX 2.3, annex D). A `/` is an `OR` of the time before.
pub(super) fn permitted(expression: &str, allowed: &[String]) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = Words { rest: spaced.split_whitespace().collect(), allowed };
    let answer = words.any()?;
    words.rest.is_empty().then_some(answer)
}

struct Words<'a> {
    rest: Vec<&'a str>,
    allowed: &'a [String],
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        (!self.rest.is_empty()).then(|| self.rest.remove(0))
    }

    fn skip(&mut self, word: &str) -> bool {
        let there = self.rest.first().is_some_and(|next| *next == word);
        if there {
            self.rest.remove(0);
        }
        there
    }

    fn any(&mut self) -> Option<bool> {
        let mut answer = self.all()?;
        while self.skip("OR") {
            answer |= self.all()?;
        }
        Some(answer)
    }

    fn all(&mut self) -> Option<bool> {
        let mut answer = self.one()?;
        while self.skip("AND") {
            answer &= self.one()?;
        }
        Some(answer)
    }

    fn one(&mut self) -> Option<bool> {
        let mut name = match self.next()? {
            "(" => {
                let answer = self.any()?;
                return self.skip(")").then_some(answer);
            }
            "OR" | "AND" | "WITH" | ")" => return None,
            name => name.to_owned(),
        };
        if self.skip("WITH") {
            name = format!("{name} WITH {}", self.next()?);
        }
        Some(self.allowed.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_mean_what_spdx_says() {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for (expression, answer) in [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("mit", Some(false)),
            ("GPL-3.0-only OR MIT", Some(true)),
            ("GPL-3.0-only AND MIT", Some(false)),
            ("GPL-3.0-only AND MIT OR ISC", Some(true)),
            ("GPL-3.0-only AND (MIT OR ISC)", Some(false)),
            ("(MIT OR X) AND ISC", Some(true)),
            ("X/MIT", Some(true)),
            ("X / Y", Some(false)),
            ("Apache-2.0", Some(false)),
            ("Apache-2.0 WITH LLVM-exception OR X", Some(true)),
            ("MIT WITH something", Some(false)),
            ("", None),
            ("MIT ISC", None),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT)", None),
        ] {
            assert_eq!(permitted(expression, &allowed), answer, "{expression}");
        }
    }
}
