"""Answers of the shop into the model's nouns. Pure; an answer of another shape than asked for is
told apart from every value that it could be taken for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.clock import iso, parse_iso
from core.errors import N_
from core.model import (
    CellKey,
    Problem,
    Reading,
    ShopIdentity,
    ShopLocation,
    Variant,
)
from core.shopify.answers import Answer, unknown
from core.shopify.documents import VARIANTS, Document
from core.shopify.errors import GarbledAnswer
from core.shopify.version import API_VERSION

_WHOLE_SECONDS = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ", re.ASCII)
_WITHOUT_OPTIONS = " - Default Title"
"""How Shopify ends the name of the only variant of a product without options: it tells nothing, and
the product's own name does not have it.
"""


def identity_of(answer: Answer) -> ShopIdentity:
    shop = answer.data["shop"]
    granted = answer.data["currentAppInstallation"]["accessScopes"]
    return ShopIdentity(
        shop_id=text_of(shop["id"]),
        name=text_of(shop["name"]),
        domain=text_of(shop["myshopifyDomain"]),
        scopes=frozenset(text_of(scope["handle"]) for scope in granted),
        api_version=answer.api_version or API_VERSION,
    )


def location_of(node: dict[str, Any]) -> ShopLocation:
    return ShopLocation(
        id=text_of(node["id"]),
        name=text_of(node["name"]),
        is_active=_flag(node["isActive"]),
        is_fulfillment_service=_flag(node["isFulfillmentService"]),
    )


def variant_of(node: dict[str, Any]) -> Variant:
    item = node["inventoryItem"]
    return Variant(
        inventory_item_id=text_of(item["id"]),
        variant_id=text_of(node["id"]),
        sku=_text_or_empty(item["sku"]) or _text_or_empty(node["sku"]),
        barcode=_text_or_empty(node["barcode"]),
        name=_text_or_empty(node["displayName"]).removesuffix(_WITHOUT_OPTIONS),
        tracked=_flag(item["tracked"]),
        requires_components=_flag(node["requiresComponents"]),
    )


def reading_of(key: CellKey, node: dict[str, Any] | None, name: str) -> Reading:
    """One cell as the shop has it now. An inactive level is not stocked: the number that it keeps
    cannot be sold, so it is not taken for a quantity. Bundles are known from the catalogue.
    """
    if node is None:
        return Reading(key, None, problem=Problem.DELETED)
    if node["id"] != key.inventory_item_id:
        raise ValueError("nodes in another order than asked for")
    sku = _text_or_empty(node["sku"])
    untracked = not _flag(node["tracked"])
    level = node["inventoryLevel"]
    if level is None or not _flag(level["isActive"]):
        problem = Problem.UNTRACKED if untracked else Problem.NOT_STOCKED
        updated_at = "" if level is None else _moment(level["updatedAt"])
        return Reading(key, None, updated_at, problem, sku)
    return Reading(
        key,
        _quantity(level["quantities"], name),
        _moment(level["updatedAt"]),
        Problem.UNTRACKED if untracked else None,
        sku,
    )


def _quantity(quantities: list[dict[str, Any]], name: str) -> int:
    for entry in quantities:
        if entry["name"] == name:
            return whole_of(entry["quantity"])
    raise ValueError(f"no {name}")


def _moment(value: object) -> str:
    """Moments are compared as texts here, so all have the same form. Shopify's own, whole seconds
    in UTC, is the one to be quick with.
    """
    text = text_of(value)
    if _WHOLE_SECONDS.fullmatch(text):
        return f"{text[:-1]}.000Z"
    return iso(parse_iso(text))


def text_of(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a text")
    return value


def _text_or_empty(value: object) -> str:
    return "" if value is None else text_of(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{type(value).__name__} in place of true or false")
    return value


def whole_of(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{type(value).__name__} in place of a whole number")
    return value


def number_of(gid: str) -> int:
    """Search filters take the number at the end of an id, not the id: facts.md §5.3."""
    tail = gid.rpartition("/")[2]
    if not (tail.isascii() and tail.isdigit()):
        raise GarbledAnswer(document=VARIANTS.name, detail=N_("an id without a number"))
    return int(tail)


@contextmanager
def shape_of(document: Document) -> Iterator[None]:
    """An answer of another shape than asked for is garbled; for a write, its outcome is open."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as misfit:
        detail = f"{type(misfit).__name__}: {misfit}"[:200]
        raise unknown(document, GarbledAnswer(document=document.name, detail=detail)) from None
