"""The recorded answers of a real shop, compared with this one's.

For each recorded request that the practice shop serves, the world is rebuilt (same item and
location ids, same quantities), the same document and variables are sent, and the answers must agree
in shape, values, codes, messages, paths and cost; only what a shop makes up (group ids, times,
cursors, the fill of the bucket) may differ.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.practice.identifiers import split_gid, split_level_gid
from core.practice.state import INDEX, Item, Location, Product, Stock, Variant
from tests.practice.desk import Desk

FOLDER = Path(
    os.environ.get("DEXTRE_SYNC_CAPTURES")
    or Path(__file__).resolve().parents[3] / "shared/shopify/captures"
)
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the recorded answers are not at hand; set DEXTRE_SYNC_CAPTURES to their folder",
)

SERVED = re.compile(r"\b(inventory(Set|Adjust|Move|SetOnHand)Quantities|inventory(Dea|A)ctivate)\b")
MADE_UP = re.compile(
    r"gid://shopify/InventoryAdjustmentGroup/\d+|\d{4}-\d\d-\d\dT[\d:]+Z|eyJ[\w=]+"
)

GROUP = """inventoryAdjustmentGroup { id createdAt reason referenceDocumentUri
      changes { name delta quantityAfterChange item { id } location { id name } } }"""


def capture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def compared(answer: Any) -> Any:
    """The answer without what every shop makes up for itself."""
    if isinstance(answer, dict):
        return {
            key: compared(value)
            for key, value in answer.items()
            if key not in ("throttleStatus", "locations")
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
        location = Location(number_of(gid), level_number, name, created_at=0)
        self.stock.add_location(location)
        return location

    def item(self, gid: str, quantities: dict[Location, dict[str, int]]) -> Item:
        number = number_of(gid)
        product = Product(number + 1, "Recorded", f"recorded-{number}", "", "", 0)
        item = Item(number, None, True, 0, 0)
        self.stock.add_product(product)
        self.stock.add_variant(
            Variant(number + 2, product, item, "Default Title", (), None, 1, "1.00")
        )
        for location, opening in quantities.items():
            self.stock.stock_at(item, location, opening=opening)
        return item

    async def ask(self, document: str, variables: dict[str, Any]) -> Any:
        return compared((await self.desk.post(document, variables)).json())


def number_of(gid: str) -> int:
    found = split_gid(gid)
    assert found is not None
    return found[1]


PRIMARY = ("gid://shopify/Location/106318430514", "Shop location", 143273001266)
SECONDARY = ("gid://shopify/Location/106318463282", "My Custom Location", 143273034034)


def document(name: str, variables: dict[str, Any], selection: str, *, key: bool = True) -> str:
    """Where a recording does not keep its document: the one that its answer shows."""
    kind = name[0].upper() + name[1:]
    declared = "$idempotencyKey: String!" if key else ""
    directive = "@idempotent(key: $idempotencyKey)" if key else ""
    return (
        f"mutation M($input: {kind}Input!{declared}) {{\n    {name}(input: $input) {directive} "
        f"{{ {selection} }} }}"
    )


class TestQuantityContracts:
    """inventory-quantity-contracts-2026-04"""

    ITEM = "gid://shopify/InventoryItem/53469430055218"

    def world(self, available: int) -> World:
        world = World()
        primary = world.location(*PRIMARY)
        world.item(self.ITEM, {primary: {"available": available}})
        return world

    @pytest.mark.parametrize(
        ("case", "name", "before", "after"),
        [
            ("inventorySetQuantities", "inventorySetQuantities", 0, 5),
            ("inventoryAdjustQuantities", "inventoryAdjustQuantities", 5, 7),
            ("inventorySetOnHandQuantities", "inventorySetOnHandQuantities", 7, 9),
        ],
    )
    async def test_successes(self, case: str, name: str, before: int, after: int) -> None:
        recorded = capture("inventory-quantity-contracts-2026-04")[case]
        world = self.world(before)
        selection = f"{GROUP} userErrors {{ field message code }}"
        given = recorded["variables"]
        answer = await world.ask(document(name, given, selection), given)
        assert answer == compared(recorded["response"])
        assert world.desk.shop.quantity(self.ITEM, PRIMARY[0]) == after

    @pytest.mark.parametrize("what", ["Set", "SetOnHand", "Adjust"])
    async def test_the_missing_directive(self, what: str) -> None:
        recorded = capture("inventory-quantity-contracts-2026-04")[f"missing{what}Idempotency"]
        given = {"input": recorded["variables"]["input"]}
        text = document(
            f"inventory{what}Quantities",
            given,
            "inventoryAdjustmentGroup { id } userErrors { field message code }",
            key=False,
        )
        assert await self.world(7).ask(text, given) == compared(recorded["response"])

    @pytest.mark.parametrize("what", ["Set", "SetOnHand", "Adjust"])
    async def test_the_missing_compare_value(self, what: str) -> None:
        case = f"missing{what}ChangeFromQuantity"
        recorded = capture("inventory-quantity-contracts-2026-04")[case]
        given = recorded["variables"]
        has_key = "idempotencyKey" in given
        selection = (
            GROUP if recorded["response"]["extensions"]["cost"]["requestedQueryCost"] > 10 else ""
        )
        text = document(
            f"inventory{what}Quantities",
            given,
            f"{selection} userErrors {{ field message code }}",
            key=has_key,
        )
        response = await self.world(7).desk.post(text, given)
        assert compared(response.json()) == compared(recorded["response"])
        assert len(response.json()["errors"][0]["locations"]) == 2

    async def test_a_field_of_another_version(self) -> None:
        recorded = capture("inventory-quantity-contracts-2026-04")["legacySetShape"]
        given = recorded["variables"]
        text = document("inventorySetQuantities", given, "userErrors { field message code }")
        assert await self.world(0).ask(text, given) == compared(recorded["response"])

    def cases(self) -> Iterator[tuple[str, dict[str, Any]]]:
        found = capture("inventory-quantity-contracts-2026-04")["unknownIdValidation"]
        for name, recorded in found.items():
            if isinstance(recorded, dict):
                yield name, recorded

    async def test_unknown_ids_bounds_and_reasons(self) -> None:
        compared_cases = 0
        for name, recorded in self.cases():
            (root,) = recorded["response"]["data"]
            text = document(
                root,
                recorded["variables"],
                "inventoryAdjustmentGroup { id } userErrors { field message code }",
            )
            answer = await self.world(9).ask(text, recorded["variables"])
            assert answer == compared(recorded["response"]), name
            compared_cases += 1
        assert compared_cases >= 10


class TestDocumentsOfTheLedger:
    """inventory-adjust-ledger-document-validation, …-zero-delta-noop, …-on-hand-name-mirrors"""

    CHANGES = (
        "changes { name delta quantityAfterChange ledgerDocumentUri item { id } location { id } }"
    )

    def world(self, recorded: dict[str, Any]) -> World:
        world = World()
        primary = world.location(*PRIMARY)
        rows = recorded["variables"]["input"]["changes"]
        for gid in dict.fromkeys(row["inventoryItemId"] for row in rows):
            world.item(gid, {primary: {}})
        return world

    @pytest.mark.parametrize(
        ("file", "case", "selection"),
        [
            *(
                ("inventory-adjust-ledger-document-validation", case, "id createdAt reason")
                for case in (
                    "missingLedgerDocument",
                    "availableLedgerDocument",
                    "internalLedgerDocument",
                    "maxOneLedgerDocument",
                    "validNonAvailableLedgerDocument",
                )
            ),
            *(
                ("inventory-adjust-on-hand-name-mirrors", case, "reason")
                for case in ("damaged", "reserved", "qualityControl", "safetyStock", "incoming")
            ),
        ],
    )
    async def test_adjusting_other_names(self, file: str, case: str, selection: str) -> None:
        found = capture(file)
        recorded = found.get("cases", found)[case]
        text = document(
            "inventoryAdjustQuantities",
            recorded["variables"],
            f"inventoryAdjustmentGroup {{ {selection} {self.CHANGES} }} "
            "userErrors { field message code }",
        )
        answer = await self.world(recorded).ask(text, recorded["variables"])
        assert answer == compared(recorded["response"])

    @pytest.mark.parametrize("case", ["allZero", "mixedZeroAndNonzero"])
    async def test_zero_deltas(self, case: str) -> None:
        recorded = capture("inventory-adjust-zero-delta-noop")[case]
        changes = self.CHANGES.replace("ledgerDocumentUri ", "")
        text = document(
            "inventoryAdjustQuantities",
            recorded["variables"],
            f"inventoryAdjustmentGroup {{ reason referenceDocumentUri {changes} }} "
            "userErrors { field message code }",
        )
        answer = await self.world(recorded).ask(text, recorded["variables"])
        assert answer == compared(recorded["response"])


@pytest.mark.parametrize(
    "case", ["adjustOnHand", "adjustCommitted", "moveOnHand", "moveCommitted", "setOnHand"]
)
async def test_names_that_are_allowed(case: str) -> None:
    recorded = capture("inventory-adjust-name-allowlist")["cases"][case]
    world = World()
    primary = world.location(*PRIMARY)
    world.item("gid://shopify/InventoryItem/53237602877746", {primary: {}})
    answer = await world.ask(recorded["query"], recorded["variables"])
    assert answer == compared(recorded["response"])


async def test_unknown_item_and_location_at_once() -> None:
    recorded = capture("inventory-existence-validation")["adjustUnknownInventoryItem"]
    answer = await World().ask(recorded["query"], recorded["variables"])
    assert answer == compared(recorded["response"])


async def test_activating_with_on_hand() -> None:
    """One story of five requests, in their order."""
    found = capture("inventory-activate-on-hand")
    world = World()
    primary, _secondary = world.location(*PRIMARY), world.location(*SECONDARY)
    for product in found["setup"].values():
        world.item(product["inventoryItemId"], {primary: {}})
    for name, recorded in found["cases"].items():
        answer = await world.ask(recorded["query"], recorded["variables"])
        assert answer == compared(recorded["response"]), name


class TestActivationAndDeactivation:
    """inventory-deactivate-validation-2026-04"""

    def world(self, *items: str) -> World:
        world = World()
        primary, secondary = world.location(*PRIMARY), world.location(*SECONDARY)
        for gid in items:
            world.item(gid, {primary: {"available": 2}, secondary: {"available": 1}})
        return world

    @pytest.mark.parametrize(
        "case",
        [
            "inventoryDeactivateCommitted",
            "inventoryDeactivateIncomingReserved",
            "inventoryDeactivateOnlyLocation",
            "inventoryDeactivateMissingLevel",
            "inventoryDeactivateDeletedLocation",
        ],
    )
    async def test_deactivating(self, case: str) -> None:
        recorded = capture("inventory-deactivate-validation-2026-04")[case]
        numbers = split_level_gid(recorded["variables"]["inventoryLevelId"])
        assert numbers is not None
        world = World()
        places = [world.location(*PRIMARY)]
        if "OnlyLocation" not in case:
            places.append(world.location(*SECONDARY))
        if "MissingLevel" not in case:
            world.item(
                f"gid://shopify/InventoryItem/{numbers[1]}",
                {place: {"available": 1, "committed": 1, "incoming": 1} for place in places},
            )
        text = (
            "mutation D($inventoryLevelId: ID!, $idempotencyKey: String!) {\n"
            "  inventoryDeactivate(inventoryLevelId: $inventoryLevelId)\n"
            "    @idempotent(key: $idempotencyKey) { userErrors { field message } } }"
        )
        answer = await world.ask(text, recorded["variables"])
        assert answer == compared(recorded["response"])

    async def test_activating_what_is_active(self) -> None:
        recorded = capture("inventory-deactivate-validation-2026-04")
        given = recorded["inventoryActivateActiveAvailable"]
        world = self.world(given["variables"]["inventoryItemId"])
        answer = await world.ask(self.ACTIVATE, given["variables"])
        assert answer == compared(given["response"])

    ACTIVATE = """mutation InventoryDeactivateValidationActivateCodeSelection(
      $inventoryItemId: ID!, $locationId: ID!, $available: Int, $idempotencyKey: String!) {
      inventoryActivate(inventoryItemId: $inventoryItemId, locationId: $locationId,
        available: $available) @idempotent(key: $idempotencyKey) {
        inventoryLevel { id isActive location { id name } item { id } }
        userErrors { field message } } }"""

    async def test_coming_back(self) -> None:
        recorded = capture("inventory-deactivate-validation-2026-04")
        given = recorded["inventoryActivateInactiveAvailable"]
        item = given["variables"]["inventoryItemId"]
        world = self.world(item)
        level = world.desk.shop.item(item).levels[1]
        world.stock.activate(level, active=False)
        answer = await world.ask(self.ACTIVATE, given["variables"])
        assert answer == compared(given["response"])
        assert level.quantities[INDEX["available"]] == 7

    async def test_a_code_that_the_type_has_not(self) -> None:
        recorded = capture("inventory-deactivate-validation-2026-04")
        given = recorded["inventoryActivateCodeSelection"]
        text = self.ACTIVATE.replace("field message", "field message code")
        answer = await self.world().ask(text, given["variables"])
        assert answer == compared(given["response"]["payload"])


class TestWindows:
    """inventory-item-levels-connection-windowing-2026-04: listings, filters, cursors"""

    def world(self, found: dict[str, Any]) -> World:
        operations = found["operations"]
        world = World()
        places = []
        for name, level in (
            ("sourceLocationAdd", "firstConnectionLevelId"),
            ("destinationLocationAdd", "secondConnectionLevelId"),
        ):
            location = operations[name]["response"]["data"]["locationAdd"]["location"]
            numbers = split_level_gid(found["setup"][level])
            assert numbers is not None
            places.append(world.location(location["id"], location["name"], numbers[0]))
        world.item(
            found["setup"]["inventoryItemId"],
            {places[0]: {"available": 4}, places[1]: {"available": 10}},
        )
        return world

    async def test_listing_while_both_are_active(self) -> None:
        found = capture("inventory-item-levels-connection-windowing-2026-04")
        recorded = found["operations"]["activeRead"]
        world = self.world(found)
        answer = await world.ask(recorded["query"], recorded["variables"])
        assert answer == compared(recorded["response"])

    async def test_listing_when_one_is_not(self) -> None:
        found = capture("inventory-item-levels-connection-windowing-2026-04")
        recorded = found["operations"]["inactiveRead"]
        world = self.world(found)
        world.stock.activate(world.stock.items[0].levels[0], active=False)
        answer = await world.ask(recorded["query"], recorded["variables"])
        assert answer == compared(recorded["response"])

    async def test_windows_after_and_before_a_cursor(self) -> None:
        found = capture("inventory-item-levels-connection-windowing-2026-04")
        recorded = found["operations"]["windowRead"]
        world = self.world(found)
        levels = world.stock.items[0].levels
        world.stock.activate(levels[0], active=False)
        from core.practice.paging import cursor

        given = {
            **recorded["variables"],
            "after": cursor(levels[0].sequence, levels[0].sequence),
            "before": cursor(levels[1].sequence, levels[1].sequence),
        }
        assert await world.ask(recorded["query"], given) == compared(recorded["response"])
