//! `counterfoil token verify --no-claims` on the examples of RFC 7515, appendix A.

use serde_json::json;

use crate::support::Folder;

/// What the payload of A.1 to A.3 says.
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// Section, key, algorithm for a key that does not say its own, header, payload, signature.
const EXAMPLES: [[&str; 6]; 4] = [
    [
        "A.1",
        r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
        "HS256",
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
        PAYLOAD,
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ],
    [
        "A.2",
        r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#,
        "RS256",
        "eyJhbGciOiJSUzI1NiJ9",
        PAYLOAD,
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    ],
    [
        "A.3",
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
        "",
        "eyJhbGciOiJFUzI1NiJ9",
        PAYLOAD,
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ],
    [
        "A.4",
        r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#,
        "",
        "eyJhbGciOiJFUzUxMiJ9",
        "UGF5bG9hZA",
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    ],
];

#[test]
fn rfc_7515_a_1_to_a_4_verify_and_nothing_beside_them_does() {
    let folder = Folder::new();
    for [section, key, algorithm, header, payload, signature] in EXAMPLES {
        folder.write("key.jwk", key);
        let mut arguments = vec!["token", "verify", "--jwks", "key.jwk", "--no-claims"];
        if !algorithm.is_empty() {
            arguments.extend(["--alg", algorithm]);
        }
        let verify = |token: String| folder.typed(&[&arguments[..], &["-"]].concat(), token);
        let said = verify(format!("{header}.{payload}.{signature}\n")).done().json();
        let (expected, form) = if section == "A.4" {
            (json!("Payload"), "text")
        } else {
            (json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true }), "json")
        };
        assert_eq!((&said["payload"], &said["payload_is"]), (&expected, &json!(form)), "{section}");
        assert!(said["header"]["alg"].is_string());
        let other = verify(format!("{header}.{payload}A.{signature}"));
        assert_eq!((other.code, other.out.as_str()), (1, ""), "{section}");
    }
}

#[test]
fn rfc_7515_a_5_an_unsigned_token_is_refused() {
    let folder = Folder::new();
    folder.write("key.jwk", EXAMPLES[2][1]);
    let token = format!("eyJhbGciOiJub25lIn0.{PAYLOAD}.");
    let said = folder.run(&["token", "verify", "--jwks", "key.jwk", "--no-claims", &token]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert_eq!(said.err, "refused: the token is not signed: `alg` is \"none\"\n");
}
