//! Promise 4: a copy of the store lets nobody in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::authority::PasswordChange;
use counterfoil_core::session::Origin;

use crate::support::{BUILTIN, House, PASSWORD, password};

const ANOTHER: &str = "another long pass phrase";

#[tokio::test]
async fn ss_12_a_copied_file_holds_no_secret() {
    let house = House::in_sqlite().await;
    let node = house.node().await;
    let mut secrets =
        vec![PASSWORD.as_bytes().to_vec(), ANOTHER.as_bytes().to_vec(), house.secret.clone().into_bytes()];
    let mut identity = None;
    for client in BUILTIN {
        let issued = node.log_in(client).await;
        let believed = node.believed(&issued.secret).await;
        let exchanged = node.authority.exchange(&believed, "device", Origin::default()).await.unwrap();
        let mut texts = vec![issued.secret.to_string(), exchanged.secret.to_string()];
        let mut refresh = issued.refresh.as_ref().map(|token| token.to_string());
        for _ in 0..3 {
            let Some(token) = refresh.take() else { break };
            let renewed = node.authority.refresh(&token).await.unwrap();
            texts.extend([token, renewed.secret.to_string()]);
            refresh = renewed.refresh.as_ref().map(|token| token.to_string());
        }
        texts.extend(refresh);
        for text in texts {
            match text.split_once("cf_").and_then(|(_, rest)| rest.split_once('_')) {
                // The random bytes themselves, too: of a refresh token those after its family and generation.
                Some((kind, body)) => {
                    let (skip, length) = if kind == "r" { (20, 80) } else { (0, 43) };
                    secrets.push(URL_SAFE_NO_PAD.decode(&body[..length]).unwrap()[skip..].to_vec());
                    secrets.push(body.as_bytes().to_vec());
                }
                None => {
                    let (_, signature) = text.rsplit_once('.').unwrap();
                    secrets.push(URL_SAFE_NO_PAD.decode(signature).unwrap());
                    secrets.push(signature.as_bytes().to_vec());
                }
            }
            secrets.push(text.into_bytes());
        }
        identity = Some(believed);
    }
    for (_, key) in node.authority.ring.view().iter() {
        let bytes = key.writer.key().to_bytes().unwrap();
        // PKCS#8 begins with what all such keys have in common; the key is further on.
        secrets.push(bytes[36..68].to_vec());
        secrets.push(bytes.to_vec());
    }
    let change = PasswordChange { current: password(PASSWORD), new: password(ANOTHER) };
    node.authority.change_password(&identity.unwrap(), change).await.unwrap();
    let alice = node.authority.user("alice").await.unwrap();

    let mut copy = Vec::new();
    for file in std::fs::read_dir(house.path().unwrap().parent().unwrap()).unwrap() {
        copy.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |needle: &[u8]| copy.windows(needle.len()).any(|window| window == needle);
    assert!(holds(alice.password.as_str().as_bytes()) && holds(alice.id.as_bytes()), "the copy is of the store");
    for secret in &secrets {
        assert!(secret.len() >= 16);
        assert!(!holds(secret), "{:?} is in the file", String::from_utf8_lossy(secret));
    }
}
