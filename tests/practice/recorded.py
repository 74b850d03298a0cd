"""Recorded requests of a real shop, each with the way to ask the practice shop the same.

The world is rebuilt (same item and location ids, same quantities) and the same document and
variables are sent. Where a recording does not keep its document, the one that its answer shows is
sent. The recordings are not in this repository: their folder is $DEXTRE_SYNC_CAPTURES, else
../shared/shopify/captures beside it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.practice.identifiers import split_gid, split_level_gid
from core.practice.paging import cursor
from core.practice.state import Item, Location, Product, Stock, Variant
from tests.practice.desk import Desk

FOLDER = Path(
    os.environ.get("DEXTRE_SYNC_CAPTURES")
    or Path(__file__).resolve().parents[3] / "shared/shopify/captures"
)

MADE_UP = re.compile(
    r"gid://shopify/InventoryAdjustmentGroup/\d+|\d{4}-\d\d-\d\dT[\d:]+Z|eyJ[\w=]+"
)

Json = dict[str, Any]
Answer = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """One recorded request: where it stands, what was answered, and how to ask it here."""

    file: str
    path: str
    recorded: Any
    ask: Answer


def capture(name: str) -> Json:
    found: Json = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def compared(answer: Any) -> Any:
    """The answer without what every shop makes up for itself; of places in a document only how
    many there are, for not every document was recorded.
    """
    if isinstance(answer, dict):
        return {
            key: len(value) if key == "locations" else compared(value)
            for key, value in answer.items()
            if key != "throttleStatus"
        }
    if isinstance(answer, list):
        return [compared(each) for each in answer]
    return MADE_UP.sub("~", answer) if isinstance(answer, str) else answer


class World:
    """A shop with the recorded ids."""

    def __init__(self) -> None:
        self.desk = Desk(variants=0, locations=0)
        self.stock: Stock = self.desk.shop.stock

    def location(self, gid: str, name: str, level_number: int) -> Location:
        location = Location(_number(gid), level_number, name, created_at=0)
        self.stock.add_location(location)
        return location

    def item(self, gid: str, quantities: dict[Location, dict[str, int]]) -> Item:
        number = _number(gid)
        product = Product(number + 1, "Recorded", f"recorded-{number}", "", "", 0)
        item = Item(number, None, True, 0, 0)
        self.stock.add_product(product)
        self.stock.add_variant(
            Variant(number + 2, product, item, "Default Title", (), None, 1, "1.00")
        )
        for location, opening in quantities.items():
            self.stock.stock_at(item, location, opening=opening)
        return item

    async def ask(self, document: str, variables: Json) -> Any:
        return compared((await self.desk.post(document, variables)).json())


def _number(gid: str) -> int:
    found = split_gid(gid)
    assert found is not None
    return found[1]


PRIMARY = ("gid://shopify/Location/106318430514", "Shop location", 143273001266)
SECONDARY = ("gid://shopify/Location/106318463282", "My Custom Location", 143273034034)

CHANGES = "changes { name delta quantityAfterChange ledgerDocumentUri item { id } location { id } }"
GROUP = """inventoryAdjustmentGroup { id createdAt reason referenceDocumentUri
      changes { name delta quantityAfterChange item { id } location { id name } } }"""
ERRORS = "userErrors { field message code }"

ACTIVATE = """mutation InventoryDeactivateValidationActivateCodeSelection(
      $inventoryItemId: ID!, $locationId: ID!, $available: Int, $idempotencyKey: String!) {
      inventoryActivate(inventoryItemId: $inventoryItemId, locationId: $locationId,
        available: $available) @idempotent(key: $idempotencyKey) {
        inventoryLevel { id isActive location { id name } item { id } }
        userErrors { field message } } }"""

DEACTIVATE = """mutation InventoryDeactivateValidationDeactivateCodeSelection(
      $inventoryLevelId: ID!, $idempotencyKey: String!) {
      inventoryDeactivate(inventoryLevelId: $inventoryLevelId)
        @idempotent(key: $idempotencyKey) { userErrors { field message } } }"""


def document(name: str, selection: str, *, key: bool = True) -> str:
    kind = name[0].upper() + name[1:]
    declared = "$idempotencyKey: String!" if key else ""
    directive = "@idempotent(key: $idempotencyKey)" if key else ""
    return (
        f"mutation M($input: {kind}Input!{declared}) {{\n    {name}(input: $input) {directive} "
        f"{{ {selection} }} }}"
    )


# -- the cases, file by file ----------------------------------------------------------------------

CONTRACTS = "inventory-quantity-contracts-2026-04"
CONTRACT_ITEM = "gid://shopify/InventoryItem/53469430055218"


def _contract(path: str, recorded: Json, text: str, available: int, given: Json) -> Case:
    async def ask() -> Any:
        world = World()
        world.item(CONTRACT_ITEM, {world.location(*PRIMARY): {"available": available}})
        return await world.ask(text, given)

    return Case(CONTRACTS, path, recorded["response"], ask)


def contracts() -> Iterator[Case]:
    found = capture(CONTRACTS)
    for name, before in (
        ("inventorySetQuantities", 0),
        ("inventoryAdjustQuantities", 5),
        ("inventorySetOnHandQuantities", 7),
    ):
        recorded = found[name]
        text = document(name, f"{GROUP} {ERRORS}")
        yield _contract(name, recorded, text, before, recorded["variables"])
    for what in ("Set", "SetOnHand", "Adjust"):
        name = f"inventory{what}Quantities"
        recorded = found[f"missing{what}Idempotency"]
        text = document(name, f"inventoryAdjustmentGroup {{ id }} {ERRORS}", key=False)
        given = {"input": recorded["variables"]["input"]}
        yield _contract(f"missing{what}Idempotency", recorded, text, 7, given)
        recorded = found[f"missing{what}ChangeFromQuantity"]
        asked = recorded["response"]["extensions"]["cost"]["requestedQueryCost"] > 10
        text = document(
            name,
            f"{GROUP if asked else ''} {ERRORS}",
            key="idempotencyKey" in recorded["variables"],
        )
        path = f"missing{what}ChangeFromQuantity"
        yield _contract(path, recorded, text, 7, recorded["variables"])
    recorded = found["legacySetShape"]
    text = document("inventorySetQuantities", ERRORS)
    yield _contract("legacySetShape", recorded, text, 0, recorded["variables"])
    for name, recorded in found["unknownIdValidation"].items():
        if isinstance(recorded, dict):
            (root,) = recorded["response"]["data"]
            text = document(root, f"inventoryAdjustmentGroup {{ id }} {ERRORS}")
            path = f"unknownIdValidation.{name}"
            yield _contract(path, recorded, text, 9, recorded["variables"])


def _adjustment(file: str, path: str, recorded: Json, selection: str) -> Case:
    async def ask() -> Any:
        world = World()
        primary = world.location(*PRIMARY)
        rows = recorded["variables"]["input"]["changes"]
        for gid in dict.fromkeys(row["inventoryItemId"] for row in rows):
            world.item(gid, {primary: {}})
        text = document(
            "inventoryAdjustQuantities", f"inventoryAdjustmentGroup {{ {selection} }} {ERRORS}"
        )
        return await world.ask(text, recorded["variables"])

    return Case(file, path, recorded["response"], ask)


def adjustments() -> Iterator[Case]:
    file = "inventory-adjust-ledger-document-validation"
    for path, recorded in capture(file).items():
        if isinstance(recorded, dict) and "response" in recorded:
            yield _adjustment(file, path, recorded, f"id createdAt reason {CHANGES}")
    file = "inventory-adjust-on-hand-name-mirrors"
    for path, recorded in capture(file)["cases"].items():
        yield _adjustment(file, f"cases.{path}", recorded, f"reason {CHANGES}")
    file = "inventory-adjust-zero-delta-noop"
    changes = CHANGES.replace("ledgerDocumentUri ", "")
    for path in ("allZero", "mixedZeroAndNonzero"):
        selection = f"reason referenceDocumentUri {changes}"
        yield _adjustment(file, path, capture(file)[path], selection)


def names() -> Iterator[Case]:
    file = "inventory-adjust-name-allowlist"
    for path, recorded in capture(file)["cases"].items():
        yield Case(file, f"cases.{path}", recorded["response"], _of_the_name(recorded))
    file = "inventory-existence-validation"
    recorded = capture(file)["adjustUnknownInventoryItem"]

    async def nothing_there() -> Any:
        return await World().ask(recorded["query"], recorded["variables"])

    yield Case(file, "adjustUnknownInventoryItem", recorded["response"], nothing_there)


def _of_the_name(recorded: Json) -> Answer:
    async def ask() -> Any:
        world = World()
        primary = world.location(*PRIMARY)
        world.item("gid://shopify/InventoryItem/53237602877746", {primary: {}})
        return await world.ask(recorded["query"], recorded["variables"])

    return ask


def _story(world: World, requests: list[tuple[str, Json]]) -> Answer:
    """The last request's answer, after those before it."""

    async def ask() -> Any:
        answer: Any = None
        for text, given in requests:
            answer = await world.ask(text, given)
        return answer

    return ask


