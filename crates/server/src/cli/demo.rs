//! `counterfoil demo`: everything at once, to be thrown away.

use std::net::SocketAddr;
use std::path::Path;

use counterfoil_core::authority::NewUser;
use counterfoil_core::id::Role;
use counterfoil_core::password::Password;
use counterfoil_core::{Entropy, SystemEntropy};
use zeroize::Zeroizing;

use super::output::answer;
use super::serve::{listen, serve_until};
use super::{Failure, args};
use crate::listener::asked_to_end;
use crate::{logging, startup};

/// The name of the user that is made.
const USER: &str = "demo";

/// Serves a store in a temporary folder, which is removed at the end.
pub(super) async fn run(args: &args::Demo) -> Result<(), Failure> {
    // Its passphrase is printed, and it speaks plain HTTP. What `serve` advises in its place, there are no flags for here.
    if let Some(address) = args.listen.as_deref().filter(|address| is_beyond(address)) {
        let advice =
            "a demonstration is for this machine alone: choose an address such as 127.0.0.1:9000 with --listen";
        return Err(Failure::Refused(format!("--listen {address}: {advice}")));
    }
    let end = asked_to_end();
    let folder = tempfile::Builder::new().prefix("counterfoil-demo-").tempdir();
    let folder = folder.map_err(|error| Failure::because(&error))?;
    let store = format!("sqlite:{}", folder.path().join("demo.db").display());
    let settings = args.load(store)?;
    logging::start(&settings.log);
    let (listener, settings) = match listen(settings.clone()).await {
        // Whoever just wants to try it does not care for the port.
        Err(_) if args.listen.is_none() => listen(settings.bound_to(([127, 0, 0, 1], 0).into())).await?,
        listening => listening?,
    };
    let started = startup::open(&settings).await?;
    let passphrase = passphrase(&SystemEntropy::default()).map_err(|error| Failure::because(&error))?;
    let password = Password::new(passphrase.to_string()).map_err(|error| Failure::because(&error))?;
    let roles = ["admin", "user"].into_iter().map(Role::parse).collect::<Result<_, _>>();
    let roles = roles.map_err(|error| Failure::because(&error))?;
    let user = NewUser { username: USER, email: Some("demo@example.com"), password, roles };
    started.system.authority.add_user(user).await.map_err(|error| Failure::because(&error))?;
    let origin = format!("http://{}", settings.server.listen);
    answer(&format!("listening on {origin}"))?;
    answer(&lines(&origin, &passphrase, folder.path()))?;
    serve_until(end, (listener, None), started, &settings).await
}

/// Whether an address is not this machine's own. What is none is found out elsewhere.
fn is_beyond(address: &str) -> bool {
    address.parse::<SocketAddr>().is_ok_and(|address| !address.ip().to_canonical().is_loopback())
}

/// Lines for a shell: log in, be recognised, log out, in each of the five modes.
fn lines(origin: &str, passphrase: &str, folder: &Path) -> String {
    let head = format!(
        "\nIn a browser: {origin}/login with the name `{USER}` and the passphrase `{passphrase}`.\n\
         In a shell, in each of the five modes: log in, be recognised, log out, be a stranger again.\n"
    );
    let login = |client: &str| {
        format!(
            "{origin}/login -H 'Content-Type: application/json' \
             -d '{{\"username\":\"{USER}\",\"password\":\"{passphrase}\",\"client\":\"{client}\"}}'"
        )
    };
    let by_cookie = |client: &str, what: &str| {
        let jar = folder.join(format!("{client}.cookies"));
        let jar = jar.display();
        format!(
            "\n# {client}: {what}\n\
             curl -s -c {jar} {}; echo\n\
             curl -s -b {jar} {origin}/profile; echo\n\
             curl -s -b {jar} -X POST -H 'Origin: {origin}' {origin}/logout -o /dev/null -w 'logout %{{http_code}}\\n'\n\
             curl -s -b {jar} {origin}/profile; echo\n",
            login(client),
        )
    };
    let by_bearer = |client: &str, what: &str| {
        format!(
            "\n# {client}: {what}\n\
             TOKEN=$(curl -s {} | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')\n\
             curl -s -H \"Authorization: Bearer $TOKEN\" {origin}/profile; echo\n\
             curl -s -X POST -H \"Authorization: Bearer $TOKEN\" {origin}/logout -o /dev/null -w 'logout %{{http_code}}\\n'\n\
             curl -s -H \"Authorization: Bearer $TOKEN\" {origin}/profile; echo\n",
            login(client),
        )
    };
    [
        head,
        by_cookie("web", "a session in a cookie: the server remembers the login"),
        by_cookie("spa", "a JWT in a cookie, with a refresh token: the token carries the login"),
        by_bearer("api", "a JWT as a bearer token, with a refresh token"),
        by_bearer("stateless", "a JWT, and nothing stored at all"),
        by_bearer("device", "an opaque token: the server remembers the login"),
        "\nCtrl-C ends it and removes everything.".to_owned(),
    ]
    .concat()
}

/// Nine words of four letters, 12 bits each: 108 bits from the system's generator, easily typed.
fn passphrase(entropy: &dyn Entropy) -> Result<Zeroizing<String>, counterfoil_core::EntropyError> {
    const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aiou";
    let mut bytes = Zeroizing::new([0; 18]);
    entropy.fill(bytes.as_mut_slice())?;
    let words = bytes.chunks_exact(2).map(|pair| {
        let (first, second) =
            (usize::from(pair.first().copied().unwrap_or(0)), usize::from(pair.last().copied().unwrap_or(0)));
        let letters =
            [CONSONANTS[first & 15], VOWELS[(first >> 4) & 3], CONSONANTS[second & 15], VOWELS[(second >> 4) & 3]];
        letters.map(char::from).iter().collect::<String>()
    });
    Ok(Zeroizing::new(words.collect::<Vec<_>>().join("-")))
}
