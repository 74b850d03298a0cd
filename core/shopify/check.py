"""The check of a connection: one finding a line, in the order in which things have to work.

It asks the shop once and reads everything from that answer. At the first finding that stops
everything the rest is skipped: nothing can be said about it. It changes nothing and keeps nothing.
"""

from __future__ import annotations

import random as random_module
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from core.clock import Clock
from core.errors import N_, NN_, BadInput, DextreError, Offline
from core.model import Credentials, Finding, ShopIdentity, Verdict
from core.shopify import scopes
from core.shopify.documents import PROBE
from core.shopify.domain import base_url, shop_domain
from core.shopify.errors import (
    AnotherShop,
    ApiVersionChanged,
    ConnectionBroke,
    GarbledAnswer,
    MissingScope,
    Redirected,
    SecurityRejection,
    ServerTrouble,
    ShopFrozen,
    ShopInactive,
    ShopLocked,
    ShopNotFound,
    Throttled,
    WrongDomain,
)
from core.shopify.nouns import identity_of
from core.shopify.shop import open_client
from core.shopify.version import version_finding

STEPS = (
    "domain",
    "reachable",
    "shop",
    "token",
    "version",
    *(f"scope.{scope}" for scope in scopes.NEEDED),
    "identity",
    "clock",
)
"""The codes of the findings, in their order; every check has each of them exactly once."""

CLOCK_TOLERANCE = 120
"""Seconds. Nothing breaks by it, but the moments on both sides no longer compare."""

_SKIPPED = {
    "domain": N_("Shop domain: not checked"),
    "reachable": N_("Shop can be reached: not checked"),
    "shop": N_("Shop exists: not checked"),
    "token": N_("Access token: not checked"),
    "version": N_("API version: not checked"),
    "identity": N_("Identity of the shop: not checked"),
    "clock": N_("Clock: not checked"),
}
_TOKEN_TAKEN = N_("The access token is accepted")
_SCOPE_SKIPPED = N_("Access scope %(scope)s: not checked")

