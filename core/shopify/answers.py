"""What an HTTP reply of the Admin API means: its data, or the error that fits it (facts.md §8).

Pure. Decided by HTTP status and error code, never by message text; where a text names a scope, it
is taken for the message only. Three questions are answered for each failure: whose turn is it (the
family), what is it (the class), and, for a write, whether it may have happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any

import orjson

from core.errors import N_, DextreError, OutcomeUnknown
from core.shopify.documents import Document
from core.shopify.errors import (
    Forbidden,
    GarbledAnswer,
    InvalidToken,
    MissingScope,
    ProxyFailed,
    QueryRefused,
    Redirected,
    SearchFilterRefused,
    SecurityRejection,
    ServerTrouble,
    ShopFrozen,
    ShopInactive,
    ShopLocked,
    ShopNotFound,
    Throttled,
)
from core.shopify.throttle import Status
from core.shopify.wire import Reply

_SCOPE = re.compile(r"\b(?:read|write)_[a-z]+(?:_[a-z]+)*\b")
_SERVER_ERRORS = 500

_PASSING = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
_REFUSED_BEFORE_RUNNING = frozenset(
    {
        "BAD_REQUEST",
        "INVALID_FIELD_ARGUMENTS",
        "INVALID_VARIABLE",
        "MAX_COST_EXCEEDED",
        "MAX_INPUT_SIZE_EXCEEDED",
        "PARSE_ERROR",
    }
)

_OF_STATUS: dict[int, Callable[[str, str], DextreError]] = {
    401: lambda host, _: InvalidToken(host=host),
    402: lambda host, _: ShopFrozen(host=host),
    403: lambda _, said: _forbidden(said),
    404: lambda host, _: ShopNotFound(host=host),
    407: lambda host, _: ProxyFailed(host=host, detail="HTTP 407"),
    423: lambda host, _: ShopLocked(host=host),
    429: lambda _, __: Throttled(),
    430: lambda _, __: SecurityRejection(),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A reply whose body was read as far as it can be. `is_known`: its data is what the caller
    knows already, and was not read again.
    """

    reply: Reply
    body: dict[str, Any] | None
    status: Status | None
    is_known: bool = False

    @property
    def request_id(self) -> str:
        return str(self.reply.headers.get("x-request-id", ""))

    @property
    def retry_after(self) -> str:
        return str(self.reply.headers.get("retry-after", ""))


@dataclass(frozen=True, slots=True)
class Answer:
    """A usable answer. `data` has no nulls at its roots unless the document allows them; it is
    empty where it is known already.
    """

    data: dict[str, Any]
    parsed: Parsed

    @property
    def is_known(self) -> bool:
        return self.parsed.is_known

    @property
    def request_id(self) -> str:
        return self.parsed.request_id

    @property
    def api_version(self) -> str:
        """As the shop named it in the header; empty where it did not."""
        return str(self.parsed.reply.headers.get("x-shopify-api-version", ""))

    @property
    def date(self) -> datetime | None:
        """The shop's own clock, in whole seconds."""
        return _date(self.parsed.reply.headers.get("date", ""))

    @property
    def digest(self) -> bytes:
        """What its data is known by; empty where it cannot be told from the rest of the body."""
        head, rest = _halves(self.parsed.reply.body)
        return b"" if rest is None else _digest(head)


_EXTENSIONS = b',"extensions":'


def parse(reply: Reply, known: bytes = b"") -> Parsed:
    """`known`: the digest of an earlier answer's data, which need not be read again."""
    if known:
        head, rest = _halves(reply.body)
        if rest is not None and _digest(head) == known:
            return Parsed(reply, {**rest, "data": {}}, _status(rest), is_known=True)
    try:
        body = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        return Parsed(reply, None, None)
    return Parsed(reply, body, _status(body))


def _halves(body: bytes) -> tuple[bytes, dict[str, Any] | None]:
    """The body up to its extensions, which differ each time, and what begins with them; None where
    that is no object of its own. As the whole is one, too, the cut is then between two members of
    it, and the same head before another such rest says the same.
    """
    head, _, rest = body.rpartition(_EXTENSIONS)
    try:
        found = orjson.loads(b"{" + _EXTENSIONS[1:] + rest) if head else None
    except orjson.JSONDecodeError:
        found = None
    return head, found if isinstance(found, dict) and "data" not in found else None


def _digest(head: bytes) -> bytes:
    return blake2b(head, digest_size=16).digest()


def answer_of(document: Document, host: str, parsed: Parsed) -> Answer:
    """The answer, or the error that the reply amounts to is raised."""
    failure = _failure(document, host, parsed)
    if failure is not None:
        raise failure
    assert parsed.body is not None  # noqa: S101 - _failure() has looked at it
    return Answer(parsed.body["data"], parsed)


