"""Listings, direct reads, searches and lag (facts.md §5)."""

from __future__ import annotations

from typing import Any

import pytest

from core.practice.search import Field, parse_search
from tests.practice.desk import LEVELS, RECHECK, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def rows(body: dict[str, Any]) -> list[str]:
    return [n["item"]["sku"] for n in body["data"]["location"]["inventoryLevels"]["nodes"]]


class TestByIds:
    async def test_order_is_kept_and_the_unknown_is_null(self, desk: Desk) -> None:
        ids = [item.id for item in desk.shop.stock.items[:3]]
        asked = [ids[2], "gid://shopify/InventoryItem/1", ids[0]]
        body = await desk.ask(RECHECK, ids=asked, loc=desk.location)
        assert [n and n["id"] for n in body["data"]["nodes"]] == [ids[2], None, ids[0]]

    async def test_times_are_whole_seconds_and_on_hand_has_none(self, desk: Desk) -> None:
        desk.clock.passed += 5.9
        desk.shop.sell(desk.sku, desk.location, 1)
        body = await desk.ask(RECHECK, ids=[desk.item], loc=desk.location)
        level = body["data"]["nodes"][0]["inventoryLevel"]
        assert level["updatedAt"] == "2026-11-23T10:00:06Z"
        assert [q["updatedAt"] for q in level["quantities"]] == ["2026-11-23T10:00:06Z", None]

    async def test_where_it_is_not_stocked_there_is_no_level(self) -> None:
        desk = Desk(oddities={"unstocked"})
        item = desk.shop.item("ODD-UNSTOCKED").id
        place = desk.shop.stock.locations[1].id
        body = await desk.ask(RECHECK, ids=[item], loc=place)
        assert body["data"]["nodes"][0]["inventoryLevel"] is None

    async def test_more_than_250_are_refused_before_anything_runs(self, desk: Desk) -> None:
        body = await desk.ask(RECHECK, ids=[desk.item] * 251, loc=desk.location)
        assert "data" not in body
        (error,) = body["errors"]
        assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
        assert error["path"] == ["nodes", "ids"]
        assert body["extensions"]["cost"]["actualQueryCost"] is None

    async def test_250_are_taken_and_cost_three_points(self) -> None:
        desk = Desk(variants=250)
        ids = [item.id for item in desk.shop.stock.items]
        body = await desk.ask(RECHECK, ids=ids, loc=desk.location)
        assert len(body["data"]["nodes"]) == 250
        cost = body["extensions"]["cost"]
        assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (3, 3)

    async def test_a_write_of_251_names_its_list(self, desk: Desk) -> None:
        from tests.practice.desk import ADJUST

        given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=1)] * 251}
        body = await desk.ask(ADJUST, input=given, key="k")
        assert body["errors"][0]["path"] == ["inventoryAdjustQuantities", "input", "changes"]
        assert desk.shop.ledger == []