_NOT_SHOPIFY = (Offline, ConnectionBroke, GarbledAnswer)
_ABOUT_THE_SHOP = (
    ShopNotFound,
    ShopFrozen,
    ShopLocked,
    ShopInactive,
    Redirected,
    SecurityRejection,
    ServerTrouble,
    Throttled,
)


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found. `identity` is there once the shop has answered with the right token;
    `failure` is the error behind the first finding that failed, for who wants to raise it.
    """

    findings: tuple[Finding, ...]
    identity: ShopIdentity | None = None
    failure: DextreError | None = None

    @property
    def passed(self) -> bool:
        return all(finding.verdict is not Verdict.FAILED for finding in self.findings)


@dataclass(slots=True)
class _Notes:
    """Findings as they come, each told at once."""

    tell: Callable[[Finding], None] | None
    found: list[Finding] = field(default_factory=list)
    failure: DextreError | None = None

    def note(
        self, code: str, verdict: Verdict, message: str, remedy: str = "", **params: str | int
    ) -> None:
        self.add(Finding(code, verdict, message, params, remedy))

    def add(self, finding: Finding) -> None:
        """What comes before it and was not said by now has not been looked at."""
        self._skip(STEPS[: STEPS.index(finding.code)])
        self._tell(finding)

    def _skip(self, codes: Sequence[str]) -> None:
        told = {finding.code for finding in self.found}
        for code in codes:
            if code in told:
                continue
            if code.startswith("scope."):
                params = {"scope": code.removeprefix("scope.")}
                self._tell(Finding(code, Verdict.SKIPPED, _SCOPE_SKIPPED, dict(params)))
            else:
                self._tell(Finding(code, Verdict.SKIPPED, _SKIPPED[code]))

    def _tell(self, finding: Finding) -> None:
        self.found.append(finding)
        if self.tell is not None:
            self.tell(finding)

    def ok(self, code: str, message: str, **params: str | int) -> None:
        self.add(Finding(code, Verdict.OK, message, params))

    def failed(self, code: str, failure: DextreError) -> None:
        self.failure = self.failure or failure
        params = {name: _plain(value) for name, value in failure.params.items()}
        self.add(Finding(code, Verdict.FAILED, failure.message, params, failure.remedy))

    def done(self, identity: ShopIdentity | None = None) -> Check:
        self._skip(STEPS)
        return Check(tuple(self.found), identity, self.failure)


async def check_connection(
    credentials: Credentials,
    *,
    clock: Clock,
    random: random_module.Random,
    transport: httpx.AsyncBaseTransport | None = None,
    expected_shop_id: str | None = None,
    on_finding: Callable[[Finding], None] | None = None,
) -> Check:
    """Check what a person typed, against the shop itself. Raises nothing that is the shop's, the
    network's or the person's fault: all of that is findings.
    """
    notes = _Notes(on_finding)
    try:
        domain = shop_domain(credentials.domain)
        base_url(domain, credentials.api_url)
    except BadInput as failure:
        notes.failed("domain", failure)
        return notes.done()
    notes.ok("domain", N_("The shop domain is %(domain)s"), domain=domain)
    try:
        client = open_client(
            credentials, clock=clock, random=random, transport=transport, retries=1
        )
    except BadInput as failure:
        notes.failed("token", failure)
        return notes.done()
    try:
        answer = await client.execute(PROBE, {})
        identity = identity_of(answer)
    except DextreError as failure:
        _note_failure(notes, failure)
        return notes.done()
    except (KeyError, TypeError, AttributeError):
        _note_failure(notes, GarbledAnswer(document=PROBE.name, detail=N_("fields are missing")))
        return notes.done()
    finally:
        await client.aclose()
    _note_reached(notes)
    notes.ok("token", _TOKEN_TAKEN)
    notes.add(version_finding(clock.now().date()))
    for scope in scopes.NEEDED:
        _note_scope(notes, scope, identity)
    _note_identity(notes, identity, credentials, domain, expected_shop_id)
    _note_clock(notes, answer.date, clock.now())
    return notes.done(identity)


def _note_reached(notes: _Notes) -> None:
    notes.ok("reachable", N_("Shopify answers"))
    notes.ok("shop", N_("The shop is there and open"))


def _note_failure(notes: _Notes, failure: DextreError) -> None:
    """Everything before the step at which it failed has worked."""
    if isinstance(failure, _NOT_SHOPIFY):
        notes.failed("reachable", failure)
    elif isinstance(failure, _ABOUT_THE_SHOP):
        notes.ok("reachable", N_("Shopify answers"))
        notes.failed("shop", failure)
    else:
        _note_reached(notes)
        if isinstance(failure, ApiVersionChanged):
            notes.ok("token", _TOKEN_TAKEN)
            notes.failed("version", failure)
        else:
            notes.failed("token", failure)


def _note_scope(notes: _Notes, scope: str, identity: ShopIdentity) -> None:
    code = f"scope.{scope}"
    if scopes.is_granted(scope, identity.scopes):
        notes.ok(code, N_("Access scope %(scope)s"), scope=scope)
    else:
        notes.failed(code, MissingScope(scope=scope))


def _note_identity(
    notes: _Notes,
    identity: ShopIdentity,
    credentials: Credentials,
    domain: str,
    expected_shop_id: str | None,
) -> None:
    """A shop that answers at its own old address has been renamed. At an address that was given
    beside the domain, another domain is simply another shop than the one that was meant.
    """
    if expected_shop_id is not None and identity.shop_id != expected_shop_id:
        found = f"{identity.name} ({identity.domain})"
        notes.failed("identity", AnotherShop(found=found, expected=expected_shop_id))
    elif identity.domain != domain and credentials.api_url is not None:
        wrong = WrongDomain(typed=domain, found=identity.domain, url=credentials.api_url)
        notes.failed("identity", wrong)
    elif identity.domain != domain:
        notes.note(
            "identity",
            Verdict.WARNING,
            N_("The shop is %(name)s; its own domain is %(domain)s"),
            N_("Use that domain from now on; the shop may have been renamed."),
            name=identity.name,
            domain=identity.domain,
        )
    else:
        notes.ok("identity", N_("The shop is %(name)s"), name=identity.name)


def _note_clock(notes: _Notes, there: datetime | None, here: datetime) -> None:
    if there is None:
        words = N_("Clock: not checked, because the answer does not tell the time")
        notes.note("clock", Verdict.SKIPPED, words)
        return
    seconds = round((here - there).total_seconds())
    if abs(seconds) <= CLOCK_TOLERANCE:
        notes.ok("clock", N_("This machine's clock agrees with Shopify's"))
        return
    notes.note(
        "clock",
        Verdict.WARNING,
        NN_(
            "This machine's clock differs from Shopify's by %(seconds)s second",
            "This machine's clock differs from Shopify's by %(seconds)s seconds",
            by="seconds",
        ),
        N_("Set the clock; let it follow a time server."),
        seconds=seconds,
    )


def _plain(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)
