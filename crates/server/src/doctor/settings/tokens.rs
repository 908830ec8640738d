//! Tokens, keys, the revocation log and what is written down.

use counterfoil_core::revocation::Wait;

use super::{DAY, Rule, SECOND};
use crate::config::Level as LogLevel;
use crate::doctor::Level;

pub(super) const RULES: &[Rule] = &[
    Rule {
        key: "audit.keep",
        level: Level::Warning,
        weak: |settings| settings.audit.keep.is_some_and(|keep| keep < DAY * 30),
        why: "most break-ins are noticed later than that, when nobody knows any more who did what",
        change: "keep = \"180d\"",
    },
    Rule {
        key: "audit.keep",
        level: Level::Hint,
        weak: |settings| settings.audit.keep.is_none_or(|keep| keep > DAY * 3 * 365),
        why: "addresses of people are kept longer than anybody needs them, and the table grows",
        change: "keep = \"180d\"",
    },
    Rule {
        key: "tokens.issuer",
        level: Level::Warning,
        weak: |settings| settings.server.public_url.is_https() && !settings.tokens.issuer.starts_with("https://"),
        why: "an issuer is an https address under which its keys are found (RFC 8414 §2); another one can be taken for it",
        change: "issuer = \"https://…\"",
    },
    Rule {
        key: "tokens.leeway",
        level: Level::Hint,
        weak: |settings| settings.tokens.leeway > SECOND * 30,
        why: "every token counts for so much longer than it says",
        change: "leeway = \"0s\"",
    },
    Rule {
        key: "tokens.refresh_reuse_window",
        level: Level::Warning,
        weak: |settings| settings.tokens.refresh_reuse_window > SECOND * 60,
        why: "a stolen refresh token can be used for so long after its owner has used it, without anybody noticing",
        change: "refresh_reuse_window = \"30s\"",
    },
    Rule {
        key: "keys.rotate_after",
        level: Level::Warning,
        weak: |settings| settings.keys.rotate_after.is_none(),
        why: "a key signs until somebody thinks of `counterfoil key rotate`",
        change: "rotate_after = \"90d\"",
    },
    Rule {
        key: "keys.rotate_after",
        level: Level::Warning,
        weak: |settings| settings.keys.rotate_after.is_some_and(|age| age > DAY * 365),
        why: "a key that leaks unseen is good for more than a year",
        change: "rotate_after = \"90d\"",
    },
    Rule {
        key: "revocation.wait",
        level: Level::Warning,
        weak: |settings| settings.revocation.wait == Wait::Local,
        why: "after a logout is answered, other nodes may accept the credential for as long as a lease lasts",
        change: "wait = \"all\"",
    },
    Rule {
        key: "revocation.lease",
        level: Level::Warning,
        weak: |settings| settings.revocation.lease > SECOND * 10,
        why: "a node that is cut off goes on answering from memory for so long, and every logout waits for it",
        change: "lease = \"2s\"",
    },
    Rule {
        key: "log.level",
        level: Level::Hint,
        weak: |settings| matches!(settings.log.level, LogLevel::Debug | LogLevel::Trace),
        why: "the log tells more about people than is needed; it holds no secrets at any level",
        change: "level = \"info\"",
    },
    Rule {
        key: "log.level",
        level: Level::Hint,
        weak: |settings| settings.log.level == LogLevel::Error,
        why: "nobody is told of a certificate that is about to expire, of a password that was locked, and of other warnings",
        change: "level = \"info\"",
    },
];
