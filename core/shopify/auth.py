"""Two ways to an access token: one that a person pasted and that lasts, and one that is fetched
with client ID and client secret for a day (facts.md §1). Tokens live in memory only.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Protocol
from urllib.parse import urlencode

import orjson

from core.clock import Clock
from core.errors import N_, DextreError, TryAgain
from core.model import Credentials, Secret
from core.shopify.answers import seconds_of
from core.shopify.errors import (
    AppNotFound,
    AppNotInstalled,
    BadToken,
    GarbledAnswer,
    InvalidToken,
    NoCredentials,
    Redirected,
    SecurityRejection,
    ServerTrouble,
    ShopFrozen,
    ShopLocked,
    ShopNotFound,
    ShopNotPermitted,
    Throttled,
    TokenRefused,
    TokenRequestInvalid,
    WrongClientSecret,
)
from core.shopify.throttle import MIN_PAUSE
from core.shopify.wire import Reply, Wire

PATH = "/admin/oauth/access_token"

RENEW_BEFORE = 120.0
"""Seconds before its end at which a token is no longer used for a new request."""

_PRINTABLE = re.compile(r"[!-~]+")
_OAUTH_ERROR = re.compile(r"Oauth error ([a-z_]+)", re.IGNORECASE)
_OF_CODE: dict[str, type[TokenRefused]] = {
    kind.code: kind
    for kind in (
        ShopNotPermitted,
        AppNotInstalled,
        AppNotFound,
        WrongClientSecret,
        TokenRequestInvalid,
    )
}
_OF_STATUS: dict[int, type[DextreError]] = {
    402: ShopFrozen,
    404: ShopNotFound,
    423: ShopLocked,
    429: Throttled,
    430: SecurityRejection,
}

logger = logging.getLogger("core.shopify")


class Auth(Protocol):
    async def token(self) -> Secret:
        """The token for the next request."""
        ...

    async def renewed(self, refused: Secret, /) -> Secret | None:
        """After a 401: another token than the one that was refused, or None if there is none."""
        ...


class StaticToken:
    """The Admin API access token of a custom app; it ends only when someone takes it back."""

    def __init__(self, token: Secret) -> None:
        text = token.reveal().strip()
        if not _PRINTABLE.fullmatch(text):
            raise BadToken
        self._token = Secret(text)

    async def token(self) -> Secret:
        return self._token

    async def renewed(self, _refused: Secret, /) -> Secret | None:
        return None


class ClientCredentials:
    """The client credentials grant of a Dev Dashboard app. One renewal at a time: whoever comes
    meanwhile waits for it and uses its token.
    """

    def __init__(self, wire: Wire, client_id: str, secret: Secret, clock: Clock) -> None:
        self._wire = wire
        self._client_id = client_id.strip()
        self._secret = Secret(secret.reveal().strip())
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: Secret | None = None
        self._ends = 0.0
        self._refused_until = 0.0

    async def token(self) -> Secret:
        async with self._lock:
            if self._token is None or self._clock.monotonic() >= self._ends:
                return await self._fetch()
            return self._token

    async def renewed(self, refused: Secret, /) -> Secret | None:
        async with self._lock:
            if self._token is not None and self._token != refused:
                return self._token
            return await self._fetch()

    async def _fetch(self) -> Secret:
        self._token = None
        started = self._clock.monotonic()
        if started < self._refused_until:  # whoever waited behind one that was refused
            raise Throttled(retry_after=self._refused_until - started)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret.reveal(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = await self._wire.post(PATH, urlencode(form).encode("ascii"), headers)
        try:
            token, lasts = _read(reply, self._wire.host)
        except TryAgain as failure:
            asked = seconds_of(reply.headers.get("retry-after", ""), self._clock.now())
            failure.params["retry_after"] = asked
            pause = MIN_PAUSE if isinstance(failure, Throttled) else 0.0
            self._refused_until = self._clock.monotonic() + (asked or pause)
            raise
        # Near its end a short-lived token is used for half its life rather than never.
        self._ends = started + max(lasts - RENEW_BEFORE, lasts / 2)
        self._token = token
        logger.info(
            "token fetched ms=%d lasts=%d request_id=%s",
            (self._clock.monotonic() - started) * 1000,
            lasts,
            reply.headers.get("x-request-id", ""),
        )
        return token


def auth_of(credentials: Credentials, wire: Wire, clock: Clock) -> Auth:
    """The way that the credentials allow; raises `NoCredentials` where they allow none."""
    if credentials.access_token:
        return StaticToken(credentials.access_token)
    if credentials.api_key.strip() and credentials.api_secret:
        return ClientCredentials(wire, credentials.api_key, credentials.api_secret, clock)
    raise NoCredentials


def _read(reply: Reply, host: str) -> tuple[Secret, float]:
    if reply.status != 200:
        raise _refusal(reply, host)
    try:
        body = orjson.loads(reply.body)
        text, lasts = body["access_token"], float(body.get("expires_in", 86399))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise GarbledAnswer(document=PATH, detail=N_("it holds no token")) from None
    if not isinstance(text, str) or not _PRINTABLE.fullmatch(text) or lasts <= 0:
        raise GarbledAnswer(document=PATH, detail=N_("it holds no token"))
    return Secret(text), lasts


def _refusal(reply: Reply, host: str) -> DextreError:
    """The endpoint answers with an HTML page that has the code in its text (facts.md §1.2)."""
    named = _OAUTH_ERROR.search(reply.body.decode("utf-8", "replace"))
    if named is not None:
        code = named[1].lower()
        return _OF_CODE.get(code, TokenRefused)(host=host, detail=code)
    if reply.status in _OF_STATUS:
        return _OF_STATUS[reply.status](host=host)
    if 300 <= reply.status < 400:
        return Redirected(host=host, target="?")
    if reply.status >= 500:
        return ServerTrouble(detail=f"HTTP {reply.status}")
    if reply.status == 401:
        return InvalidToken(host=host)
    return TokenRefused(host=host, detail=f"HTTP {reply.status}")
