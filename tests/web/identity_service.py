"""A service that people sign in at, played: it signs what it says. Not a test."""

from __future__ import annotations

import json
import time
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ISSUER = "https://id.example"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Service:
    """An issuer: it gives a code for whoever signs in there, and a token for the code."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, object] = {}
        self.key, self.header = KEY, {"alg": "RS256", "kid": "one"}
        self.about = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }  # fmt: skip

    def sign_in(self, address: str, name: str) -> dict[str, str]:
        """What the browser brings back from `address`."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**asked, "name": name}
        return {"code": code, "state": asked["state"]}

    def fetch(self, url: str, form: bytes | None, headers: dict[str, str]) -> object:
        match url.removeprefix(ISSUER):
            case "/.well-known/openid-configuration":
                return self.about
            case "/keys":
                return KeySet([KEY]).as_dict(private=False)
            case "/token":
                return self.token({key: one[0] for key, one in parse_qs((form or b"").decode()).items()}, headers)
        raise ValueError(url)

    def token(self, form: dict[str, str], headers: dict[str, str]) -> object:
        assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"tilth:s3cret"
        asked = self.codes.pop(form["code"])
        proof = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        assert proof == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]
        claims = {
            "iss": ISSUER, "aud": "tilth", "sub": "4711", "exp": int(time.time()) + 60, "nonce": asked["nonce"],
            "preferred_username": asked["name"], **self.claims,
        }  # fmt: skip
        if self.header["alg"] == "none":
            parts = [urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (self.header, claims)]
            return {"id_token": ".".join([*parts, ""])}
        return {"id_token": jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])}
