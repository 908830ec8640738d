//! Tokens and keys pass between this implementation and two others, both ways. See README.md.

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use counterfoil_core::SystemEntropy;
    use counterfoil_core::jose::{Algorithm, Jwk, Limits, SigningKey, VerifyingKey, read, sign_compact};
    use serde_json::{Value, json};

    /// An installed implementation, behind a script that takes jobs.
    struct Other {
        program: String,
        script: &'static str,
    }

    fn setting(name: &str) -> String {
        std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see tests/interop/README.md"))
    }

    fn jose() -> Other {
        setting("COUNTERFOIL_TEST_NODE_MODULES");
        Other { program: "node".to_owned(), script: "jose.mjs" }
    }

    fn pyjwt() -> Other {
        Other { program: setting("COUNTERFOIL_TEST_PYTHON"), script: "pyjwt.py" }
    }

    impl Other {
        fn answers(&self, jobs: &[Value]) -> Vec<Value> {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(self.script);
            let mut child = Command::new(&self.program)
                .arg(script)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap_or_else(|error| panic!("{} does not start: {error}", self.program));
            child.stdin.take().unwrap().write_all(json!(jobs).to_string().as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{} failed", self.script);
            serde_json::from_slice(&output.stdout).unwrap()
        }
    }

    fn claims() -> Value {
        json!({"iss": "https://issuer.test", "sub": "u1", "exp": 4_000_000_000_u64, "text": "ž🐎\u{1}"})
    }

    /// The key as the other side needs it to verify.
    fn shared_jwk(key: &SigningKey) -> Value {
        match key.verifying_key().to_jwk() {
            Some(jwk) => serde_json::to_value(jwk).unwrap(),
            None => json!({"kty": "oct", "alg": key.algorithm(), "kid": key.kid(),
                "k": URL_SAFE_NO_PAD.encode(key.to_bytes().unwrap().as_slice())}),
        }
    }

    fn jwk(value: &Value) -> Jwk {
        value.to_string().parse().unwrap()
    }

    fn read_claims(token: &str, key: &VerifyingKey) -> Value {
        serde_json::from_slice(&read(token, key, &Limits::default()).unwrap().payload).unwrap()
    }

    fn job_to_verify(key: &SigningKey) -> Value {
        let token = sign_compact(key, "at+jwt", &claims()).unwrap();
        json!({"do": "verify", "alg": key.algorithm(), "jwk": shared_jwk(key), "token": token})
    }

    /// They sign and we read; then their private key, brought here as JWK and as PEM, signs and they read.
    fn theirs_to_ours_and_back(other: &Other) {
        let jobs = Algorithm::ALL.map(|alg| json!({"do": "sign", "alg": alg, "claims": claims()}));
        let mut back = Vec::new();
        for (algorithm, answer) in Algorithm::ALL.into_iter().zip(other.answers(&jobs)) {
            let token = answer["token"].as_str().unwrap_or_else(|| panic!("{algorithm}: {answer}"));
            let public = VerifyingKey::from_jwk(&jwk(&answer["public"]), None).unwrap();
            assert_eq!(read_claims(token, &public), claims(), "{algorithm}");
            back.push(job_to_verify(&SigningKey::from_jwk(&jwk(&answer["private"]), None, None).unwrap()));
            if let Some(pem) = answer["pem"].as_str() {
                back.push(job_to_verify(&SigningKey::from_pem(pem, algorithm, "theirs").unwrap()));
            }
        }
        assert_eq!(back.len(), 13 + 10, "every algorithm, and a PEM of each that is not HMAC");
        for (job, answer) in back.iter().zip(other.answers(&back)) {
            assert_eq!(answer, json!({"claims": claims()}), "{}", job["alg"]);
        }
    }

    /// We sign with our own keys and they read.
    fn ours_to_theirs(other: &Other) {
        let jobs = Algorithm::ALL.map(|algorithm| {
            job_to_verify(&SigningKey::generate(algorithm, "ours", &SystemEntropy::default()).unwrap())
        });
        for (algorithm, answer) in Algorithm::ALL.into_iter().zip(other.answers(&jobs)) {
            assert_eq!(answer, json!({"claims": claims()}), "{algorithm}");
        }
        // The other side does verify: another key's token is an error to it.
        let mut wrong = jobs[9].clone();
        let stranger = SigningKey::generate(Algorithm::ES256, "ours", &SystemEntropy::default()).unwrap();
        wrong["jwk"] = shared_jwk(&stranger);
        assert!(other.answers(&[wrong])[0]["error"].is_string());
    }

    #[test]
    fn npm_jose_reads_our_tokens() {
        ours_to_theirs(&jose());
    }

    #[test]
    fn we_read_the_tokens_and_keys_of_npm_jose() {
        theirs_to_ours_and_back(&jose());
    }

    #[test]
    fn pyjwt_reads_our_tokens() {
        ours_to_theirs(&pyjwt());
    }

    #[test]
    fn we_read_the_tokens_and_keys_of_pyjwt() {
        theirs_to_ours_and_back(&pyjwt());
    }
}
