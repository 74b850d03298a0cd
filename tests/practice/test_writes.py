"""What a shop does with a quantity mutation (facts.md §4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.practice.desk import ACTIVATE, LEVELS, Desk, codes, fields


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestAdjust:
    async def test_available_and_on_hand_move_together(self, desk: Desk) -> None:
        before, on_hand = desk.quantity(), desk.quantity("on_hand")
        payload = await desk.adjust(desk.row(delta=4))
        group = payload["inventoryAdjustmentGroup"]
        assert payload["userErrors"] == []
        assert [(c["name"], c["delta"]) for c in group["changes"]] == [
            ("available", 4),
            ("on_hand", 4),
        ]
        assert {c["quantityAfterChange"] for c in group["changes"]} == {None}
        assert group["createdAt"] == "2026-11-23T10:00:00Z"
        assert (desk.quantity(), desk.quantity("on_hand")) == (before + 4, on_hand + 4)

    async def test_nothing_to_change_is_a_success_without_a_group(self, desk: Desk) -> None:
        payload = await desk.adjust(desk.row(delta=0))
        assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}
        assert desk.shop.ledger == []

    async def test_rows_that_change_nothing_are_absent_from_the_group(self, desk: Desk) -> None:
        other = desk.shop.stock.items[1].id
        payload = await desk.adjust(desk.row(delta=0), desk.row(inventoryItemId=other, delta=2))
        changes = payload["inventoryAdjustmentGroup"]["changes"]
        assert {c["item"]["id"] for c in changes} == {other}

    async def test_all_rows_of_the_name_come_before_their_companions(self, desk: Desk) -> None:
        other = desk.shop.stock.items[1].id
        payload = await desk.adjust(desk.row(delta=1), desk.row(inventoryItemId=other, delta=2))
        names = [c["name"] for c in payload["inventoryAdjustmentGroup"]["changes"]]
        assert names == ["available", "available", "on_hand", "on_hand"]

    async def test_one_bad_row_and_nothing_at_all_happens(self, desk: Desk) -> None:
        before = desk.quantity()
        payload = await desk.adjust(
            desk.row(delta=4),
            desk.row(delta=1, inventoryItemId="gid://shopify/InventoryItem/42"),
        )
        assert payload["inventoryAdjustmentGroup"] is None
        assert fields(payload) == [["input", "changes", "1", "inventoryItemId"]]
        assert desk.quantity() == before
        assert desk.shop.ledger == []

    async def test_item_and_location_are_both_reported(self, desk: Desk) -> None:
        payload = await desk.adjust(
            {
                "inventoryItemId": "gid://shopify/InventoryItem/42",
                "locationId": "gid://shopify/Location/43",
                "delta": 1,
                "changeFromQuantity": 0,
            }
        )
        assert codes(payload) == ["INVALID_INVENTORY_ITEM", "INVALID_LOCATION"]

    async def test_a_stale_compare_value_is_refused_with_its_path(self, desk: Desk) -> None:
        before = desk.quantity()
        payload = await desk.adjust(desk.row(delta=1, changeFromQuantity=before + 1))
        assert codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
        assert fields(payload) == [["input", "changes", "0", "changeFromQuantity"]]
        assert desk.quantity() == before

    async def test_the_right_compare_value_is_taken(self, desk: Desk) -> None:
        before = desk.quantity()
        payload = await desk.adjust(desk.row(delta=1, changeFromQuantity=before))
        assert payload["userErrors"] == []
        assert desk.quantity() == before + 1

    async def test_a_compare_value_that_is_not_there_is_no_user_error(self, desk: Desk) -> None:
        row = desk.row(delta=1)
        del row["changeFromQuantity"]
        from tests.practice.desk import ADJUST

        body = await desk.ask(
            ADJUST,
            key="k",
            input={"name": "available", "reason": "correction", "changes": [row]},
        )
        assert body["data"] == {"inventoryAdjustQuantities": None}
        error = body["errors"][0]
        assert error["extensions"] == {"code": "INVALID_FIELD_ARGUMENTS"}
        assert error["message"] == (
            "InventoryChangeInput must include the following argument: changeFromQuantity."
        )
        assert error["path"] == ["inventoryAdjustQuantities"]
        assert len(error["locations"]) == 2

    async def test_damaged_goods_count_as_on_hand_and_need_a_document(self, desk: Desk) -> None:
        refused = await desk.adjust(desk.row(delta=2), name="damaged")
        assert codes(refused) == ["INVALID_QUANTITY_DOCUMENT"]
        on_hand = desk.quantity("on_hand")
        row = desk.row(delta=2, ledgerDocumentUri="https://example.com/1")
        taken = await desk.adjust(row, name="damaged")
        names = [c["name"] for c in taken["inventoryAdjustmentGroup"]["changes"]]
        assert names == ["damaged", "on_hand"]
        assert desk.quantity("on_hand") == on_hand + 2

    async def test_incoming_goods_do_not_count_as_on_hand(self, desk: Desk) -> None:
        on_hand = desk.quantity("on_hand")
        row = desk.row(delta=2, ledgerDocumentUri="https://example.com/1")
        taken = await desk.adjust(row, name="incoming")
        names = [c["name"] for c in taken["inventoryAdjustmentGroup"]["changes"]]
        assert names == ["incoming"]
        assert desk.quantity("on_hand") == on_hand

    @pytest.mark.parametrize(
        ("uris", "name", "code"),
        [
            (("https://x.test/1",), "available", "INVALID_AVAILABLE_DOCUMENT"),
            (("gid://shopify/Order/1",), "reserved", "INTERNAL_LEDGER_DOCUMENT"),
            (("no uri",), "reserved", "INVALID_LEDGER_DOCUMENT"),
            (("https://x.test/1", "https://x.test/2"), "damaged", "MAX_ONE_LEDGER_DOCUMENT"),
        ],
    )
    async def test_ledger_documents(
        self, desk: Desk, uris: tuple[str, ...], name: str, code: str
    ) -> None:
        rows = [desk.row(delta=1, ledgerDocumentUri=uri) for uri in uris]
        assert codes(await desk.adjust(*rows, name=name)) == [code]

    @pytest.mark.parametrize("name", ["on_hand", "committed", "nonsense"])
    async def test_names_that_cannot_be_adjusted(self, desk: Desk, name: str) -> None:
        payload = await desk.adjust(desk.row(delta=1), name=name)
        assert codes(payload) == ["INVALID_QUANTITY_NAME"]
        assert fields(payload) == [["input", "name"]]

    async def test_reasons_come_from_a_list(self, desk: Desk) -> None:
        payload = await desk.adjust(desk.row(delta=1), reason="")
        assert codes(payload) == ["INVALID_REASON"]
        assert "correction, cycle_count_available" in payload["userErrors"][0]["message"]

    async def test_a_reference_needs_a_scheme(self, desk: Desk) -> None:
        refused = await desk.adjust(desk.row(delta=1), referenceDocumentUri="run 42")
        assert codes(refused) == ["INVALID_REFERENCE_DOCUMENT"]
        taken = await desk.adjust(desk.row(delta=1), referenceDocumentUri="gid://dextre/Run/42")
        assert taken["inventoryAdjustmentGroup"]["referenceDocumentUri"] == "gid://dextre/Run/42"

    async def test_the_result_has_bounds(self, desk: Desk) -> None:
        high = await desk.adjust(desk.row(delta=2_000_000_001))
        low = await desk.adjust(desk.row(delta=-2_000_000_100))
        assert codes(high) == ["INVALID_QUANTITY_TOO_HIGH"]
        assert codes(low) == ["INVALID_QUANTITY_TOO_LOW"]

    async def test_stock_may_go_below_zero(self, desk: Desk) -> None:
        before = desk.quantity()
        await desk.adjust(desk.row(delta=-before - 5))
        assert desk.quantity() == -5

    async def test_the_same_cell_twice_adds_up(self, desk: Desk) -> None:
        before = desk.quantity()
        await desk.adjust(desk.row(delta=2), desk.row(delta=3))
        assert desk.quantity() == before + 5


class TestSet:
    async def test_the_number_is_what_was_said(self, desk: Desk) -> None:
        await desk.set(desk.row(quantity=77))
        assert desk.quantity() == 77

    async def test_the_same_number_again_has_no_group(self, desk: Desk) -> None:
        payload = await desk.set(desk.row(quantity=desk.quantity()))
        assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}

    async def test_setting_on_hand_moves_available_as_much(self, desk: Desk) -> None:
        desk.shop.sell(desk.sku, desk.location, 1)
        available, on_hand = desk.quantity(), desk.quantity("on_hand")
        payload = await desk.set(
            desk.row(quantity=on_hand + 3, changeFromQuantity=on_hand), name="on_hand"
        )
        assert payload["userErrors"] == []
        assert desk.quantity() == available + 3
        assert desk.quantity("committed") >= 1

    @pytest.mark.parametrize(
        ("name", "quantity", "code"),
        [
            ("on_hand", -1, "INVALID_QUANTITY_NEGATIVE"),
            ("available", 1_000_000_001, "INVALID_QUANTITY_TOO_HIGH"),
            ("available", -1_000_000_001, "INVALID_QUANTITY_TOO_LOW"),
        ],
    )
    async def test_bounds(self, desk: Desk, name: str, quantity: int, code: str) -> None:
        payload = await desk.set(desk.row(quantity=quantity), name=name)
        assert codes(payload) == [code]
        assert fields(payload) == [["input", "quantities", "0", "quantity"]]

    async def test_available_may_be_set_below_zero(self, desk: Desk) -> None:
        await desk.set(desk.row(quantity=-7))
        assert desk.quantity() == -7

    async def test_only_two_names_can_be_set(self, desk: Desk) -> None:
        assert codes(await desk.set(desk.row(quantity=1), name="damaged")) == ["INVALID_NAME"]

    async def test_the_same_cell_twice_is_refused_on_both_rows(self, desk: Desk) -> None:
        payload = await desk.set(desk.row(quantity=1), desk.row(quantity=2))
        assert codes(payload) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"] * 2
        assert [field[2] for field in fields(payload)] == ["0", "1"]

    async def test_a_stale_row_stops_the_whole_batch(self, desk: Desk) -> None:
        other = desk.shop.stock.items[1].id
        before = desk.quantity(item=other)
        payload = await desk.set(
            desk.row(quantity=1, inventoryItemId=other),
            desk.row(quantity=2, changeFromQuantity=-99),
        )
        assert fields(payload) == [["input", "quantities", "1", "changeFromQuantity"]]
        assert desk.quantity(item=other) == before


class TestItemsThatCannotTakePart:
    @pytest.fixture
    def odd(self) -> Desk:
        return Desk(
            oddities={
                "bundle",
                "untracked",
                "unstocked",
                "inactive_level",
                "fulfillment_location",
                "inactive_location",
            }
        )

    async def test_a_bundle_cannot_be_written(self, odd: Desk) -> None:
        bundle = odd.shop.item("ODD-BUNDLE").id
        payload = await odd.adjust(odd.row(delta=1, inventoryItemId=bundle))
        assert codes(payload) == ["NON_MUTABLE_INVENTORY_ITEM"]

    async def test_an_untracked_item_takes_it_and_nothing_happens(self, odd: Desk) -> None:
        item = odd.shop.item("ODD-UNTRACKED").id
        before = odd.quantity(item=item)
        payload = await odd.adjust(odd.row(delta=1, inventoryItemId=item))
        assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}
        assert odd.quantity(item=item) == before

    async def test_tracking_can_be_switched_on(self, odd: Desk) -> None:
        item = odd.shop.item("ODD-UNTRACKED").id
        body = await odd.ask(
            "mutation T($id: ID!) { inventoryItemUpdate(id: $id, input: {tracked: true}) {"
            " inventoryItem { tracked } userErrors { field message } } }",
            id=item,
        )
        assert body["data"]["inventoryItemUpdate"]["inventoryItem"] == {"tracked": True}
        payload = await odd.adjust(odd.row(delta=1, inventoryItemId=item))
        assert payload["inventoryAdjustmentGroup"] is not None

    async def test_a_write_where_it_is_not_stocked_is_not_seen(self, odd: Desk) -> None:
        item = odd.shop.item("ODD-UNSTOCKED").id
        place = odd.shop.stock.locations[1].id
        payload = await odd.set(odd.row(quantity=5, inventoryItemId=item, locationId=place))
        assert payload["userErrors"] == []
        seen = {}
        for inactive in (False, True):
            body = await odd.ask(LEVELS, loc=place, inactive=inactive)
            nodes = body["data"]["location"]["inventoryLevels"]["nodes"]
            seen[inactive] = [n["isActive"] for n in nodes if n["item"]["id"] == item]
        assert seen == {False: [], True: [False]}

    async def test_an_inactive_level_can_be_adjusted(self, odd: Desk) -> None:
        item = odd.shop.item("ODD-INACTIVE")
        place = odd.shop.stock.locations[1]
        before = odd.shop.quantity(item.id, place.id)
        await odd.adjust(odd.row(delta=2, inventoryItemId=item.id, locationId=place.id))
        assert odd.shop.quantity(item.id, place.id) == before + 2

    @pytest.mark.parametrize("name", ["Rakuraku 3PL", "旧・池袋店"])
    async def test_places_that_cannot_be_written(self, odd: Desk, name: str) -> None:
        place = odd.shop.location(name).id
        payload = await odd.adjust(odd.row(delta=1, locationId=place))
        assert codes(payload) == ["INVALID_LOCATION"]


class TestActivation:
    async def activate(
        self, desk: Desk, item: str, place: str, qty: int | None
    ) -> dict[str, object]:
        body = await desk.ask(ACTIVATE, item=item, loc=place, qty=qty, key=desk.new_key())
        payload: dict[str, object] = body["data"]["inventoryActivate"]
        return payload

    async def test_an_active_level_comes_back_unchanged_with_an_error(self, desk: Desk) -> None:
        before = desk.quantity()
        payload = await self.activate(desk, desk.item, desk.location, before + 1)
        assert payload["inventoryLevel"]["quantities"] == [{"quantity": before}]  # type: ignore[index]
        assert payload["userErrors"] == [
            {
                "field": ["available"],
                "message": "Not allowed to set available quantity when the item is already "
                "active at the location.",
            }
        ]
        assert desk.quantity() == before

    async def test_deactivating_keeps_the_quantity_for_later(self, desk: Desk) -> None:
        before = desk.quantity()
        level = desk.shop.stock.items[0].levels[0]
        body = await desk.ask(
            "mutation D($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) {"
            " userErrors { field message } } }",
            id=level.id,
        )
        assert body["data"]["inventoryDeactivate"]["userErrors"] == []
        assert not level.is_active
        payload = await self.activate(desk, desk.item, desk.location, None)
        assert payload["inventoryLevel"]["quantities"] == [{"quantity": before}]  # type: ignore[index]

    async def test_the_last_place_is_kept(self) -> None:
        desk = Desk(locations=1)
        level = desk.shop.stock.items[0].levels[0]
        body = await desk.ask(
            "mutation D($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) {"
            " userErrors { field message } } }",
            id=level.id,
        )
        (error,) = body["data"]["inventoryDeactivate"]["userErrors"]
        assert "at a minimum of 1 location" in error["message"]
        assert level.is_active


class TestMove:
    MOVE = """mutation M($input: InventoryMoveQuantitiesInput!, $key: String!) {
      inventoryMoveQuantities(input: $input) @idempotent(key: $key) {
        inventoryAdjustmentGroup { changes { name delta ledgerDocumentUri } }
        userErrors { field code } } }"""

    async def move(self, desk: Desk, **ends: dict[str, object]) -> dict[str, object]:
        base: dict[str, object] = {"locationId": desk.location, "changeFromQuantity": None}
        document = "https://example.com/qc"
        body = await desk.ask(
            self.MOVE,
            key=desk.new_key(),
            input={
                "reason": "quality_control",
                "referenceDocumentUri": "https://example.com/run",
                "changes": [
                    {
                        "inventoryItemId": desk.item,
                        "quantity": 2,
                        "from": {**base, "name": "available", **ends.get("source", {})},
                        "to": {
                            **base,
                            "name": "quality_control",
                            "ledgerDocumentUri": document,
                            **ends.get("target", {}),
                        },
                    }
                ],
            },
        )
        payload: dict[str, object] = body["data"]["inventoryMoveQuantities"]
        return payload

    async def test_moving_inside_the_house_leaves_on_hand(self, desk: Desk) -> None:
        before = (desk.quantity(), desk.quantity("on_hand"))
        payload = await self.move(desk)
        names = [c["name"] for c in payload["inventoryAdjustmentGroup"]["changes"]]  # type: ignore[index]
        assert names == ["available", "quality_control"]
        assert (desk.quantity(), desk.quantity("on_hand")) == (before[0] - 2, before[1])

    async def test_places_must_be_the_same(self, desk: Desk) -> None:
        payload = await self.move(desk, target={"locationId": desk.shop.stock.locations[1].id})
        assert codes(payload) == ["DIFFERENT_LOCATIONS"]


SALES: list[tuple[Callable[[Desk], None], int, int, int]] = [
    (lambda d: d.shop.sell(d.sku, d.location, 2), -2, 2, 0),
    (lambda d: d.shop.restock(d.sku, d.location, 5), 5, 0, 5),
    (lambda d: d.shop.fulfil(d.sku, d.location, 1), 0, -1, -1),
    (lambda d: d.shop.set_available(d.sku, d.location, d.quantity() + 9), 9, 0, 9),
]


@pytest.mark.parametrize(("happens", "available", "committed", "on_hand"), SALES)
async def test_life_without_the_api(
    desk: Desk, happens: Callable[[Desk], None], available: int, committed: int, on_hand: int
) -> None:
    names = ("available", "committed", "on_hand")
    before = [desk.quantity(name) for name in names]
    desk.clock.passed += 60
    happens(desk)
    after = [desk.quantity(name) for name in names]
    moved = [b - a for a, b in zip(before, after, strict=True)]
    assert moved == [available, committed, on_hand]
    assert desk.shop.stock.items[0].levels[0].updated_at == int(desk.clock.now().timestamp())
