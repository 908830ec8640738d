//! The examples of the standards.

use counterfoil_core::jose::{Algorithm, Jwk, Limits, Refusal, SigningKey, VerifyingKey, read};

use super::support::{b64, forge, generate, outcome_with, unb64};

const A1_HEADER_AND_PAYLOAD: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const CLAIMS: &str = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

/// The key verifies the token, and no other token: a bit of the signature changed is refused.
fn verifies(jwk: &str, algorithm: Option<Algorithm>, token: &str, payload: &str) {
    let key = VerifyingKey::from_jwk(&jwk.parse::<Jwk>().unwrap(), algorithm).unwrap();
    let verified = read(token, &key, &Limits::default()).unwrap();
    assert_eq!(std::str::from_utf8(&verified.payload).unwrap(), payload);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut signature = unb64(signature);
    signature[5] ^= 1;
    assert_eq!(outcome_with(&format!("{input}.{}", b64(signature)), &key), Err(Refusal::BadSignature));
}

#[test]
fn rfc_7515_a_1_hs256_verifies() {
    verifies(
        r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
        Some(Algorithm::HS256),
        &format!("{A1_HEADER_AND_PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        CLAIMS,
    );
}

#[test]
fn rfc_7515_a_2_rs256_verifies() {
    verifies(
        r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#,
        Some(Algorithm::RS256),
        &format!(
            "eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        ),
        CLAIMS,
    );
}

#[test]
fn rfc_7515_a_3_es256_verifies() {
    verifies(
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
        None,
        &format!(
            "eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        ),
        CLAIMS,
    );
}

#[test]
fn rfc_7515_a_4_es512_verifies() {
    verifies(
        r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#,
        None,
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
        "Payload",
    );
}

#[test]
fn rfc_7515_a_5_unsigned_is_refused() {
    let key = generate(Algorithm::ES256, "");
    let token = format!("eyJhbGciOiJub25lIn0.{PAYLOAD}.");
    assert_eq!(outcome_with(&token, key.verifying_key()), Err(Refusal::Unsigned));
}

#[test]
fn rfc_8037_a_4_ed25519_signs_alike_and_verifies() {
    const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    verifies(
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        None,
        TOKEN,
        "Example of Ed25519 signing",
    );
    let private: Jwk = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        .parse()
        .unwrap();
    let key = SigningKey::from_jwk(&private, None, None).unwrap();
    assert_eq!(forge(&key, r#"{"alg":"EdDSA"}"#, "Example of Ed25519 signing"), TOKEN);
}

#[test]
fn jw_07_rfc_7797_unencoded_payload_is_refused() {
    let key = generate(Algorithm::HS256, "");
    let good = forge(&key, r#"{"alg":"HS256"}"#, "$.02");
    assert_eq!(outcome_with(&good, key.verifying_key()), Ok("$.02".to_owned()));
    for header in [
        r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","b64":false}"#,
        r#"{"alg":"HS256","b64":true}"#,
        r#"{"alg":"HS256","b64":null}"#,
    ] {
        // As RFC 7797 signs it, over the payload itself, and as RFC 7515 does.
        let signing_input = format!("{}.payload", b64(header));
        let signature = b64(key.sign(signing_input.as_bytes()).unwrap());
        for token in [
            format!("{signing_input}.{signature}"),
            format!("{}..{signature}", b64(header)),
            forge(&key, header, "$.02"),
        ] {
            let refusal = outcome_with(&token, key.verifying_key()).unwrap_err();
            assert!(matches!(refusal, Refusal::UnencodedPayload | Refusal::Critical), "{header}: {refusal}");
        }
    }
}
