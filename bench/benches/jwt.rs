//! Self-contained tokens in each algorithm: signed and verified, beside the bare primitive on a message of the same length.

use std::hint::black_box;
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RsaEncoding, RsaKeyPair,
    RsaParameters, VerificationAlgorithm,
};
use counterfoil_bench::{Outcome, Scene, World};
use counterfoil_core::Clock as _;
use counterfoil_core::SystemEntropy;
use counterfoil_core::credential::jwt;
use counterfoil_core::id::TokenId;
use counterfoil_core::jose::Algorithm;
use counterfoil_core::revocation::Position;
use criterion::Criterion;
use tokio::runtime::Builder;

/// Tokens that take turns, so that no branch or cache learns one of them.
const TOKENS: usize = 16;

fn main() -> Outcome<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50)
        .configure_from_args();
    let world = runtime.block_on(World::open(Scene { algorithms: true, ..Scene::default() }))?;
    for algorithm in Algorithm::ALL {
        let tokens = runtime.block_on(world.credentials(algorithm.name(), TOKENS))?;
        in_turn(&mut criterion, &world, algorithm, &tokens)?;
    }
    criterion.final_summary();
    Ok(())
}

/// Bare and whole one after the other, so that a change of the machine's mood meets both.
fn in_turn(criterion: &mut Criterion, world: &World, algorithm: Algorithm, tokens: &[String]) -> Outcome<()> {
    let verifier = &world.system.verifier;
    let message = tokens[0].rsplit_once('.').ok_or("no token")?.0.as_bytes();
    let bare = Bare::new(algorithm)?;
    let signature = bare.sign(message)?;
    let mut group = criterion.benchmark_group(format!("jwt {algorithm}, {} bytes", tokens[0].len()));

    group.bench_function("bare sign", |b| b.iter(|| assert!(black_box(bare.sign(black_box(message))).is_ok())));
    let authority = world.authority();
    let view = authority.ring.view();
    let writer = view.writer(algorithm).ok_or("no key")?;
    let client = authority.clients.find(algorithm.name()).ok_or("no client")?;
    let user = Builder::new_current_thread().build()?.block_on(authority.stores.users.by_id(world.stateless.user))?;
    let (user, entropy, now) = (user.ok_or("no user")?, SystemEntropy::default(), authority.clock.now());
    group.bench_function("mint", |b| {
        b.iter(|| {
            let Ok(token) = TokenId::new(now, &entropy) else { return };
            let claims = jwt::Claims {
                issuer: &authority.tokens.issuer,
                user: &user,
                client,
                token,
                session: None,
                login_client: &client.id,
                scopes: &[],
                generation: 0,
                position: Position::default(),
                authenticated_at: now,
                issued_at: now,
                expires_at: now.after(client.lifetimes.credential),
            };
            assert!(black_box(jwt::mint(&claims, writer)).is_ok());
        });
    });
    group.bench_function("bare verify", |b| {
        b.iter(|| assert!(bare.verify(black_box(message), black_box(&signature))));
    });
    let mut at = 0;
    group.bench_function("verify", |b| {
        b.iter(|| {
            at = (at + 1) % TOKENS;
            assert!(black_box(verifier.verify_jwt(black_box(&tokens[at]))).is_ok());
        });
    });
    group.bench_function("remembered", |b| {
        b.iter(|| {
            at = (at + 1) % TOKENS;
            assert!(black_box(verifier.recall(black_box(&tokens[at]))).is_some());
        });
    });
    group.finish();
    Ok(())
}

/// The primitive alone, with keys of the same kind and size as the ring's.
enum Bare {
    Secret(Box<hmac::Key>),
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding, ParsedPublicKey),
    Ecdsa(Box<EcdsaKeyPair>, ParsedPublicKey),
    Ed25519(Box<Ed25519KeyPair>, ParsedPublicKey),
}

impl Bare {
    fn new(algorithm: Algorithm) -> Outcome<Self> {
        use signature as s;
        let secret = |hash| Ok(Self::Secret(Box::new(hmac::Key::generate(hash, &SystemRandom::new())?)));
        match algorithm {
            Algorithm::HS256 => secret(hmac::HMAC_SHA256),
            Algorithm::HS384 => secret(hmac::HMAC_SHA384),
            Algorithm::HS512 => secret(hmac::HMAC_SHA512),
            Algorithm::RS256 => Self::rsa(&s::RSA_PKCS1_SHA256, &s::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Self::rsa(&s::RSA_PKCS1_SHA384, &s::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Self::rsa(&s::RSA_PKCS1_SHA512, &s::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Self::rsa(&s::RSA_PSS_SHA256, &s::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => Self::rsa(&s::RSA_PSS_SHA384, &s::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => Self::rsa(&s::RSA_PSS_SHA512, &s::RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => Self::ecdsa(&s::ECDSA_P256_SHA256_FIXED_SIGNING, &s::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Self::ecdsa(&s::ECDSA_P384_SHA384_FIXED_SIGNING, &s::ECDSA_P384_SHA384_FIXED),
            Algorithm::ES512 => Self::ecdsa(&s::ECDSA_P521_SHA512_FIXED_SIGNING, &s::ECDSA_P521_SHA512_FIXED),
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate()?;
                let public = ParsedPublicKey::new(&signature::ED25519, pair.public_key().as_ref())?;
                Ok(Self::Ed25519(Box::new(pair), public))
            }
        }
    }

    fn rsa(encoding: &'static dyn RsaEncoding, verification: &'static RsaParameters) -> Outcome<Self> {
        let pair = RsaKeyPair::generate(KeySize::Rsa3072)?;
        let public = ParsedPublicKey::new(verification, pair.public_key().as_ref())?;
        Ok(Self::Rsa(Box::new(pair), encoding, public))
    }

    fn ecdsa(
        signing: &'static EcdsaSigningAlgorithm,
        verification: &'static dyn VerificationAlgorithm,
    ) -> Outcome<Self> {
        let pair = EcdsaKeyPair::generate(signing)?;
        let public = ParsedPublicKey::new(verification, pair.public_key().as_ref())?;
        Ok(Self::Ecdsa(Box::new(pair), public))
    }

    fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Secret(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Self::Rsa(pair, encoding, _) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)?;
                Ok(signature)
            }
            Self::Ecdsa(pair, _) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            Self::Ed25519(pair, _) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Secret(key) => hmac::verify(key, message, signature).is_ok(),
            Self::Rsa(_, _, public) | Self::Ecdsa(_, public) | Self::Ed25519(_, public) => {
                public.verify_sig(message, signature).is_ok()
            }
        }
    }
}