class TestPages:
    async def test_every_row_once_though_the_stock_changes_between(self) -> None:
        desk = Desk(variants=600)
        seen: list[str] = []
        after = None
        while True:
            body = await desk.ask(LEVELS, loc=desk.location, after=after)
            seen += rows(body)
            desk.shop.sell(desk.sku, desk.location, 1)
            page = body["data"]["location"]["inventoryLevels"]["pageInfo"]
            if not page["hasNextPage"]:
                break
            after = page["endCursor"]
        assert len(seen) == 600
        assert len(set(seen)) == 600

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ("", "you must provide one of first or last"),
            ("(first: 251)", "first cannot exceed 250"),
            ('(first: 1, after: "nonsense")', "Invalid cursor"),
        ],
    )
    async def test_what_a_page_may_be_asked(self, desk: Desk, arguments: str, message: str) -> None:
        body = await desk.ask(f"{{ locations{arguments} {{ nodes {{ id }} }} }}")
        assert message in body["errors"][0]["message"]
        assert body["data"] is None

    async def test_a_listing_ends_at_25000_rows(self) -> None:
        from core.practice.paging import cursor, paginate

        many = range(1, 25_300)
        page = paginate(many, identify=int, first=250, after=cursor(24_999, 24_999))
        assert page.nodes[0] == 25_000
        with pytest.raises(Exception, match="25000th"):
            paginate(many, identify=int, first=250, after=cursor(25_000, 25_000))

    async def test_backwards_and_reversed(self, desk: Desk) -> None:
        body = await desk.ask(
            "{ up: productVariants(first: 2, reverse: true) { nodes { sku } pageInfo { endCursor"
            " hasNextPage } } down: productVariants(last: 2) { nodes { sku } pageInfo {"
            " hasPreviousPage hasNextPage } } }"
        )
        skus = [item.sku for item in desk.shop.stock.items]
        up, down = body["data"]["up"], body["data"]["down"]
        assert [n["sku"] for n in up["nodes"]] == [skus[-1], skus[-2]]
        assert [n["sku"] for n in down["nodes"]] == skus[-2:]
        assert down["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}
        body = await desk.ask(
            "query P($c: String) { productVariants(first: 2, reverse: true, after: $c) {"
            " nodes { sku } } }",
            c=up["pageInfo"]["endCursor"],
        )
        nodes = body["data"]["productVariants"]["nodes"]
        assert [n["sku"] for n in nodes] == [skus[-3], skus[-4]]


class TestLocations:
    ALL = """{ some: locations(first: 9) { nodes { name } }
      every: locations(first: 9, includeInactive: true, includeLegacy: true) {
        nodes { name isActive isFulfillmentService } } }"""

    async def test_deactivated_and_fulfilment_places_are_asked_for(self) -> None:
        desk = Desk(oddities={"fulfillment_location", "inactive_location"})
        data = (await desk.ask(self.ALL))["data"]
        assert [n["name"] for n in data["some"]["nodes"]] == ["Osaka Store", "東京倉庫"]
        marks = {
            n["name"]: (n["isActive"], n["isFulfillmentService"]) for n in data["every"]["nodes"]
        }
        assert marks["Rakuraku 3PL"] == (True, True)
        assert marks["旧・池袋店"] == (False, False)


class TestSearching:
    async def test_an_unknown_filter_is_ignored_with_a_warning(self, desk: Desk) -> None:
        body = await desk.ask(LEVELS, loc=desk.location, q="location_id:5")
        assert len(rows(body)) == 6
        assert body["extensions"]["search"] == [
            {
                "path": ["location", "inventoryLevels"],
                "query": "location_id:5",
                "parsed": {"field": "location_id", "match_all": "5"},
                "warnings": [
                    {
                        "field": "location_id",
                        "message": "Invalid search field for this query.",
                        "code": "invalid_field",
                    }
                ],
            }
        ]

    @pytest.mark.parametrize(
        "query", ["updated_at:>yesterday", "updated_at:>=2026-11-23T10:00:00Z", "id:abc"]
    )
    async def test_a_bad_value_is_ignored_with_a_warning(self, desk: Desk, query: str) -> None:
        body = await desk.ask(LEVELS, loc=desk.location, q=query)
        assert len(rows(body)) == 6
        (found,) = body["extensions"]["search"]
        assert [w["code"] for w in found["warnings"]] == ["invalid_value"]

    async def test_a_good_filter_has_no_warning(self, desk: Desk) -> None:
        number = desk.shop.stock.items[2].number
        body = await desk.ask(LEVELS, loc=desk.location, q=f"inventory_item_id:{number}")
        assert rows(body) == [desk.shop.stock.items[2].sku]
        assert "search" not in body["extensions"]

    async def test_what_changed_since(self, desk: Desk) -> None:
        desk.clock.passed += 100
        changed = [desk.shop.stock.items[4], desk.shop.stock.items[1]]
        for item in changed:
            desk.shop.sell(item.sku or "", desk.location, 1)
        for operator, expected in ((">=", 2), (">", 0), ("<", 4)):
            query = f"updated_at:{operator}'2026-11-23T10:01:40Z'"
            body = await desk.ask(LEVELS, loc=desk.location, q=query)
            assert len(rows(body)) == expected, operator
        body = await desk.ask(LEVELS, loc=desk.location, q="updated_at:>='2026-11-23T10:01:40Z'")
        assert rows(body) == [changed[1].sku, changed[0].sku]  # cursor order, not time

    VALUES = ("TEE-NV-M", "TEE-NV-L", "TEE-WH-M", "tee-nv-m", "")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("sku:TEE-NV-M", ["TEE-NV-M", "tee-nv-m"]),
            ("sku:'tee nv'", ["TEE-NV-M", "TEE-NV-L", "tee-nv-m"]),
            ("sku:TEE-N*", ["TEE-NV-M", "TEE-NV-L", "tee-nv-m"]),
            ("sku:TEE -sku:NV", ["TEE-WH-M"]),
            ("sku:TEE NOT sku:NV", ["TEE-WH-M"]),
            ("sku:NV AND sku:L", ["TEE-NV-L"]),
            ("sku:WH OR sku:L", ["TEE-NV-L", "TEE-WH-M"]),
            ("sku:TEE (sku:WH OR sku:L)", ["TEE-NV-L", "TEE-WH-M"]),
            ("-(sku:TEE)", [""]),
            ("", list(VALUES)),
            ("wh", ["TEE-WH-M"]),
            ("length:>5", list(VALUES[:4])),
        ],
    )
    def test_grammar(self, query: str, found: list[str]) -> None:
        fields = {"sku": Field("text", str), "length": Field("number", len)}
        search = parse_search(query, fields, ("sku",))
        assert [value for value in self.VALUES if search.matches(value)] == found
        assert search.warnings == []

    def test_a_bound_inside_an_or_does_not_hide_rows(self) -> None:
        fields = {"updated_at": Field("date", int), "id": Field("number", int)}
        assert parse_search("updated_at:>'2026-01-01' OR id:1", fields).updated_since is None
        assert parse_search("id:1 OR updated_at:>'2026-01-01'", fields).updated_since is None
        assert parse_search("-(updated_at:>'2026-01-01')", fields).updated_since is None
        assert parse_search("-updated_at:>'2026-01-01'", fields).updated_since is None
        assert parse_search("updated_at:>'2026-01-01' id:1", fields).updated_since is not None


