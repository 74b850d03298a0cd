"""Tokens, scopes, versions and the shape of requests (facts.md §1, §2, §8.1)."""

from __future__ import annotations

import httpx
import pytest

from core.practice import PracticeShop
from tests.practice.desk import ADJUST, RECHECK, Desk, ManualClock

SHOP = "{ shop { name } }"


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def grant(desk: Desk, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": desk.shop.client_id,
        "client_secret": desk.shop.client_secret,
        **changes,
    }
    return await desk.http.post("/admin/oauth/access_token", data=form)


class TestTokens:
    async def test_the_grant_takes_json_as_well(self, desk: Desk) -> None:
        given = {
            "grant_type": "client_credentials",
            "client_id": desk.shop.client_id,
            "client_secret": desk.shop.client_secret,
        }
        granted = await desk.http.post("/admin/oauth/access_token", json=given)
        assert granted.json()["expires_in"] == 86399
        for wrong in (b"{", b"[]"):
            headers = {"Content-Type": "application/json"}
            response = await desk.http.post(
                "/admin/oauth/access_token", content=wrong, headers=headers
            )
            assert response.status_code == 400

    async def test_the_permanent_token(self, desk: Desk) -> None:
        assert desk.token.startswith("shpat_")
        assert len(desk.token) == len("shpat_") + 32
        desk.clock.passed += 10 * 365 * 86_400
        assert (await desk.post(SHOP)).status_code == 200

    @pytest.mark.parametrize("token", ["", "shpat_wrong"])
    async def test_any_other_is_told_so(self, desk: Desk, token: str) -> None:
        desk.token = token
        response = await desk.post(SHOP)
        assert response.status_code == 401
        assert response.json() == {
            "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
        }

    async def test_client_credentials_buy_a_day(self, desk: Desk) -> None:
        response = await grant(desk)
        body = response.json()
        assert body["expires_in"] == 86_399
        assert set(body["scope"].split(",")) == {
            "read_inventory",
            "write_inventory",
            "read_products",
            "read_locations",
        }
        desk.token = body["access_token"]
        assert (await desk.post(SHOP)).status_code == 200
        desk.clock.passed += 86_400
        assert (await desk.post(SHOP)).status_code == 401

    async def test_a_new_token_leaves_the_old_one_alone(self, desk: Desk) -> None:
        first = (await grant(desk)).json()["access_token"]
        second = (await grant(desk)).json()["access_token"]
        assert first != second
        desk.token = first
        assert (await desk.post(SHOP)).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"client_id": "wrong"}, "application_cannot_be_found"),
            ({"client_secret": "wrong"}, "invalid_client"),
            ({"grant_type": "password"}, "invalid_request"),
            ({"client_secret": ""}, "invalid_request"),
        ],
    )
    async def test_refusals_are_pages(self, desk: Desk, changes: dict[str, str], code: str) -> None:
        response = await grant(desk, **changes)
        assert response.status_code == 400
        assert response.headers["content-type"].startswith("text/html")
        assert f"Oauth error {code}" in response.text

    @pytest.mark.parametrize("code", ["shop_not_permitted", "app_not_installed"])
    async def test_refusals_of_the_shop(self, desk: Desk, code: str) -> None:
        await desk.control("oauth", error=code)
        assert f"Oauth error {code}" in (await grant(desk)).text
        await desk.control("oauth", error=None)
        assert (await grant(desk)).status_code == 200

    async def test_tokens_can_be_ended(self, desk: Desk) -> None:
        permanent, desk.token = desk.token, (await grant(desk)).json()["access_token"]
        await desk.control("expire_tokens")
        assert (await desk.post(SHOP)).status_code == 401
        desk.token = permanent
        assert (await desk.post(SHOP)).status_code == 200
        await desk.control("revoke")
        assert (await desk.post(SHOP)).status_code == 401

    def test_secrets_do_not_show(self, desk: Desk) -> None:
        shown = f"{desk.shop!r} {desk.shop.door!r}"
        assert desk.shop.access_token not in shown
        assert desk.shop.client_secret not in shown

    def test_the_same_seed_is_the_same_shop(self) -> None:
        one, same, other = (PracticeShop(seed=s, clock=ManualClock()) for s in (3, 3, 4))
        assert one.access_token == same.access_token != other.access_token
        assert one.domain == same.domain
        assert [i.sku for i in one.stock.items] == [i.sku for i in same.stock.items]
        assert [i.id for i in one.stock.items] == [i.id for i in same.stock.items]