def activations() -> Iterator[Case]:
    file = "inventory-activate-on-hand"
    found = capture(file)
    told: list[tuple[str, Json]] = []
    for path, recorded in found["cases"].items():
        told.append((recorded["query"], recorded["variables"]))
        world = World()
        primary = world.location(*PRIMARY)
        world.location(*SECONDARY)
        for product in found["setup"].values():
            world.item(product["inventoryItemId"], {primary: {}})
        yield Case(file, f"cases.{path}", recorded["response"], _story(world, list(told)))


DEACTIVATION = "inventory-deactivate-validation-2026-04"


def _one(path: str, recorded: Json, text: str, world: World) -> Case:
    answered = recorded["response"]
    ask = _story(world, [(text, recorded["variables"])])
    return Case(DEACTIVATION, path, answered.get("payload", answered), ask)


def _two_places(
    gid: str, *, first: Json | None = None, second: Json | None = None, only: bool = False
) -> World:
    world = World()
    primary = world.location(*PRIMARY)
    places: dict[Location, Json] = {primary: first or {}}
    if not only:
        secondary = world.location(*SECONDARY)
        if second is not None:
            places[secondary] = second
    world.item(gid, places)
    return world


def deactivations() -> Iterator[Case]:
    found = capture(DEACTIVATION)
    for name, steps in found["setup"].items():
        yield from _set_up(name, steps)
    stocked = {"available": 1, "committed": 1, "incoming": 1}
    for path in (
        "inventoryDeactivateCommitted",
        "inventoryDeactivateIncomingReserved",
        "inventoryDeactivateOnlyLocation",
        "inventoryDeactivateMissingLevel",
        "inventoryDeactivateDeletedLocation",
        "inventoryDeactivateBeforeReactivate",
    ):
        recorded = found[path]
        numbers = split_level_gid(recorded["variables"]["inventoryLevelId"])
        assert numbers is not None
        gid = f"gid://shopify/InventoryItem/{numbers[1]}"
        world = World()
        if "MissingLevel" not in path:
            only = "OnlyLocation" in path
            world = _two_places(gid, first=stocked, second=stocked, only=only)
        yield _one(path, recorded, DEACTIVATE, world)
    recorded = found["inventoryDeactivateCodeSelection"]
    text = DEACTIVATE.replace("field message", "field message code")
    yield _one("inventoryDeactivateCodeSelection", recorded, text, World())
    recorded = found["inventoryActivateCodeSelection"]
    text = ACTIVATE.replace("field message", "field message code")
    yield _one("inventoryActivateCodeSelection", recorded, text, World())
    yield from _reactivations(found)


