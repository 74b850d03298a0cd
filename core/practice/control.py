"""The control path of a practice shop: /practice/…, JSON, for tests and demos.

It looks at the true stock and changes it as a till or staff would; no Shopify has it. It asks for
no token: a practice shop listens on the loopback only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import DextreError
from core.practice.auth import OAUTH_MESSAGES
from core.practice.state import NAMES, LedgerEntry

if TYPE_CHECKING:
    from core.practice.shop import PracticeShop

Given = dict[str, Any]


class _Wrong(Exception):
    """What was sent cannot be used."""


def control_routes(shop: PracticeShop) -> list[Route]:
    control = _Control(shop)

    def post(name: str, work: Callable[[Given], Any]) -> Route:
        return Route(f"/practice/{name}", _posted(work), methods=["POST"])

    return [
        Route("/practice/state", control.state, methods=["GET"]),
        Route("/practice/ledger", control.ledger, methods=["GET"]),
        Route("/practice/faults", control.read_faults, methods=["GET"]),
        post("sell", control.move(shop.sell)),
        post("fulfil", control.move(shop.fulfil)),
        post("restock", control.move(shop.restock)),
        post("set", control.move(shop.set_available)),
        post("faults", control.set_faults),
        post("selling", control.set_pace),
        post("drain", control.drain),
        post("scopes", control.set_scopes),
        post("oauth", control.set_oauth),
        post("expire_tokens", lambda _given: shop.door.expire_tokens()),
        post("revoke", lambda _given: shop.door.revoke_all()),
        post("uninstall", lambda _given: shop.uninstall()),
        post("add", control.add),
        post("delete", control.delete),
        post("location", control.set_location),
        post("rename", control.rename),
        post("tracked", control.flag("tracked", shop.set_tracked)),
        post("bundle", control.flag("bundle", shop.set_bundle)),
        post("stocked", control.set_stocked),
        post("webhook", control.send_webhook),
    ]


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _posted(work: Callable[[Given], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            raw = await request.body()
            given = orjson.loads(raw) if raw.strip() else {}
            if not isinstance(given, dict):
                raise _Wrong("a JSON object is needed")
            return _json(work(given) or {"ok": True})
        except orjson.JSONDecodeError:
            return _json({"error": "the body is not valid JSON"}, 400)
        except _Wrong as wrong:
            return _json({"error": str(wrong)}, 400)
        except DextreError as error:
            return _json({"error": str(error), "code": error.code}, 400)

    return endpoint


class _Control:
    def __init__(self, shop: PracticeShop) -> None:
        self._shop = shop

    async def state(self, request: Request) -> Response:
        """Everything there is; `?sku=` for one SKU only."""
        shop = self._shop
        sku = request.query_params.get("sku")
        levels = [
            {
                "inventory_item_id": level.item.id,
                "sku": level.item.sku,
                "tracked": level.item.tracked,
                "location_id": location.id,
                "location": location.name,
                "is_active": level.is_active,
                **{name: level.quantity(name) for name in NAMES},
            }
            for location in shop.stock.locations
            for level in location.levels
            if sku is None or level.item.sku == sku
        ]
        locations = [
            {"id": each.id, "name": each.name, "is_active": each.is_active}
            for each in shop.stock.locations
        ]
        return _json(
            {
                "domain": shop.domain,
                "variants": len(shop.stock.variants),
                "ledger": len(shop.stock.ledger),
                "selling": shop.till.pace,
                "points": shop.executor.bucket.status(),
                "counts": shop.counts,
                "webhooks": {**shop.webhooks.counts, "waiting": shop.webhooks.waiting},
                "locations": locations,
                "levels": levels,
            }
        )

    async def ledger(self, request: Request) -> Response:
        """Entries after number N; `?name=` for one quantity only."""
        after = request.query_params.get("after", "0")
        name = request.query_params.get("name")
        if not after.isdigit():
            return _json({"error": "after must be a number"}, 400)
        entries = [
            _entry(each)
            for each in self._shop.stock.ledger[int(after) :]
            if name is None or each.name == name
        ]
        return _json({"entries": entries, "last": len(self._shop.stock.ledger)})

    async def read_faults(self, _request: Request) -> Response:
        return _json(self._shop.faults.as_json())

    def move(self, work: Callable[..., None]) -> Callable[[Given], Given]:
        """{sku | inventory_item_id, location, quantity} → the quantities after it."""

        def apply(given: Given) -> Given:
            what = given.get("sku") or given.get("inventory_item_id")
            where, quantity = given.get("location"), given.get("quantity")
            if not isinstance(what, str) or not isinstance(where, str):
                raise _Wrong("sku or inventory_item_id, and location are needed")
            if not isinstance(quantity, int) or isinstance(quantity, bool):
                raise _Wrong("quantity must be a whole number")
            work(what, where, quantity)
            return {name: self._shop.quantity(what, where, name) for name in NAMES}

        return apply

    def add(self, given: Given) -> Given:
        """{sku, available}: staff make a variant, with so many at each location."""
        available = given.get("available", 0)
        if not isinstance(available, int) or isinstance(available, bool):
            raise _Wrong("available must be a whole number")
        variant = self._shop.add_variant(_text(given, "sku"), available)
        return {"variant_id": variant.id, "inventory_item_id": variant.item.id}

    def delete(self, given: Given) -> None:
        """{sku | inventory_item_id}: staff delete the variant."""
        self._shop.remove_variant(_text(given, "sku", "inventory_item_id"))

    def set_location(self, given: Given) -> None:
        """{location, active}: staff deactivate or activate a location."""
        self._shop.set_location_active(_text(given, "location"), active=_truth(given, "active"))

    def rename(self, given: Given) -> None:
        """{sku | inventory_item_id, new}: staff give a variant another SKU ("" for none)."""
        new = given.get("new")
        if not isinstance(new, str):
            raise _Wrong("new must be a text")
        self._shop.rename_sku(_text(given, "sku", "inventory_item_id"), new)

    def flag(self, name: str, work: Callable[..., None]) -> Callable[[Given], None]:
        """{sku | inventory_item_id, <name>: true or false}."""

        def apply(given: Given) -> None:
            work(_text(given, "sku", "inventory_item_id"), **{name: _truth(given, name)})

        return apply

    def set_stocked(self, given: Given) -> None:
        """{sku | inventory_item_id, location, stocked}: staff stock an item there, or do not."""
        what, where = _text(given, "sku", "inventory_item_id"), _text(given, "location")
        self._shop.set_stocked(what, where, stocked=_truth(given, "stocked"))

    def send_webhook(self, given: Given) -> None:
        """{topic, body}: any webhook, to whoever has asked for its topic."""
        body = given.get("body", {})
        if not isinstance(body, dict):
            raise _Wrong("body must be an object")
        self._shop.webhooks.happened(_text(given, "topic"), [body])

    def set_faults(self, given: Given) -> Given:
        """As the option names them, `rates` may stand inside; {"clear": true} ends all others."""
        faults = self._shop.faults
        changes = {**given.get("rates", {}), **{k: v for k, v in given.items() if k != "rates"}}
        if changes.pop("clear", False):
            faults.clear()
        faults.update(changes)
        return faults.as_json()

    def set_pace(self, given: Given) -> Given:
        pace = given.get("pace")
        if not isinstance(pace, int | float) or isinstance(pace, bool) or pace < 0:
            raise _Wrong("pace must be a number of sales a minute")
        self._shop.till.pace = float(pace)
        return {"pace": self._shop.till.pace}

    def drain(self, given: Given) -> Given:
        points = given.get("points", self._shop.executor.bucket.maximum)
        if not isinstance(points, int | float):
            raise _Wrong("points must be a number")
        self._shop.executor.bucket.drain(points)
        return dict(self._shop.executor.bucket.status())

    def set_scopes(self, given: Given) -> Given:
        scopes = given.get("scopes")
        if not isinstance(scopes, list) or not all(isinstance(each, str) for each in scopes):
            raise _Wrong("scopes must be a list of names")
        self._shop.door.scopes = tuple(scopes)
        return {"scopes": scopes}

    def set_oauth(self, given: Given) -> Given:
        error = given.get("error")
        if error is not None and error not in OAUTH_MESSAGES:
            raise _Wrong(f"error must be null or one of {', '.join(OAUTH_MESSAGES)}")
        self._shop.door.oauth_error = error
        return {"error": error}


def _text(given: Given, *names: str) -> str:
    for name in names:
        value = given.get(name)
        if isinstance(value, str) and value:
            return value
    raise _Wrong(f"{' or '.join(names)} is needed")


def _truth(given: Given, name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool):
        raise _Wrong(f"{name} must be true or false")
    return value


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__slots__}