class TestScopes:
    async def test_they_are_listed(self, desk: Desk) -> None:
        body = await desk.ask("{ currentAppInstallation { accessScopes { handle } } }")
        handles = [s["handle"] for s in body["data"]["currentAppInstallation"]["accessScopes"]]
        assert handles == ["read_inventory", "write_inventory", "read_products", "read_locations"]
        response = await desk.http.get(
            "/admin/oauth/access_scopes.json", headers={"X-Shopify-Access-Token": desk.token}
        )
        assert [s["handle"] for s in response.json()["access_scopes"]] == handles

    async def test_a_write_without_its_scope(self) -> None:
        desk = Desk(scopes=("read_inventory", "read_products"))
        given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=1)]}
        body = await desk.ask(ADJUST, input=given, key="k")
        assert body["data"] == {"inventoryAdjustQuantities": None}
        error = body["errors"][0]
        assert error["extensions"]["code"] == "ACCESS_DENIED"
        assert error["extensions"]["requiredAccess"] == "`write_inventory` access scope."
        assert error["extensions"]["documentation"].startswith("https://")
        assert error["path"] == ["inventoryAdjustQuantities"]
        assert desk.shop.ledger == []

    async def test_writing_implies_reading(self) -> None:
        desk = Desk(scopes=("write_inventory",))
        body = await desk.ask(RECHECK, ids=[desk.item], loc=desk.location)
        assert body["data"]["nodes"][0]["inventoryLevel"]["isActive"]

    async def test_variants_need_read_products(self) -> None:
        desk = Desk(scopes=("write_inventory",))
        body = await desk.ask("{ productVariants(first: 1) { nodes { id } } }")
        assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"

    async def test_what_may_not_be_seen_is_null_among_nodes(self) -> None:
        desk = Desk(scopes=("read_locations",))
        body = await desk.ask("query N($i: [ID!]!) { nodes(ids: $i) { id } }", i=[desk.item])
        assert body["data"]["nodes"] == [None]

    async def test_scopes_can_be_taken_away_from_a_living_token(self, desk: Desk) -> None:
        await desk.control("scopes", scopes=["read_products"])
        body = await desk.ask("{ locations(first: 1) { nodes { id } } }")
        assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


class TestRequests:
    @pytest.mark.parametrize(
        ("asked", "served"),
        [
            ("2026-10", "2026-10"),
            ("2026-07", "2026-07"),
            ("unstable", "unstable"),
            ("2024-01", "2026-01"),
        ],
    )
    async def test_versions(self, desk: Desk, asked: str, served: str) -> None:
        response = await desk.post(SHOP, version=asked)
        assert response.headers["X-Shopify-API-Version"] == served
        assert response.headers["X-Request-Id"]

    @pytest.mark.parametrize("asked", ["2026-11", "2030-01", "latest"])
    async def test_versions_that_never_were(self, desk: Desk, asked: str) -> None:
        response = await desk.post(SHOP, version=asked)
        assert response.status_code == 404
        assert response.json() == {"errors": "Not Found"}

    async def test_another_path(self, desk: Desk) -> None:
        response = await desk.http.get("/admin/nothing")
        assert (response.status_code, response.json()) == (404, {"errors": "Not Found"})

    @pytest.mark.parametrize(
        ("content", "kind", "status"),
        [
            (b"{", "application/json", 400),
            (b"[]", "application/json", 400),
            (b'{"query": 1}', "application/json", 400),
            (b'{"query": "{shop{id}}", "variables": [1]}', "application/json", 400),
            (b"query={shop{id}}", "text/plain", 415),
            (b"{ shop { id } }", "application/graphql", 200),
        ],
    )
    async def test_bodies(self, desk: Desk, content: bytes, kind: str, status: int) -> None:
        response = await desk.http.post(
            "/admin/api/2026-10/graphql.json",
            content=content,
            headers={"content-type": kind, "X-Shopify-Access-Token": desk.token},
        )
        assert response.status_code == status
        assert response.headers["X-Request-Id"]

    async def test_several_operations_need_a_name(self, desk: Desk) -> None:
        text = "query A { shop { id } } query B { shop { name } }"
        body = await desk.ask(text)
        assert body["errors"][0]["message"] == "An operation name is required"
        response = await desk.http.post(
            "/admin/api/2026-10/graphql.json",
            json={"query": text, "operationName": "B"},
            headers={"X-Shopify-Access-Token": desk.token},
        )
        assert response.json()["data"] == {"shop": {"name": "Practice Shop"}}