class TestLag:
    async def level(self, desk: Desk) -> dict[str, Any]:
        body = await desk.ask(RECHECK, ids=[desk.item], loc=desk.location)
        level: dict[str, Any] = body["data"]["nodes"][0]["inventoryLevel"]
        return level

    async def test_reads_may_show_what_was(self, desk: Desk) -> None:
        desk.shop.faults.lag = 3
        before = desk.quantity()
        desk.clock.passed += 10
        desk.shop.sell(desk.sku, desk.location, 1)
        desk.clock.passed += 2
        desk.shop.sell(desk.sku, desk.location, 1)
        shown = []
        for _ in range(3):
            level = await self.level(desk)
            shown.append((level["quantities"][0]["quantity"], level["updatedAt"][-3:-1]))
            desk.clock.passed += 2
        assert shown == [(before, "00"), (before - 1, "10"), (before - 2, "12")]

    async def test_the_index_may_lag_while_reads_are_fresh(self, desk: Desk) -> None:
        desk.shop.faults.index_lag = 5
        desk.clock.passed += 60
        before = desk.quantity()
        desk.shop.sell(desk.sku, desk.location, 1)
        query = "updated_at:>='2026-11-23T10:01:00Z'"
        assert rows(await desk.ask(LEVELS, loc=desk.location, q=query)) == []
        assert (await self.level(desk))["quantities"][0]["quantity"] == before - 1
        desk.clock.passed += 6
        assert rows(await desk.ask(LEVELS, loc=desk.location, q=query)) == [desk.sku]

    async def test_writes_compare_with_the_truth(self, desk: Desk) -> None:
        desk.shop.faults.lag = 5
        desk.clock.passed += 60
        desk.shop.sell(desk.sku, desk.location, 1)
        payload = await desk.adjust(desk.row(delta=1, changeFromQuantity=desk.quantity()))
        assert payload["userErrors"] == []