def _reactivations(found: Json) -> Iterator[Case]:
    path = "inventoryActivateActiveAvailable"
    gid = found[path]["variables"]["inventoryItemId"]
    stocked = {"available": 2}
    world = _two_places(gid, first=stocked, second=stocked)
    yield _one(path, found[path], ACTIVATE, world)
    path = "inventoryActivateInactiveAvailable"
    gid = found[path]["variables"]["inventoryItemId"]
    world = _two_places(gid, first=stocked, second=stocked)
    world.stock.activate(world.desk.shop.item(gid).levels[1], active=False)
    yield _one(path, found[path], ACTIVATE, world)


def _set_up(name: str, steps: Json) -> Iterator[Case]:
    """What the recorder did to the shop by mutations that the practice shop serves too."""
    text = document(
        "inventorySetQuantities",
        "inventoryAdjustmentGroup { id changes { name delta quantityAfterChange item { id } "
        "location { id name } } } userErrors { field message code }",
    )
    for step in ("setPrimaryQuantity", "setSecondaryQuantity"):
        if steps.get(step):
            row = steps[step]["variables"]["input"]["quantities"][0]
            world = _two_places(row["inventoryItemId"], second={})
            yield _one(f"setup.{name}.{step}", steps[step], text, world)
    step = "inventoryActivateSecondaryLocation"
    if steps.get(step):
        world = _two_places(steps[step]["variables"]["inventoryItemId"])
        yield _one(f"setup.{name}.{step}", steps[step], ACTIVATE, world)


WINDOWS = "inventory-item-levels-connection-windowing-2026-04"


def windows() -> Iterator[Case]:
    """A story: set, activate, adjust, read, deactivate, read, read a window."""
    found = capture(WINDOWS)
    operations = found["operations"]
    told: list[tuple[str, Json]] = []
    for path in (
        "inventorySet",
        "inventoryActivate",
        "inventoryAdjust",
        "activeRead",
        "inventoryDeactivate",
        "inactiveRead",
        "windowRead",
    ):
        recorded = operations[path]
        world = _window_world(found)
        given = recorded["variables"]
        if path == "windowRead":
            # Cursors hold the shop's own numbers: the same places, in the numbers of this one.
            first = world.stock.items[0].levels[0].sequence
            given |= {"after": cursor(first, first), "before": cursor(first + 32_768, first + 1)}
        told.append((recorded["query"], given))
        ask = _story(world, list(told))
        yield Case(WINDOWS, f"operations.{path}", recorded["response"], ask)


def _window_world(found: Json) -> World:
    world = World()
    places = []
    for name, level in (
        ("sourceLocationAdd", "firstConnectionLevelId"),
        ("destinationLocationAdd", "secondConnectionLevelId"),
    ):
        location = found["operations"][name]["response"]["data"]["locationAdd"]["location"]
        numbers = split_level_gid(found["setup"][level])
        assert numbers is not None
        places.append(world.location(location["id"], location["name"], numbers[0]))
    world.item(found["setup"]["inventoryItemId"], {places[0]: {}})
    return world


def cases() -> Iterator[Case]:
    for group in (contracts, adjustments, names, activations, deactivations, windows):
        yield from group()
