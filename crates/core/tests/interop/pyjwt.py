"""Signs and verifies with PyPI's PyJWT. See README.md."""

import json
import secrets
import sys

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import get_default_algorithms

ALGORITHMS = get_default_algorithms()
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def new_key(alg):
    if alg.startswith("HS"):
        return secrets.token_bytes(int(alg[2:]) // 8)
    if alg in CURVES:
        return ec.generate_private_key(CURVES[alg]())
    if alg == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(job):
    alg = job["alg"]
    key = new_key(alg)
    token = jwt.encode(job["claims"], key, algorithm=alg, headers={"typ": "at+jwt", "kid": "theirs"})
    named = {"alg": alg, "kid": "theirs"}
    to_jwk = ALGORITHMS[alg].to_jwk
    if alg.startswith("HS"):
        jwk = to_jwk(key, as_dict=True) | named
        return {"token": token, "public": jwk, "private": jwk}
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public, private = to_jwk(key.public_key(), as_dict=True), to_jwk(key, as_dict=True)
    return {"token": token, "public": public | named, "private": private | named, "pem": pem}


def verify(job):
    key = jwt.PyJWK(job["jwk"], algorithm=job["alg"]).key
    return {"claims": jwt.decode(job["token"], key, algorithms=[job["alg"]])}


def answer(job):
    try:
        return sign(job) if job["do"] == "sign" else verify(job)
    except Exception as error:  # whatever it is, the test says it
        return {"error": repr(error)}


print(json.dumps([answer(job) for job in json.load(sys.stdin)]))