async def test_duplicate_skus_are_counted() -> None:
    desk = Desk(oddities={"duplicate", "case", "blank_sku", "gift_card", "spaces"})
    body = await desk.ask("{ inventoryItems(first: 50) { nodes { sku duplicateSkuCount } } }")
    counts = {n["sku"]: n["duplicateSkuCount"] for n in body["data"]["inventoryItems"]["nodes"]}
    assert counts[desk.sku] == 2
    assert counts[desk.sku.lower()] == 1
    assert f" {desk.sku} " in counts


async def test_every_root_answers(desk: Desk) -> None:
    """A document that selects nearly everything runs without an internal error."""
    body = await desk.ask(
        """query Everything($item: ID!, $loc: ID!, $level: ID!, $variant: ID!, $product: ID!) {
      shop { id name myshopifyDomain email ianaTimezone currencyCode createdAt url
        timezoneOffsetMinutes updatedAt primaryDomain { id host url }
        plan { displayName publicDisplayName partnerDevelopment shopifyPlus }
        resourceLimits { locationLimit maxProductOptions maxProductVariants redirectLimitReached } }
      currentAppInstallation { id app { id apiKey handle title } accessScopes { handle description }
        }
      inventoryProperties { quantityNames { name displayName isInUse belongsTo comprises } }
      location(id: $loc) { id name createdAt updatedAt deactivatedAt fulfillsOnlineOrders isPrimary
        hasActiveInventory hasUnfulfilledOrders shipsInventory legacyResourceId
        fulfillmentService { id handle serviceName type inventoryManagement location { id } }
        inventoryLevel(inventoryItemId: $item) { id } }
      locationsCount { count precision } productVariantsCount(limit: 3) { count precision }
      inventoryLevel(id: $level) { id canDeactivate deactivationAlert createdAt item { id }
        location { id } quantities(names: ["incoming"]) { id name quantity updatedAt } }
      inventoryItem(id: $item) { createdAt updatedAt inventoryHistoryUrl legacyResourceId
        locationsCount { count precision } requiresShipping trackedEditable { locked reason }
        variant { id } variants(first: 1) { nodes { id } } }
      productVariant(id: $variant) { availableForSale barcode createdAt displayName
        inventoryPolicy inventoryQuantity legacyResourceId position price product { id }
        requiresComponents selectedOptions { name value } taxable title updatedAt }
      product(id: $product) { createdAt handle isGiftCard legacyResourceId productType status title
        totalInventory tracksInventory updatedAt vendor variantsCount { count }
        variants(first: 2) { edges { cursor node { id } } } }
      products(first: 1, query: "title:*") { nodes { id } }
      inventoryItems(first: 1, query: "tracked:true") { nodes { id } }
      productVariants(first: 1, query: "managed:true") { nodes { id } }
      locations(first: 1, sortKey: ID) { nodes { id } }
      node(id: $variant) { __typename id ... on ProductVariant { sku } } }""",
        item=desk.item,
        loc=desk.location,
        level=desk.shop.stock.items[0].levels[0].id,
        variant=desk.shop.stock.variants[0].id,
        product=desk.shop.stock.products[0].id,
    )
    assert "errors" not in body
    assert body["data"]["node"]["__typename"] == "ProductVariant"
    assert body["data"]["productVariantsCount"] == {"count": 3, "precision": "AT_LEAST"}