def unknown(document: Document, failure: DextreError) -> DextreError:
    """The same failure for a document that may have been carried out nevertheless; it knows what
    was the `cause`.
    """
    if not document.writes_once:
        return failure
    return OutcomeUnknown(detail=f"{document.name}: {failure.code}", cause=failure)


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """A Retry-After header, in seconds or as a date. None where it is absent or unreadable."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text)
    moment = _date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def _failure(document: Document, host: str, parsed: Parsed) -> DextreError | None:
    body = parsed.body
    if parsed.reply.status != 200:
        return _failure_of_status(document, host, parsed)
    if body is None:
        failure = GarbledAnswer(document=document.name, detail=N_("it is not JSON"))
        return unknown(document, failure)
    if body.get("errors"):
        return _failure_of_errors(document, host, body)
    if not isinstance(body.get("data"), dict):
        return unknown(
            document, GarbledAnswer(document=document.name, detail=N_("it holds no data"))
        )
    return _ignored_filter(document, body)


# -- by HTTP status ------------------------------------------------------------------------------


def _failure_of_status(document: Document, host: str, parsed: Parsed) -> DextreError:
    status = parsed.reply.status
    errors = (parsed.body or {}).get("errors")
    if 300 <= status < 400:
        return Redirected(host=host, target=_target(parsed.reply))
    if status in _OF_STATUS:
        return _OF_STATUS[status](host, _said(errors))
    if status >= _SERVER_ERRORS or status < 300 or status == 408:
        return unknown(document, ServerTrouble(detail=f"HTTP {status}"))
    if isinstance(errors, list) and (failure := _failure_of_errors(document, host, parsed.body)):
        return failure
    return QueryRefused(document=document.name, reason=f"HTTP {status}", detail=_said(errors))


def _forbidden(said: str) -> DextreError:
    scope = _SCOPE.search(said)
    if scope is not None:
        return MissingScope(scope=scope[0])
    return Forbidden(detail=said or "HTTP 403")


def _target(reply: Reply) -> str:
    """The host of a redirect; the rest of a Location may hold anything."""
    found = re.match(r"(?:https?:)?//(?:[^/?#@]*@)?([^/?#@]+)", reply.headers.get("location", ""))
    return found[1] if found else "?"


# -- by error code -------------------------------------------------------------------------------


def _failure_of_errors(
    document: Document, host: str, body: dict[str, Any] | None
) -> DextreError | None:
    """`errors` may be a text, a list or an object. Where one of several leaves the outcome of a
    write open, that one counts.
    """
    errors = (body or {}).get("errors")
    listed = errors if isinstance(errors, list) else [errors]
    if document.is_mutation and _was_carried_out(body):
        return None
    failures = [_failure_of_error(document, host, error) for error in listed]
    for failure in failures:
        if isinstance(failure, OutcomeUnknown):
            return failure
    return failures[0] if failures else None


def _was_carried_out(body: dict[str, Any] | None) -> bool:
    """An error beside a write's payload says that some field of it could not be shown; the payload
    says what happened.
    """
    data = (body or {}).get("data")
    return isinstance(data, dict) and any(isinstance(root, dict) for root in data.values())


def _failure_of_error(document: Document, host: str, error: object) -> DextreError:
    extensions = error.get("extensions") if isinstance(error, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    said = _said(error)
    if not isinstance(extensions, dict) or not isinstance(code, str) or not code:
        refused = QueryRefused(document=document.name, reason="no code", detail=said)
        return unknown(document, refused)
    if code == "THROTTLED":
        return Throttled()
    if code == "ACCESS_DENIED":
        scope = _SCOPE.search(str(extensions.get("requiredAccess") or said))
        return MissingScope(scope=scope[0]) if scope else Forbidden(detail=said)
    if code == "SHOP_INACTIVE":
        return ShopInactive(host=host)
    if code in _PASSING:
        return unknown(document, ServerTrouble(detail=code))
    refused = QueryRefused(document=document.name, reason=code, detail=said)
    # Codes in camelCase come from checking the document against the schema, before it runs.
    if code in _REFUSED_BEFORE_RUNNING or code[0].islower():
        return refused
    return unknown(document, refused)


def _ignored_filter(document: Document, body: dict[str, Any]) -> DextreError | None:
    """A filter that Shopify does not know is ignored, and all rows come: facts.md §5.3."""
    extensions = body.get("extensions")
    searches = extensions.get("search") if isinstance(extensions, dict) else None
    for search in searches if isinstance(searches, list) else ():
        warnings = search.get("warnings") if isinstance(search, dict) else None
        if warnings:
            return SearchFilterRefused(document=document.name, detail=_said(warnings))
    return None


def _said(errors: object) -> str:
    """Shopify's own words, shortened, for people."""
    words: Sequence[object] = errors if isinstance(errors, list) else [errors]
    texts = [
        str(word.get("message", "")) if isinstance(word, dict) else str(word)
        for word in words
        if word
    ]
    text = " ".join(" ".join(texts).split())
    return text if len(text) <= 300 else text[:299] + "…"


# -- the rest of a reply -------------------------------------------------------------------------


def _status(body: dict[str, Any]) -> Status | None:
    try:
        cost = body["extensions"]["cost"]
        bucket = cost["throttleStatus"]
        return Status(
            requested=_number(cost.get("requestedQueryCost")),
            charged=_number(cost.get("actualQueryCost")),
            maximum=float(bucket["maximumAvailable"]),
            available=float(bucket["currentlyAvailable"]),
            restore_rate=float(bucket["restoreRate"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo is not None else None
