"""Order files as other people write them: read rightly, or refused with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput
from tests.bench.orders import Order, OrdersUnreadable, read_orders, replay


def orders_in(folder: Path, text: str | bytes) -> list[Order]:
    file = folder / "orders.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_orders(file)


@pytest.mark.parametrize(
    "text",
    [
        "time,sku,quantity\n2026-01-01T00:00:00Z,A,1\n2026-01-01T00:00:05Z,B,-2\n",
        "2026-01-01T00:00:00,A,1\n2026-01-01T00:00:05,B,-2",
        "\ufeffSKU;Quantity;Time\r\nB;-2;2026-01-01 09:00:05 +0900\r\nA;1.0;2026-01-01 00:00\r\n",
        "Name,Created at,Lineitem quantity,Lineitem sku\n#1,100,1,A\n#2,105,-2,B\n",
        "日時\tSKU番号\t数量\n2026/1/1 0:00\tA\t1\n2026/1/1 0:00:05\tB\t-2\n".encode("cp932"),
        "qty,note,sku,time\n1,,A,0\n9,tip,,3\n-2,,B,5\n",
        "time,sku,quantity\n5,B,-2\n-0,A,1\n",
    ],
)
def test_columns_times_and_returns_are_read_however_they_are_written(
    tmp_path: Path, text: str | bytes
) -> None:
    assert orders_in(tmp_path, text) == [Order(0, "A", 1), Order(5, "B", -2)]


def test_a_line_of_an_order_without_a_time_has_that_of_the_line_above(tmp_path: Path) -> None:
    found = orders_in(tmp_path, "time,sku,quantity\n7,A,1\n,B,2\n9,A,1\n")
    assert found == [Order(0, "A", 1), Order(0, "B", 2), Order(2, "A", 1)]


def test_a_sku_may_hold_a_line_break(tmp_path: Path) -> None:
    assert orders_in(tmp_path, 'time,sku,quantity\n0,"A\nB",1\n') == [Order(0, "A\nB", 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,sku,quantity\n0,A,1\n1,A,2.5\n", "line 3: '2.5'"),
        ("time,sku,quantity\n0,A,99999999999\n", "line 2"),
        ("time,sku,quantity\n0,A,many\n", "line 2"),
        ("time,sku,quantity\n0,A,nan\n", "line 2"),
        ("time,sku,quantity\nnan,A,1\n", "line 2: 'nan' is no time"),
        ("time,sku,quantity\nyesterday,A,1\n", "line 2"),
        ("time,sku\n0,A\n", "no column for: quantity"),
        ("a,b,c\n0,A,1\n", "line 1"),
        ("time,sku,quantity\n", "no line"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(OrdersUnreadable, match=said):
        orders_in(tmp_path, text)


@pytest.mark.parametrize("data", [b"", "time,sku,quantity\n0,A,1\n".encode("utf-16")])
def test_what_is_no_csv_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInput):
        orders_in(tmp_path, data)


async def test_returns_and_foreign_skus_leave_every_unit_in_place(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    lines = (f"{n},{'ABC'[n % 3]},{(2, -1, 3)[n % 3]}" for n in range(60))
    file.write_text("\n".join(["time,sku,quantity", *lines]))
    found = (await replay(60, speed=1_000, skus=5, file=file))["dextre-sync"]
    assert (found["lines"], found["units lost or invented"], found["rests"]) == (60, 0, 1)
