"""The HTTP face of a practice shop: GraphQL, the token endpoint, and what the network does to them.

A shop checks nothing of the Host header: it is served under whatever address a test or a person
uses. The control path is in control.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from core.practice.auth import TOKEN_SECONDS, Grant, OauthRefused
from core.practice.control import control_routes
from core.practice.execution import Body, Prepared, Refused, internal_error
from core.practice.faults import ConnectionDropped
from core.practice.results import result_route
from core.practice.versions import served_version

if TYPE_CHECKING:
    from core.practice.shop import PracticeShop

TOKEN_HEADER = "X-Shopify-Access-Token"  # noqa: S105 - the name of a header
INVALID_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105

_STATUS_BODIES = {
    401: INVALID_TOKEN,
    402: "Unavailable Shop",
    403: "[API] This action requires merchant approval for read_products scope.",
    404: "Not Found",
    423: "This shop is locked. Contact support.",
    429: "Exceeded the rate limit for this API client. Reduce request rates to resume "
    "uninterrupted service.",
}
_HTML_TITLES = {
    430: "Security Rejection",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
GARBAGE = b'{"data":{"shop":{"name":"\xff\xfe<html><body>upstream conn'


def make_app(shop: PracticeShop) -> ASGIApp:
    """A bare router: what an endpoint raises (a dropped connection) reaches the server or the
    transport, no middleware turns it into an answer.
    """
    desk = _Desk(shop)
    routes: list[BaseRoute] = [
        Route("/admin/api/{version}/graphql.json", desk.graphql, methods=["POST"]),
        Route("/admin/oauth/access_token", desk.token, methods=["POST"]),
        Route("/admin/oauth/access_scopes.json", desk.scopes, methods=["GET"]),
        result_route(shop),
        *control_routes(shop),
    ]
    return Router(routes, redirect_slashes=False, default=_not_found)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await answer({"errors": "Not Found"}, 404)(scope, receive, send)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(body),
        status,
        media_type="application/json; charset=utf-8",
        headers=headers,
    )


class _Desk:
    def __init__(self, shop: PracticeShop) -> None:
        self._shop = shop

    # -- tokens ----------------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        given = _form(request, await request.body())
        try:
            token = self._shop.door.issue(
                given.get("grant_type"), given.get("client_id"), given.get("client_secret")
            )
        except OauthRefused as refused:
            return Response(refused.page(), 400, media_type="text/html; charset=utf-8")
        scope = ",".join(self._shop.door.scopes)
        return answer({"access_token": token, "scope": scope, "expires_in": TOKEN_SECONDS})

    async def scopes(self, request: Request) -> Response:
        grant = self._shop.door.admit(request.headers.get(TOKEN_HEADER))
        if grant is None:
            return answer({"errors": INVALID_TOKEN}, 401)
        handles = [{"handle": scope} for scope in self._shop.door.scopes]
        return answer({"access_scopes": handles})

    # -- GraphQL ---------------------------------------------------------------------------------

    async def graphql(self, request: Request) -> Response:
        shop = self._shop
        version = served_version(request.path_params["version"])
        if version is None:
            return answer({"errors": "Not Found"}, 404)
        request_id = shop.new_request_id()
        headers = {"X-Shopify-API-Version": version, "X-Request-Id": request_id}
        grant = shop.door.admit(request.headers.get(TOKEN_HEADER))
        if grant is None:
            return answer({"errors": INVALID_TOKEN}, 401, headers)
        asked = await _read(request)
        if isinstance(asked, Response):
            asked.headers.update(headers)
            return asked
        try:
            prepared = shop.executor.prepare(*asked)
        except Refused as refused:
            await shop.clock.sleep(shop.faults.latency)
            return answer(refused.body, headers=headers)
        address = str(request.base_url).rstrip("/")
        return await self._carry_out(prepared, grant, address, request_id, headers)

    async def _carry_out(
        self,
        prepared: Prepared,
        grant: Grant,
        address: str,
        request_id: str,
        headers: dict[str, str],
    ) -> Response:
        shop = self._shop
        kind = shop.faults.draw(shop.fault_rng, is_write=prepared.is_write) or ""
        if kind:
            shop.counts["faults"] += 1
        struck = _before(kind, request_id, headers)
        if struck is not None:
            await shop.clock.sleep(shop.faults.latency)
            return struck
        context = shop.new_context(grant, breaks_after_key=kind == "failed_attempt")
        context.address = address
        context.api_version = headers["X-Shopify-API-Version"]
        try:
            shop.counts["writes" if prepared.is_write else "reads"] += 1
            shop.executor.charge(prepared, throttle=kind == "throttled")
            # The key is held while the request waits: a second one with it finds it in flight.
            context.keys.enter(prepared.keys(), context)
            await shop.clock.sleep(shop.faults.latency / 2)
            shop.look_at_the_clock(context)
            body: Body = shop.executor.run(prepared, context, request_id)
            await shop.clock.sleep(shop.faults.latency / 2)
        except Refused as refused:
            shop.counts[refused.body["errors"][0]["extensions"]["code"]] += 1
            return answer(refused.body, headers=headers)
        finally:
            context.keys.leave(context)
        if kind.endswith("_after"):
            struck = _before(kind.removesuffix("_after"), request_id, headers)
            if struck is not None:
                return struck
        return answer(body, headers=headers)


def _form(request: Request, raw: bytes) -> dict[str, str]:
    """The fields of a form, or of the JSON object that Shopify's own libraries send instead."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            given = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return {}
        fields = given if isinstance(given, dict) else {}
        return {name: value for name, value in fields.items() if isinstance(value, str)}
    found = parse_qs(raw.decode(errors="replace"))
    return {name: values[0] for name, values in found.items()}


async def _read(request: Request) -> tuple[str, dict[str, Any], str | None] | Response:
    """Query, variables and operation name, or the answer to a body that has none."""
    raw = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/graphql":
        return raw.decode(errors="replace"), {}, None
    if kind != "application/json":
        return answer({"errors": "Unsupported Media Type"}, 415)
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return answer({"errors": "The body is not valid JSON."}, 400)
    if not isinstance(given, dict) or not isinstance(given.get("query"), str):
        return answer({"errors": {"query": "Required parameter missing or invalid"}}, 400)
    variables = given.get("variables") or {}
    if not isinstance(variables, dict):
        return answer({"errors": {"variables": "Required parameter missing or invalid"}}, 400)
    return given["query"], variables, given.get("operationName")


def _before(kind: str, request_id: str, headers: dict[str, str]) -> Response | None:
    """The answer of a fault, or None where it is none that has one. Raises ConnectionDropped."""
    if kind in ("loss", "loss_before", "timeout", "timeout_before"):
        raise ConnectionDropped(waits=kind.startswith("timeout"))
    if kind == "garbage":
        return Response(GARBAGE, 200, media_type="application/json", headers=headers)
    if kind == "internal":
        return answer(internal_error(request_id), headers=headers)
    if not kind.isdigit():
        return None
    status = int(kind)
    if status in _HTML_TITLES:
        title = f"{status} {_HTML_TITLES[status]}"
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
        return Response(page, status, media_type="text/html", headers=headers)
    extra = {"Retry-After": "2.0"} if status == 429 else {}
    return answer({"errors": _STATUS_BODIES[status]}, status, headers | extra)
