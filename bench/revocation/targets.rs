//! How soon each sort of end is obeyed on the other node, for each kind of credential.

use counterfoil_bench::{Outcome, first_login, random_text};
use counterfoil_core::credential::Identity;
use counterfoil_core::revocation::Position;

use crate::latencies::millis;
use crate::node::Node;
use crate::places::Place;
use crate::spread::{CLIENTS, Spread, log_in_anew};

/// What is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Login,
    User,
    Client,
    Everybody,
    Key,
}

const TARGETS: [(Target, &str); 5] = [
    (Target::Login, "the login"),
    (Target::User, "all logins of the user"),
    (Target::Client, "all logins to the client"),
    (Target::Everybody, "all logins of everybody"),
    (Target::Key, "the key"),
];

impl Target {
    async fn end(self, node: &Node, identity: &Identity) -> Outcome<()> {
        let authority = &node.authority;
        match self {
            Self::Login => authority.logout(identity).await?,
            Self::User => drop(authority.end_logins_of(&identity.user.to_string()).await?),
            Self::Client => authority.revoke_client(&identity.client).await?,
            Self::Everybody => authority.revoke_everything().await?,
            Self::Key => authority.revoke_key(identity.key.as_deref().unwrap_or_default()).await?,
        }
        Ok(())
    }
}

/// Returns how many checks were accepted that began after the answer.
pub(crate) async fn print(place: Place, rounds: u32) -> Outcome<u32> {
    let (site, secret) = (place.start()?, random_text()?);
    let one = Node::start(site.open().await?, &secret).await?;
    let other = Node::start(site.open().await?, &secret).await?;
    let user = first_login(&one.authority, &one.verifier).await?;
    println!("\n{place}, refused elsewhere by what is ended, of {rounds} each, ms: p50, p99 and the slowest\n");
    println!("{:<26}  {:^23}  {:^23}  {:^23}", "", "session id", "opaque token", "ES256 token");
    let mut late = 0;
    for (target, name) in TARGETS {
        print!("{name:<26}");
        for client in CLIENTS {
            if target == Target::Key && client != "stateless" {
                print!("  {:>23}", "");
                continue;
            }
            let mut spread = Spread::default();
            for round in 0..rounds {
                let holder = holder(&one, &user).await?;
                let text = log_in_anew(&one, &holder, client).await?;
                let identity = one.verifier.verify(&text).await?;
                spread.watch(&other, text, round, target.end(&one, &identity)).await?;
            }
            let [median, late_one, slowest] = [50, 99, 100].map(|percent| millis(spread.refused.percentile(percent)));
            print!("  {median:>7.2} {late_one:>7.2} {slowest:>7.2}");
            late += spread.late;
        }
        println!();
    }
    other.stop().await?;
    one.stop().await?;
    Ok(late)
}

/// The user as somebody who has just logged in: whatever was ended before concerns them no more.
async fn holder(node: &Node, user: &Identity) -> Outcome<Identity> {
    let found = node.authority.user(&user.user.to_string()).await?;
    Ok(Identity { generation: found.standing.generation, position: Position(u64::MAX), key: None, ..user.clone() })
}
