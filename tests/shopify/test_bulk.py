"""Long catalogues by bulk operation: against the practice shop, and with bad storages."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

import httpx
import orjson
import pytest
from pytest_httpx import HTTPXMock

from core.errors import TryAgain
from core.model import Credentials, Secret, Variant
from core.practice import PracticeShop
from core.shopify import bulk as bulk_module
from core.shopify import shop as shop_module
from core.shopify.answers import Answer, Parsed
from core.shopify.bulk import BulkCatalogue
from core.shopify.documents import BULK_VARIANTS, RUN_BULK, Document
from core.shopify.errors import (
    ConnectionBroke,
    MissingScope,
    ResultRefused,
    ServerTrouble,
    ShopInactive,
)
from core.shopify.notes import NoteInMemory
from core.shopify.shop import ShopifyShop, open_client, open_shop
from core.shopify.storage import Storage
from core.shopify.wire import Reply
from tests.shopify.support import QuickClock, answer, failure, item

SEVERAL = 640


class Between(httpx.AsyncBaseTransport):
    """Answers some documents in the shop's place."""

    def __init__(self, shop: httpx.AsyncBaseTransport, instead: dict[str, dict[str, Any]]) -> None:
        self._shop = shop
        self._instead = instead

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = orjson.loads(request.content)["operationName"] if request.content else ""
        if name in self._instead:
            return httpx.Response(200, json=self._instead[name])
        return await self._shop.handle_async_request(request)


class Town:
    """A practice shop with a catalogue that counts as long, and one app."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
        monkeypatch.setattr(shop_module, "ABOVE", 500)
        self.clock = QuickClock()
        self.shop = PracticeShop(clock=self.clock, **{"variants": SEVERAL, **options})
        self.note = NoteInMemory()
        self.asked: Counter[str] = Counter()
        self.instead: dict[str, dict[str, Any]] = {}
        """What is answered in the shop's place, by document."""

    def open(self) -> ShopifyShop:
        credentials = Credentials(self.shop.domain, access_token=Secret(self.shop.access_token))
        opened = open_shop(
            credentials,
            clock=self.clock,
            random=random.Random(1),
            transport=Between(self.shop.transport(), self.instead),
            bulk_note=self.note,
        )
        execute = opened._client.execute

        async def counted(
            document: Document,
            variables: Any,
            *,
            not_after: datetime | None = None,
            known: bytes = b"",
        ) -> Answer:
            self.asked[document.name] += 1
            return await execute(document, variables, not_after=not_after, known=known)

        opened._client.execute = counted  # type: ignore[method-assign]
        return opened

    async def catalogue(self) -> list[Variant]:
        return [one async for page in self.open().variants() for one in page]

    @property
    def skus(self) -> Counter[str | None]:
        return Counter(each.sku for each in self.shop.stock.items)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Town:
    return Town(monkeypatch)


def assert_all_once(town: Town, found: list[Variant]) -> None:
    assert len({one.variant_id for one in found}) == len(found)
    assert Counter(one.sku for one in found) == town.skus


async def test_a_long_catalogue_is_read_by_one_bulk_operation(town: Town) -> None:
    found = await town.catalogue()
    assert_all_once(town, found)
    assert town.asked["RunBulk"] == 1
    assert town.asked["Variants"] == 0
    assert town.shop.counts["results"] == 1
    assert town.shop.counts["tokens_given_away"] == 0
    assert town.note.kept() is None


async def test_it_comes_in_pages_of_250(town: Town) -> None:
    sizes = [len(page) async for page in town.open().variants()]
    assert sizes == [250, 250, 140]


async def test_a_short_catalogue_is_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(monkeypatch, variants=500)
    assert_all_once(town, await town.catalogue())
    assert town.asked == {"VariantsCount": 1, "Variants": 2}


async def test_no_listing_of_the_practice_shop_is_paged_beyond_its_end() -> None:
    """It refuses the 25,001st row of a listing, as the real one does."""
    clock = QuickClock()
    practice = PracticeShop(clock=clock, variants=25_300, locations=1)
    client = open_client(
        Credentials(practice.domain, access_token=Secret(practice.access_token)),
        clock=clock,
        random=random.Random(1),
        transport=practice.transport(),
    )
    found = [one.sku async for page in ShopifyShop(client).variants() for one in page]
    assert Counter(found) == Counter(each.sku for each in practice.stock.items)


async def test_a_bulk_variant_is_the_same_as_a_paged_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_bulk = await town.catalogue()
    monkeypatch.setattr(shop_module, "ABOVE", 10_000)
    by_pages = await town.catalogue()
    assert sorted(by_bulk, key=lambda one: one.variant_id) == by_pages


