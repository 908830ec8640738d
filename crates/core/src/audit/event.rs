//! What is written down, by names that do not change.

use std::fmt;

/// What has happened. The names are those of the OWASP Logging Vocabulary Cheat Sheet; those marked as ours are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// Somebody has logged in.
    LoginSuccess,
    /// Somebody has tried to, and failed.
    LoginFail,
    /// An account or an address may not try for a while.
    LoginLock,
    /// A password was changed.
    PasswordChange,
    /// Somebody who is logged in has tried to, and the current password was wrong.
    PasswordChangeFail,
    /// A bearer's credential was issued: at a login or by an exchange.
    TokenCreated,
    /// Credentials were ended by somebody: a login, a token, those of a user or a client, or all.
    TokenRevoked,
    /// A refresh token that was used before has come back: its login has ended.
    TokenReuse,
    /// A login was stored.
    SessionCreated,
    /// A login was renewed by its refresh token. In the log alone.
    SessionRenewed,
    /// Logins that had expired were removed.
    SessionExpired,
    /// Somebody has logged out (ours).
    SessionLogout,
    /// A credential was presented after its end. In the log alone.
    SessionUseAfterExpire,
    /// Somebody has no right to what was asked for.
    AuthzFail,
    /// What a user may be was changed.
    AuthzChange,
    /// An operator has done something: to keys, say.
    AuthzAdmin,
    /// An account was made.
    UserCreated,
    /// An account was changed.
    UserUpdated,
    /// An account was disabled.
    UserArchived,
    /// An account was removed.
    UserDeleted,
    /// Somebody asks too often.
    RateLimitExceeded,
    /// Another site has sent a browser here to change something.
    Csrf,
    /// A server has started.
    SysStartup,
    /// A server has ended as it was asked to.
    SysShutdown,
    /// A request has met a defect, or the process has.
    SysCrash,
    /// The store has become an older one: every login has ended (ours).
    StoreRestored,
    /// The audit log was found to be other than it was written (ours).
    AuditBroken,
    /// The audit log could not go on as it was, and somebody has let it go on from here (ours).
    AuditRepaired,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::LoginSuccess,
        Self::LoginFail,
        Self::LoginLock,
        Self::PasswordChange,
        Self::PasswordChangeFail,
        Self::TokenCreated,
        Self::TokenRevoked,
        Self::TokenReuse,
        Self::SessionCreated,
        Self::SessionRenewed,
        Self::SessionExpired,
        Self::SessionLogout,
        Self::SessionUseAfterExpire,
        Self::AuthzFail,
        Self::AuthzChange,
        Self::AuthzAdmin,
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserArchived,
        Self::UserDeleted,
        Self::RateLimitExceeded,
        Self::Csrf,
        Self::SysStartup,
        Self::SysShutdown,
        Self::SysCrash,
        Self::StoreRestored,
        Self::AuditBroken,
        Self::AuditRepaired,
    ];

    /// Its name, for ever.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoginSuccess => "authn_login_success",
            Self::LoginFail => "authn_login_fail",
            Self::LoginLock => "authn_login_lock",
            Self::PasswordChange => "authn_password_change",
            Self::PasswordChangeFail => "authn_password_change_fail",
            Self::TokenCreated => "authn_token_created",
            Self::TokenRevoked => "authn_token_revoked",
            Self::TokenReuse => "authn_token_reuse",
            Self::SessionCreated => "session_created",
            Self::SessionRenewed => "session_renewed",
            Self::SessionExpired => "session_expired",
            Self::SessionLogout => "session_logout",
            Self::SessionUseAfterExpire => "session_use_after_expire",
            Self::AuthzFail => "authz_fail",
            Self::AuthzChange => "authz_change",
            Self::AuthzAdmin => "authz_admin",
            Self::UserCreated => "user_created",
            Self::UserUpdated => "user_updated",
            Self::UserArchived => "user_archived",
            Self::UserDeleted => "user_deleted",
            Self::RateLimitExceeded => "excess_rate_limit_exceeded",
            Self::Csrf => "malicious_csrf",
            Self::SysStartup => "sys_startup",
            Self::SysShutdown => "sys_shutdown",
            Self::SysCrash => "sys_crash",
            Self::StoreRestored => "sys_store_restored",
            Self::AuditBroken => "sys_audit_broken",
            Self::AuditRepaired => "sys_audit_repaired",
        }
    }

    /// The event of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Whether it is kept in the store. The rest is said in the log alone: there would be one with every renewal.
    pub const fn is_kept(self) -> bool {
        !matches!(self, Self::SessionRenewed | Self::SessionUseAfterExpire)
    }

    /// Whether strangers can bring it about as often as they like, so that a flood of them must be bounded.
    pub const fn is_strangers(self) -> bool {
        matches!(
            self,
            Self::LoginFail
                | Self::LoginLock
                | Self::PasswordChangeFail
                | Self::AuthzFail
                | Self::RateLimitExceeded
                | Self::Csrf
                | Self::SysCrash
        )
    }

    /// Whether somebody should look at it.
    pub const fn is_alarm(self) -> bool {
        matches!(
            self,
            Self::LoginLock
                | Self::TokenReuse
                | Self::RateLimitExceeded
                | Self::Csrf
                | Self::SysCrash
                | Self::StoreRestored
                | Self::AuditBroken
                | Self::AuditRepaired
        )
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_is_found_under_its_name() {
        for event in Event::ALL {
            assert_eq!(Event::parse(event.name()), Some(event));
        }
        assert_eq!(Event::parse("authn_login"), None);
    }
}