class TestMistakes:
    """Codes of facts.md §8.2, with HTTP 200 and no cost."""

    @pytest.mark.parametrize(
        ("document", "code", "message"),
        [
            ("{ shop { id }", "PARSE_ERROR", "syntax error"),
            (
                "query Q { shop { nme } }",
                "undefinedField",
                "Field 'nme' doesn't exist on type 'Shop'",
            ),
            ("query Q($x: Int) { shop { id } }", "variableNotUsed", "Variable $x is declared by Q"),
            ("{ node(id: $x) { id } }", "variableNotDefined", "Variable $x is used by"),
            ("{ node { id } }", "missingRequiredArguments", "missing required arguments: id"),
            ("{ shop }", "selectionMismatch", "Field must have selections (field 'shop'"),
            ("{ shop { id { x } } }", "selectionMismatch", "Selections can't be made on scalars"),
            ("{ shop(x: 1) { id } }", "argumentNotAccepted", "doesn't accept argument 'x'"),
            (
                '{ locations(first: "a") { nodes { id } } }',
                "argumentLiteralsIncompatible",
                "Argument 'first' on Field 'locations' has an invalid value (\"a\").",
            ),
            ("{ shop @nothing { id } }", "undefinedDirective", "Directive @nothing is not defined"),
            (
                "query Q($f: String) { locations(first: $f) { nodes { id } } }",
                "variableMismatch",
                "Type mismatch on variable $f (String / Int)",
            ),
            (
                'mutation { inventoryDeactivate(inventoryLevelId: "") @idempotent { __typename } }',
                "missingRequiredArguments",
                "Directive 'idempotent' is missing required arguments: key",
            ),
        ],
    )
    async def test_in_documents(self, desk: Desk, document: str, code: str, message: str) -> None:
        body = await desk.ask(document)
        assert set(body) == {"errors"}
        error = body["errors"][0]
        assert error["extensions"]["code"] == code
        assert message in error["message"]
        assert error["locations"][0]["line"] == 1

    async def test_the_path_of_an_unknown_field(self, desk: Desk) -> None:
        body = await desk.ask("query Q { a: shop { plan { nope } } }")
        assert body["errors"][0]["path"] == ["query Q", "a", "plan", "nope"]

    @pytest.mark.parametrize(
        ("change", "path", "explanation"),
        [
            (
                {"inventoryItemId": "12"},
                ["changes", 0, "inventoryItemId"],
                "Invalid global id '12'",
            ),
            ({"delta": "x"}, ["changes", 0, "delta"], 'Could not coerce value "x" to Int'),
            ({"delta": 2**31}, ["changes", 0, "delta"], "Could not coerce value"),
            ({"delta": None}, ["changes", 0, "delta"], "Expected value to not be null"),
            ({"compareQuantity": 1}, ["changes", 0, "compareQuantity"], "Field is not defined on"),
        ],
    )
    async def test_in_variables(
        self, desk: Desk, change: dict[str, object], path: list[object], explanation: str
    ) -> None:
        row = desk.row(**{"delta": 1, **change})
        given = {"name": "available", "reason": "correction", "changes": [row]}
        body = await desk.ask(ADJUST, input=given, key="k")
        assert set(body) == {"errors"}
        extensions = body["errors"][0]["extensions"]
        assert extensions["code"] == "INVALID_VARIABLE"
        assert extensions["value"] == given
        assert extensions["problems"][0]["path"] == path
        assert explanation in extensions["problems"][0]["explanation"]
        assert desk.shop.ledger == []

    async def test_a_missing_variable(self, desk: Desk) -> None:
        body = await desk.ask(RECHECK, ids=[desk.item])
        assert body["errors"][0]["extensions"]["problems"] == [
            {"path": [], "explanation": "Expected value to not be null"}
        ]