async def test_children_anywhere_do_not_disturb(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_levels = BULK_VARIANTS.replace(
        "tracked\n", "tracked inventoryLevels { edges { node { id } } }\n"
    )
    assert with_levels != BULK_VARIANTS
    monkeypatch.setattr(bulk_module, "BULK_VARIANTS", with_levels)
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 0


async def test_a_failed_operation_is_made_up_for_by_pages(town: Town) -> None:
    town.shop.faults.bulk_fails_after = 300
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 3
    assert town.note.kept() is None


async def test_a_download_that_breaks_off_is_taken_up_again(town: Town) -> None:
    town.shop.faults.bulk_cuts = 3
    assert_all_once(town, await town.catalogue())
    assert town.shop.counts["results"] == 4
    assert town.asked["Variants"] == 0


async def test_what_a_short_file_lacks_is_made_up_for_and_nothing_comes_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = town.shop.bulk.file

    def short(name: str, expires: str, signature: str) -> memoryview | None:
        content = whole(name, expires, signature)
        return content and memoryview(b"".join(bytes(content).splitlines(keepends=True)[:400]))

    monkeypatch.setattr(town.shop.bulk, "file", short)
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 3


async def test_while_five_others_run_pages_are_read(town: Town) -> None:
    town.shop.faults.bulk_pace = 1
    opened = town.open()
    for _ in range(5):
        await opened._client.execute(RUN_BULK, {"query": BULK_VARIANTS})
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 3


async def test_an_operation_that_stands_still_is_cancelled(town: Town) -> None:
    town.shop.faults.bulk_pace = 0
    assert_all_once(town, await town.catalogue())
    assert (town.asked["CancelBulk"], town.asked["Variants"]) == (1, 3)
    assert 600 < town.clock.seconds < 700
    assert town.note.kept() is None


async def test_a_slow_one_is_waited_for(town: Town) -> None:
    town.shop.faults.bulk_pace = 0.5
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 0
    assert town.asked["PollBulk"] < 200


async def test_trouble_while_starting_is_tried_again(town: Town) -> None:
    town.shop.faults.next = ["none", "503_after", "none"]
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 0


NO_START = {
    "null": answer({"bulkOperationRunQuery": None}),
    "null and refused": failure("BAD_REQUEST", data={"bulkOperationRunQuery": None}),
    "null and failed": failure("INTERNAL_SERVER_ERROR", data={"bulkOperationRunQuery": None}),
    "no data at all": failure("INTERNAL_SERVER_ERROR"),
    "an unknown code": failure("SOMETHING_NEW", data={"bulkOperationRunQuery": None}),
    "another shape": answer({"bulkOperationRunQuery": {"bulkOperation": {}, "userErrors": []}}),
    "an error without a code": answer(
        {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": [{"message": "no"}]}}
    ),
}


@pytest.mark.parametrize("instead", NO_START.values(), ids=NO_START)
async def test_where_none_can_be_started_pages_are_read(
    town: Town, instead: dict[str, Any]
) -> None:
    town.instead["RunBulk"] = instead
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 3
    assert town.note.kept() is None


async def test_where_its_answers_cannot_be_used_pages_are_read(town: Town) -> None:
    town.shop.faults.bulk_pace = 1
    town.instead["PollBulk"] = failure("INVALID_VARIABLE", data={"bulkOperation": None})
    assert_all_once(town, await town.catalogue())
    assert town.asked["Variants"] == 3
    assert town.note.kept() is None


async def test_a_note_that_the_shop_does_not_understand_is_forgotten(town: Town) -> None:
    town.note.keep("half a wor")
    assert_all_once(town, await town.catalogue())
    assert (town.asked["RunBulk"], town.asked["Variants"]) == (1, 0)


async def test_one_that_stands_still_and_cannot_be_cancelled_does_not_matter(town: Town) -> None:
    town.shop.faults.bulk_pace = 0
    town.instead["CancelBulk"] = failure("INTERNAL_SERVER_ERROR")
    assert_all_once(town, await town.catalogue())
    assert town.note.kept() is None


async def test_a_token_that_is_taken_back_is_told(town: Town) -> None:
    town.instead["RunBulk"] = failure("SHOP_INACTIVE", data={"bulkOperationRunQuery": None})
    with pytest.raises(ShopInactive):
        await town.catalogue()


# -- after a restart ------------------------------------------------------------------------------


async def test_after_a_restart_the_same_operation_is_gone_on_with(town: Town) -> None:
    town.shop.faults.bulk_cuts = 50
    with pytest.raises(TryAgain):
        await town.catalogue()
    assert town.note.kept() is not None
    town.shop.faults.bulk_cuts = 0
    assert_all_once(town, await town.catalogue())
    assert (town.asked["RunBulk"], town.asked["Variants"]) == (1, 0)


async def test_one_of_hours_ago_is_no_news(town: Town) -> None:
    town.shop.faults.bulk_cuts = 6
    with pytest.raises(TryAgain):
        await town.catalogue()
    town.clock.seconds += 3700
    assert_all_once(town, await town.catalogue())
    assert town.asked["RunBulk"] == 2


@pytest.mark.parametrize("kept", ["gid://shopify/BulkOperation/1", "another query", "failed"])
async def test_what_is_of_no_use_is_begun_anew(town: Town, kept: str) -> None:
    if kept == "another query":
        context = town.shop.new_context(town.shop.door.admit(town.shop.access_token))  # type: ignore[arg-type]
        query = "{ products { edges { node { id } } } }"
        kept = town.shop.bulk.run(context, query, grouped=False)["bulkOperation"].id
    elif kept == "failed":
        town.shop.faults.bulk_fails_after = 0
        context = town.shop.new_context(town.shop.door.admit(town.shop.access_token))  # type: ignore[arg-type]
        kept = town.shop.bulk.run(context, BULK_VARIANTS, grouped=False)["bulkOperation"].id
        town.clock.seconds += 5
        town.shop.bulk.operations()
        town.shop.faults.bulk_fails_after = -1
    town.note.keep(kept)
    assert_all_once(town, await town.catalogue())
    assert (town.asked["RunBulk"], town.asked["Variants"]) == (1, 0)


# -- files that are not what they should be -------------------------------------------------------


def line(number: int) -> bytes:
    row = {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"S{number}",
        "barcode": None,
        "displayName": "x",
        "requiresComponents": False,
        "inventoryItem": {"id": item(number), "sku": f"S{number}", "tracked": True},
    }
    return orjson.dumps(row) + b"\n"


class Pieces(Storage):
    """A storage that gives these pieces, an exception where one stands."""

    def __init__(self, *reads: Iterable[bytes | Exception]) -> None:
        super().__init__(allow_loopback=False)
        self.reads = list(reads)
        self.starts: list[int] = []

    async def stream(self, address: str, start: int = 0) -> AsyncIterator[bytes]:
        self.starts.append(start)
        for piece in self.reads.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield piece


def reading(
    storage: Storage, objects: int, run: dict[str, Any] | Exception | None = None
) -> BulkCatalogue:
    operation = {
        "id": "gid://shopify/BulkOperation/1",
        "status": "COMPLETED",
        "createdAt": "2026-11-23T10:00:00Z",
        "query": BULK_VARIANTS,
        "objectCount": str(objects),
        "url": "https://storage.example.com/x",
    }

    async def execute(document: Document, variables: Any) -> Answer:
        if isinstance(run, Exception):
            raise run
        payload = run or {"bulkOperation": operation, "userErrors": []}
        data = {"bulkOperationRunQuery": payload}
        return Answer(data, Parsed(Reply(200, httpx.Headers(), b""), {"data": data}, None))

    clock = QuickClock()
    return BulkCatalogue(execute, storage, NoteInMemory(), clock=clock, random=random.Random(1))


async def skus(catalogue: BulkCatalogue) -> list[str]:
    return [one.sku async for page in catalogue.pages() for one in page]


async def test_lines_may_be_cut_anywhere_between_pieces() -> None:
    whole = b"".join(map(line, range(9)))
    pieces = [whole[at : at + 7] for at in range(0, len(whole), 7)]
    catalogue = reading(Pieces(pieces), 9)
    assert await skus(catalogue) == [f"S{number}" for number in range(9)]
    assert catalogue.is_complete


async def test_a_last_line_without_an_end_counts() -> None:
    catalogue = reading(Pieces([line(1), line(2).rstrip()]), 2)
    assert await skus(catalogue) == ["S1", "S2"]
    assert catalogue.is_complete


async def test_a_broken_stream_goes_on_behind_the_last_whole_line() -> None:
    one, two, three = map(line, (1, 2, 3))
    broke = ConnectionBroke(host="storage.example.com", detail="ReadError")
    storage = Pieces([one, two[:20], broke], [broke], [two, three])
    catalogue = reading(storage, 3)
    assert await skus(catalogue) == ["S1", "S2", "S3"]
    assert storage.starts == [0, len(one), len(one)]
    assert catalogue.is_complete


async def test_a_stream_that_never_brings_a_line_is_given_up() -> None:
    broke = ServerTrouble(detail="HTTP 503")
    with pytest.raises(ServerTrouble):
        await skus(reading(Pieces(*([broke] for _ in range(20))), 3))


@pytest.mark.parametrize(
    "pieces",
    [
        [line(1)],
        [line(1), line(2), line(3)],
        [line(1), b"<html>\n"],
        [line(1), b'{"id": 5}\n'],
        [line(1), b"[]\n"],
        [line(1), b"x" * 3_000_000],
        [line(1), ResultRefused(host="h", detail="HTTP 403")],
    ],
)
async def test_a_file_that_is_not_what_was_counted_is_not_complete(pieces: list[Any]) -> None:
    catalogue = reading(Pieces(pieces), 2)
    assert (await skus(catalogue))[:1] == ["S1"]
    assert not catalogue.is_complete
    assert catalogue.seen >= {1}


async def test_a_variant_that_stands_twice_is_given_once() -> None:
    catalogue = reading(Pieces([line(1), line(1)]), 2)
    assert await skus(catalogue) == ["S1"]


@pytest.mark.parametrize(
    "run",
    [
        MissingScope(scope="read_products"),
        {"bulkOperation": None, "userErrors": [{"code": "INVALID", "message": "", "field": None}]},
    ],
)
async def test_what_cannot_be_started_is_left_to_the_pages(run: Any) -> None:
    catalogue = reading(Pieces(), 2, run)
    assert await skus(catalogue) == []
    assert not catalogue.is_complete


# -- where results lie ----------------------------------------------------------------------------

FILE = "https://storage.example.com/file?Signature=secret"


async def content(address: str, start: int = 0, *, allow_loopback: bool = False) -> bytes:
    storage = Storage(allow_loopback=allow_loopback)
    return b"".join([part async for part in storage.stream(address, start)])


async def test_nothing_of_ours_goes_to_the_storage(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=FILE, content=b"abc")
    assert await content(FILE) == b"abc"
    (request,) = httpx_mock.get_requests()
    assert "x-shopify-access-token" not in request.headers
    assert "authorization" not in request.headers
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("answers_ranges", [True, False])
async def test_the_rest_of_a_file(httpx_mock: HTTPXMock, answers_ranges: bool) -> None:
    if answers_ranges:
        httpx_mock.add_response(status_code=206, content=b"cdef")
    else:
        httpx_mock.add_response(content=b"abcdef")
    assert await content(FILE, 2) == b"cdef"
    assert httpx_mock.get_requests()[0].headers["range"] == "bytes=2-"


async def test_nothing_is_left_of_a_file_read_to_its_end(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=416)
    assert await content(FILE, 6) == b""


async def test_a_redirect_is_followed_to_https_only(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=FILE, status_code=302, headers={"Location": "https://b.example/f"})
    httpx_mock.add_response(url="https://b.example/f", content=b"abc")
    assert await content(FILE) == b"abc"


@pytest.mark.parametrize(
    "target",
    ["http://b.example/f", "http://127.0.0.1:9/f", "https://127.0.0.1/f", "file:///etc/passwd"],
)
async def test_other_redirects_are_refused(httpx_mock: HTTPXMock, target: str) -> None:
    httpx_mock.add_response(url=FILE, status_code=302, headers={"Location": target})
    with pytest.raises(ResultRefused):
        await content(FILE)


async def test_redirects_come_to_an_end(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=FILE, status_code=302, headers={"Location": FILE}, is_reusable=True)
    with pytest.raises(ResultRefused, match="too many"):
        await content(FILE)


@pytest.mark.parametrize(
    "address", ["http://storage.example.com/f", "https://u:p@storage.example.com/f", "nonsense"]
)
async def test_addresses_that_are_not_fetched(address: str) -> None:
    with pytest.raises(ResultRefused):
        await content(address)


async def test_this_machine_is_asked_only_for_a_shop_on_it(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(content=b"abc")
    assert await content("http://127.0.0.1:8/f", allow_loopback=True) == b"abc"
    with pytest.raises(ResultRefused):
        await content("http://127.0.0.1:8/f")


@pytest.mark.parametrize(
    ("status", "error"), [(403, ResultRefused), (404, ResultRefused), (503, ServerTrouble)]
)
async def test_refusals_of_the_storage(
    httpx_mock: HTTPXMock, status: int, error: type[Exception]
) -> None:
    httpx_mock.add_response(status_code=status)
    with pytest.raises(error):
        await content(FILE)


async def test_a_broken_connection_does_not_tell_the_address(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ReadError(f"while reading {FILE}"))
    with pytest.raises(ConnectionBroke) as caught:
        await content(FILE)
    assert "Signature" not in str(caught.value)
