"""Signing in by another service (OpenID Connect): authorisation code with PKCE. It says who somebody is, no more."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from time import time
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import HTTPErrorProcessor, Request, build_opener

from tilth.core import BadInput
from tilth.identity.audit import Clock
from tilth.runtime import Workspace

#: Signatures that are taken: only those by a key that the issuer alone has.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
#: Longest wait for the issuer [s], longest answer of it [bytes], and by how much its clock may differ [s].
_WAIT_S, _MOST, _LEEWAY_S = 10, 1 << 20, 60
#: Asks an address, with a form to post and headers; what it answers as JSON.
Fetch = Callable[[str, bytes | None, Mapping[str, str]], Any]


def fetched(url: str, form: bytes | None, headers: Mapping[str, str]) -> Any:
    """What stands at `url`, over https only; it may not send us elsewhere."""
    if not url.startswith("https://"):
        raise ValueError(f"{url} is not https")
    opener = build_opener(_Straight)
    with opener.open(Request(url, form, dict(headers)), timeout=_WAIT_S) as answer:  # noqa: S310 - https
        if answer.status != 200:
            raise ValueError(f"{url} answers {answer.status}")
        return json.loads(answer.read(_MOST))


class _Straight(HTTPErrorProcessor):
    """Follows nowhere."""

    def http_response(self, request: Any, response: Any) -> Any:
        """As it comes."""
        return response

    https_response = http_response


@dataclass(frozen=True)
class Issuer:
    """A service that people sign in at, as `[web.oidc]` of the settings names it."""

    address: str
    client: str
    secret: str = ""
    claim: str = "preferred_username"
    scope: str = "openid profile"
    name: str = ""
    fetch: Fetch = field(default=fetched, repr=False)
    clock: Clock = field(default=time, repr=False)

    def begin(self, back: str) -> tuple[str, str]:
        """Where to send the browser, and what it keeps until it comes back to the address `back`."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.client, "redirect_uri": back, "scope": self.scope,
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        place = self._told("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", f"{state}.{nonce}.{verifier}"

    def name_of(self, code: str, state: str, kept: str, back: str) -> str:
        """Who came back, by the claim that names people here.

        Raises
        ------
        BadInput
            If it is not the browser that was sent, or the issuer does not stand for what it brings.
        """
        parts = kept.split(".")
        if len(parts) != 3 or not compare_digest(parts[0].encode(), state.encode()):
            raise BadInput("IDENTITY-OIDC", why="state")
        try:
            claims = self._claims(self._exchanged(code, parts[2], back))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput("IDENTITY-OIDC", why=f"{type(error).__name__}: {error}"[:200]) from error
        if not compare_digest(str(claims.get("nonce", "")).encode(), parts[1].encode()):
            raise BadInput("IDENTITY-OIDC", why="nonce")
        named = claims.get(self.claim)
        if not isinstance(named, str) or not named:
            raise BadInput("IDENTITY-OIDC", why=f"no {self.claim}")
        return named

    def _exchanged(self, code: str, verifier: str, back: str) -> str:
        """The identity token for a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "client_id": self.client}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.secret:
            pair = f"{quote(self.client, safe='')}:{quote(self.secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        sent = urlencode({**form, "code_verifier": verifier}).encode()
        return str(self.fetch(self._told("token_endpoint"), sent, headers)["id_token"])

    def _claims(self, token: str) -> Mapping[str, Any]:
        """What the issuer says in a token that it signed for us and that is not over."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        wanted = jwt.JWTClaimsRegistry(
            now=int(self.clock()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.address},
            aud={"essential": True, "value": self.client},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            keys = KeySet.import_key_set(self.fetch(self._told("jwks_uri"), None, {}))
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            wanted.validate(claims)
        except JoseError as error:
            raise ValueError(str(error)) from error
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self.client:
            raise ValueError("azp")
        return claims

    def _told(self, what: str) -> str:
        """An address of the issuer, as it publishes them."""
        try:
            about = self.fetch(f"{self.address.rstrip('/')}/.well-known/openid-configuration", None, {})
            if about["issuer"] != self.address:
                raise ValueError(f"issuer {about['issuer']}")
            place = str(about[what])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput("IDENTITY-OIDC-AWAY", issuer=self.address, why=str(error)[:200]) from error
        if not place.startswith("https://"):
            raise BadInput("IDENTITY-OIDC-AWAY", issuer=self.address, why=f"{what}: {place}"[:200])
        return place


def issuer_of(workspace: Workspace) -> Issuer | None:
    """The service that `[web.oidc]` of the settings names; None where it names none.

    Raises
    ------
    BadInput
        If something is missing there, or joserfc is not installed.
    """
    from importlib.util import find_spec

    told = workspace.settings("web").get("oidc")
    if not isinstance(told, dict):
        return None
    for needed in ("issuer", "client_id"):
        if not isinstance(told.get(needed), str) or not told[needed]:
            raise BadInput("IDENTITY-OIDC-SETTINGS", what=needed)
    if find_spec("joserfc") is None:
        raise BadInput("IDENTITY-OIDC-SETTINGS", what="joserfc")
    secret = os.environ.get(str(told.get("client_secret_env", "TILTH_OIDC_SECRET")), "")
    return Issuer(
        told["issuer"], told["client_id"], secret or str(told.get("client_secret", "")),
        str(told.get("claim", "preferred_username")), str(told.get("scope", "openid profile")),
        str(told.get("name", told["issuer"])), fetch=fetched,
    )  # fmt: skip
