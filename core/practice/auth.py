"""Who may ask: permanent tokens, the client-credentials grant, and scopes (facts.md §1)."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field

from graphql import GraphQLError

from core.clock import Clock

DEFAULT_SCOPES = ("read_inventory", "write_inventory", "read_products", "read_locations")
TOKEN_SECONDS = 86_399
"""What `expires_in` says; the token lives a second longer at most."""

DOCUMENTATION = "https://shopify.dev/api/usage/access-scopes"

OAUTH_MESSAGES = {
    "shop_not_permitted": "Client credentials cannot be performed on this shop.",
    "app_not_installed": "The app is not installed on this shop.",
    "application_cannot_be_found": "The application cannot be found.",
    "invalid_client": "The client secret is not valid.",
    "invalid_request": "The request is missing a required parameter.",
}


class OauthRefused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def page(self) -> str:
        """The HTML page that the token endpoint answers with, status 400."""
        text = f"Oauth error {self.code}: {OAUTH_MESSAGES[self.code]}"
        return (
            f"<!DOCTYPE html>\n<html><head><title>{text}</title></head>"
            f'<body><div class="content"><h1>{text}</h1></div></body></html>\n'
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that the shop gave out. Both kinds belong to one app, and so to one bucket."""

    app_id: str
    scopes: frozenset[str]
    expires_at: float | None = None


def with_implied(scopes: Collection[str]) -> frozenset[str]:
    """write_x implies read_x."""
    implied = {
        f"read_{each.removeprefix('write_')}" for each in scopes if each.startswith("write_")
    }
    return frozenset(scopes) | implied


@dataclass
class Doorkeeper:
    clock: Clock
    rng: random.Random
    scopes: Collection[str] = DEFAULT_SCOPES
    app_id: str = field(init=False)
    access_token: str = field(init=False, repr=False)
    client_id: str = field(init=False)
    client_secret: str = field(init=False, repr=False)
    oauth_error: str | None = None
    """Every request at the token endpoint is refused with this code."""
    _grants: dict[str, Grant] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.app_id = f"gid://shopify/App/{self.rng.randrange(10**9, 10**10)}"
        self.client_id = self._hex()
        self.client_secret = f"shpss_{self._hex()}"
        self.access_token = f"shpat_{self._hex()}"
        self._grants[self.access_token] = Grant(self.app_id, frozenset(self.scopes))

    def _hex(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"

    def admit(self, token: str | None) -> Grant | None:
        """The grant behind a token, or None: unknown, revoked or expired."""
        grant = self._grants.get(token or "")
        if grant is None:
            return None
        if grant.expires_at is not None and self.clock.now().timestamp() >= grant.expires_at:
            return None
        # Scopes are the app's, and may change under a living token.
        return Grant(grant.app_id, frozenset(self.scopes), grant.expires_at)

    def issue(self, grant_type: str | None, client_id: str | None, secret: str | None) -> str:
        """A token for 24 hours by the client-credentials grant. Older ones stay valid."""
        if self.oauth_error:
            raise OauthRefused(self.oauth_error)
        if grant_type != "client_credentials" or not client_id or not secret:
            raise OauthRefused("invalid_request")
        if client_id != self.client_id:
            raise OauthRefused("application_cannot_be_found")
        if secret != self.client_secret:
            raise OauthRefused("invalid_client")
        token = self._hex()
        expires_at = self.clock.now().timestamp() + TOKEN_SECONDS
        self._grants[token] = Grant(self.app_id, frozenset(self.scopes), expires_at)
        return token

    def expire_tokens(self) -> None:
        """Every 24-hour token ends now; the permanent one stays."""
        self._grants = {t: g for t, g in self._grants.items() if g.expires_at is None}

    def revoke_all(self) -> None:
        """What uninstalling the app does."""
        self._grants.clear()


def require(scopes: Collection[str], field_name: str, *any_of: str) -> None:
    """Raise ACCESS_DENIED unless one of the scopes is there."""
    if scopes & set(any_of) if isinstance(scopes, frozenset) else set(scopes) & set(any_of):
        return
    wanted = " or ".join(f"`{scope}`" for scope in any_of) + " access scope."
    raise GraphQLError(
        f"Access denied for {field_name} field. Required access: {wanted}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": DOCUMENTATION,
            "requiredAccess": wanted,
        },
    )
