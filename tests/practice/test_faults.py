"""Everything that can go wrong, on demand."""

from __future__ import annotations

import httpx
import pytest

from core.practice import FaultsInvalid, parse_faults
from tests.practice.desk import ADJUST, RECHECK, Desk, codes

SHOP = "{ shop { name } }"


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestOptions:
    def test_as_a_person_writes_them(self) -> None:
        faults = parse_faults("loss=0.2, latency=50ms,lag=3s,index_lag=1m,503=10%,burn=1,drain=40")
        assert faults.rates == {"loss_before": 0.1, "loss_after": 0.1, "503": 0.1}
        assert (faults.latency, faults.lag, faults.index_lag) == (0.05, 3, 60)
        assert faults.burn
        assert faults.drain == 40

    def test_nothing_is_no_fault(self) -> None:
        assert parse_faults("").rates == {}

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("loss", "loss"),
            ("loss=lots", "loss=lots"),
            ("loss=2", "loss=2"),
            ("loss=-1", "loss=-1"),
            ("loss=nan", "loss=nan"),
            ("nonsense=1", "nonsense"),
            ("lag=1h", "lag=1h"),
            ("lag=500s", "120s"),
            ("next=nonsense", "nonsense"),
            ("only=some", "only=some"),
            ("loss=0.7,errors=0.7", "rates"),
        ],
    )
    def test_mistakes_are_named(self, text: str, named: str) -> None:
        with pytest.raises(FaultsInvalid) as caught:
            parse_faults(text)
        assert named in str(caught.value)

    async def test_a_wrong_change_changes_nothing(self, desk: Desk) -> None:
        await desk.control("faults", latency="1s")
        response = await desk.http.post("/practice/faults", json={"lag": "2s", "nonsense": 1})
        assert response.status_code == 400
        assert "nonsense" in response.json()["error"]
        assert (await desk.http.get("/practice/faults")).json()["lag"] == 0
        await desk.control("faults", clear=True)
        assert desk.shop.faults.latency == 0


class TestAnswers:
    @pytest.mark.parametrize(
        ("kind", "status", "text"),
        [
            ("401", 401, "[API] Invalid API key or access token"),
            ("402", 402, "Unavailable Shop"),
            ("403", 403, "merchant approval"),
            ("404", 404, "Not Found"),
            ("423", 423, "locked"),
            ("429", 429, "rate limit"),
            ("430", 430, "<html>"),
            ("500", 500, "<html>"),
            ("502", 502, "<html>"),
            ("503", 503, "<html>"),
            ("504", 504, "<html>"),
        ],
    )
    async def test_by_status(self, desk: Desk, kind: str, status: int, text: str) -> None:
        desk.shop.faults.next = [kind]
        response = await desk.post(SHOP)
        assert response.status_code == status
        assert text in response.text
        assert ("Retry-After" in response.headers) == (status == 429)
        assert (await desk.post(SHOP)).status_code == 200

    async def test_garbage(self, desk: Desk) -> None:
        desk.shop.faults.next = ["garbage"]
        response = await desk.post(SHOP)
        assert response.status_code == 200
        with pytest.raises(ValueError, match=r"."):
            response.json()

    async def test_throttled_by_another_app(self, desk: Desk) -> None:
        desk.shop.faults.next = ["throttled"]
        body = await desk.ask(SHOP)
        assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
        assert "data" not in body

    async def test_an_internal_error_names_its_request(self, desk: Desk) -> None:
        desk.shop.faults.next = ["internal"]
        response = await desk.post(SHOP)
        error = response.json()["errors"][0]
        assert error["extensions"]["requestId"] == response.headers["X-Request-Id"]
        assert response.json()["data"] is None


class TestLoss:
    """The same request, lost on its way there or on its way back."""

    @pytest.mark.parametrize(
        ("kind", "applied"),
        [
            ("loss_before", 0),
            ("loss_after", 1),
            ("timeout_before", 0),
            ("timeout_after", 1),
            ("503", 0),
            ("503_after", 1),
            ("garbage_after", 1),
            ("internal", 0),
            ("internal_after", 1),
        ],
    )
    async def test_the_same_key_again_makes_it_exactly_one(
        self, desk: Desk, kind: str, applied: int
    ) -> None:
        before = desk.quantity()
        given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=1)]}
        desk.shop.faults.next = [kind]
        raised: type[httpx.TransportError] | None = None
        try:
            await desk.post(ADJUST, {"input": given, "key": "a"})
        except httpx.TransportError as error:
            raised = type(error)
        expected = {"loss": httpx.ReadError, "timeout": httpx.ReadTimeout}
        assert raised is expected.get(kind.partition("_")[0])
        assert desk.quantity() == before + applied
        assert codes(await desk.adjust(desk.row(delta=1), key="a")) == []
        assert desk.quantity() == before + 1

    async def test_only_writes_are_struck(self, desk: Desk) -> None:
        await desk.control("faults", only="writes", loss_after=1)
        await desk.ask(SHOP)
        with pytest.raises(httpx.ReadError):
            await desk.adjust(desk.row(delta=1))

    async def test_the_share_is_what_was_said_and_can_be_repeated(self) -> None:
        stories = []
        for _ in range(2):
            desk = Desk(seed=5)
            await desk.control("faults", errors=0.3)
            statuses = [(await desk.post(SHOP)).status_code for _ in range(400)]
            stories.append(statuses)
        assert stories[0] == stories[1]
        failed = sum(status != 200 for status in stories[0])
        assert 90 <= failed <= 150
        assert set(stories[0]) == {200, 500, 502, 503, 504}

    async def test_latency_is_waited_with_the_effect_in_the_middle(self, desk: Desk) -> None:
        await desk.control("faults", latency="400ms")
        await desk.adjust(desk.row(delta=1))
        assert desk.clock.passed == pytest.approx(0.4)
        await desk.ask(RECHECK, ids=[desk.item], loc=desk.location)
        assert desk.clock.passed == pytest.approx(0.8)
