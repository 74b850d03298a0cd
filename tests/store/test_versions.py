"""Files written by earlier versions, kept as they were: each opens, and nothing in it is lost.

`files/inventory-N.db.gz` was written by the program whose schema had version N. A new version adds
the file of the one before.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from core.model import (
    CellKey,
    CellState,
    Item,
    Label,
    LabelType,
    Level,
    LevelKey,
    Link,
    LocationPair,
    Problem,
    RowOutcome,
    SkuMapping,
)
from core.store import BrandStore, figures
from core.store.errors import CannotOpen, NewerFile
from core.store.schema import INVENTORY
from tests.store.given import BY_HAND, open_store

FILES = Path(__file__).parent / "files"
WAREHOUSE, SHOP_FLOOR = "id-1", "id-2"
TOKYO = "gid://shopify/Location/9"


def variant(n: int) -> str:
    return f"gid://shopify/InventoryItem/{n}"


def unpack(version: int, folder: Path) -> Path:
    file = folder / "inventory.db"
    file.write_bytes(gzip.decompress((FILES / f"inventory-{version}.db.gz").read_bytes()))
    return file


def test_there_is_a_file_of_every_earlier_version() -> None:
    assert {file.name for file in FILES.glob("*.gz")} == {
        f"inventory-{version}.db.gz" for version in range(1, INVENTORY.version)
    }


@pytest.mark.parametrize("version", range(1, INVENTORY.version))
def test_an_old_file_opens_with_all_that_was_in_it(tmp_path: Path, version: int) -> None:
    unpack(version, tmp_path)
    store = open_store(tmp_path)
    assert store.labels() == (
        Label("good", "Good stock", is_default=True),
        Label("sold", "Sold", type=LabelType.ACTUAL, negative_allowed=True),
    )
    assert [(place.id, place.name) for place in store.locations()] == [
        (SHOP_FLOOR, "Shop floor"),
        (WAREHOUSE, "倉庫"),
    ]
    assert list(store.items()) == [
        Item("A", "Tシャツ 白", "4901234567894"),
        Item("B", "Mug"),
        Item("C", "never mapped"),
    ]
    assert [item.sku_number for item in store.search_items("tシャツ")] == ["A"]
    assert list(store.levels()) == [
        Level(LevelKey("A", WAREHOUSE, "good"), 5),
        Level(LevelKey("A", SHOP_FLOOR, "sold"), -2),
        Level(LevelKey("B", WAREHOUSE, "good"), 7),
    ]
    assert [(m.before, m.after, m.cause) for m in store.movements("A")] == [
        (None, -2, store.movements("A")[0].cause),
        (None, 5, BY_HAND),
    ]
    assert store.link() == Link("good", enabled=True, revision=3)
    assert store.pairs() == (LocationPair(WAREHOUSE, TOKYO, "Tokyo"),)
    assert list(store.mappings()) == [SkuMapping(variant(n), "AAB"[n - 1]) for n in (1, 2, 3)]
    cells = {cell.key: (cell.here, cell.base, cell.problem) for cell in store.cells()}
    assert cells == {
        CellKey(variant(1), TOKYO): (5, 5, None),
        CellKey(variant(2), TOKYO): (5, 5, None),
        CellKey(variant(3), TOKYO): (7, 5, Problem.UNTRACKED),
    }
    connection = store.connection()
    assert connection is not None
    assert connection.shop_name == "Shop"
    assert (store.settings(), store.count_variants()) == ({"poll": 2}, 4)
    assert [row.outcome for row in store.run_rows("run-1")] == [RowOutcome.APPLIED]
    with store.books.view() as view:
        assert [intent.key for intent in view.intents()] == ["key-1"]
    store.check()
    store.close()


def test_version_2_brings_the_figures(tmp_path: Path) -> None:
    unpack(1, tmp_path)
    store = open_store(tmp_path)
    assert figures.read(store._db.source) == figures.counted_anew(store._db.source)
    assert (store.count_unmapped_local(), store.count_unmapped_shopify()) == (1, 1)
    counts = store.count_cells()
    assert (counts[CellState.IN_SYNC], counts[CellState.NEEDS_YOU]) == (2, 1)
    store.set_level(LevelKey("A", WAREHOUSE, "good"), 6, BY_HAND)
    assert store.count_cells()[CellState.PENDING_PUSH] == 2  # the triggers are there
    store.close()


def test_version_3_no_longer_pays_for_an_index_that_nobody_asks(tmp_path: Path) -> None:
    unpack(2, tmp_path)
    store = open_store(tmp_path)
    found = store._db.source.rows("SELECT name FROM sqlite_master WHERE type = 'index'")
    names = {name for (name,) in found}
    assert "cells_by_state" in names
    assert "cells_by_location_id" not in names
    store.close()


def test_version_4_looks_up_problems_and_doubts(tmp_path: Path) -> None:
    unpack(3, tmp_path)
    store = open_store(tmp_path)
    assert [cell.key for cell in store.cells_with([Problem.UNTRACKED])] == [
        CellKey(variant(3), TOKYO)
    ]
    assert store.count_doubts() == 0
    with store.books.transaction() as tx:
        tx.put_mapping(SkuMapping(variant(1), "A", doubt=Problem.SKU_CHANGED))
    assert [m.inventory_item_id for m in store.mappings_in_doubt()] == [variant(1)]
    assert store.count_doubts() == 1  # the triggers are there
    store.check()
    store.close()


def test_version_5_has_cells_that_cost_less_to_write(tmp_path: Path) -> None:
    unpack(4, tmp_path)
    store = open_store(tmp_path)
    source = store._db.source
    shape = source.rows("SELECT sql FROM sqlite_master WHERE name = 'cells'")[0][0]
    assert "STORED" in shape
    plan = source.rows(
        "EXPLAIN QUERY PLAN SELECT min(changed_at) FROM cells WHERE changed_at IS NOT NULL"
    )
    assert "cells_by_changed_at" in plan[0][-1]
    store.set_level(LevelKey("A", WAREHOUSE, "good"), 6, BY_HAND)
    assert store.count_cells()[CellState.PENDING_PUSH] == 2  # the triggers are there
    store.check()
    store.close()


def test_version_6_has_the_outbox_tell_which_cells_wait(tmp_path: Path) -> None:
    """One cell of the write has been made anew since; another has a problem."""
    unpack(5, tmp_path)
    store = open_store(tmp_path)
    waiting = [cell.key for cell in store.cells() if cell.intent == "key-1"]
    assert waiting == [CellKey(variant(1), TOKYO), CellKey(variant(3), TOKYO)]
    counts = store.count_cells()
    assert (counts[CellState.PUSHING], counts[CellState.IN_SYNC]) == (2, 1)
    with store.books.transaction() as tx:
        tx.remove_intent("key-1")
    assert [(cell.intent, cell.state) for cell in store.cells()] == [
        (None, CellState.IN_SYNC),
        (None, CellState.IN_SYNC),
        (None, CellState.NEEDS_YOU),
    ]
    store.check()
    store.close()


def test_version_6_knows_the_state_of_each_cell_that_waited(tmp_path: Path) -> None:
    numbers = (None, -1, 0, 2)
    problems = (None, *Problem)
    told = [*product(numbers, numbers, numbers, problems)]
    with closing(sqlite3.connect(unpack(5, tmp_path))) as old:
        for n, (here, there, base, problem) in enumerate(told):
            rejected = problem is Problem.REJECTED
            doc = {
                "state": "needs_you" if rejected else "pushing",
                "sku_number": f"S{n}",
                "location_id": WAREHOUSE,
                "detail": "",
                "updated_at": "",
                "read_at": "",
                "intent": "key-1",
                "here": here,
                "there": there,
                "base": base,
                "problem": problem and problem.value,
            }
            kept = json.dumps({name: value for name, value in doc.items() if value is not None})
            old.execute("INSERT INTO cells (id, doc) VALUES (?, ?)", (f"new-{n:05}|x", kept))
        old.commit()
    store = open_store(tmp_path)
    by_state = {state: set(store.cells([state])) for state in CellState}
    cells = [cell for cell in store.cells() if cell.key.inventory_item_id.startswith("new-")]
    assert [(c.here, c.there, c.base, c.problem) for c in cells] == told
    assert all(cell.intent is None and cell in by_state[cell.state] for cell in cells)
    store.check()
    store.close()


def test_version_7_has_a_row_for_each_end_that_is_put_aside(tmp_path: Path) -> None:
    unpack(6, tmp_path)
    store = open_store(tmp_path)
    assert store.ignored_ends() == {("here", "C"), ("there", variant(4)), ("here", "gone|x")}
    assert (store.count_unmapped_local(), store.count_unmapped_shopify()) == (0, 0)
    store.check()
    store.close()


def test_version_7_takes_it_from_the_settings_where_it_was_first(tmp_path: Path) -> None:
    with closing(sqlite3.connect(unpack(6, tmp_path))) as old:
        old.execute("DELETE FROM meta WHERE id = 'ignored'")
        kept = json.dumps({"poll": 2, "ignored": [["here", "C"]]})
        old.execute("UPDATE meta SET doc = ? WHERE id = 'settings'", (kept,))
        old.commit()
    store = open_store(tmp_path)
    assert (store.ignored_ends(), store.settings()) == ({("here", "C")}, {"poll": 2})
    store.close()


def test_an_old_file_gets_the_indexes_triggers_and_figures_of_a_fresh_one(tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    fresh = open_store(tmp_path / "fresh")
    shape = _shape(fresh)
    fresh.close()
    for version in range(1, INVENTORY.version):
        folder = tmp_path / str(version)
        folder.mkdir()
        unpack(version, folder)
        store = open_store(folder)
        assert _shape(store) == shape
        store.close()


def _shape(store: BrandStore) -> object:
    source = store._db.source
    things = source.rows("SELECT type, name, tbl_name FROM sqlite_master")
    indexes = source.rows("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
    return sorted(things), sorted(indexes), sorted(figures.read(source))


def test_who_has_it_open_does_not_change_what_a_newer_program_has_made_of_it(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path)
    store.put_items([Item("A")])
    with closing(sqlite3.connect(tmp_path / "inventory.db")) as newer:
        newer.execute(f"PRAGMA user_version = {INVENTORY.version + 1}")
        with pytest.raises(NewerFile, match="newer dextre-sync"):
            store.put_items([Item("B")])
        with pytest.raises(NewerFile):
            store.submit(lambda tx: tx.put_mapping(SkuMapping(variant(1), "A"))).result()
        assert newer.execute("SELECT id FROM items").fetchall() == [("A",)]
    store.close()


def test_an_sqlite_that_is_too_old_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.sqlite.sqlite3.sqlite_version_info", (3, 31, 1))
    monkeypatch.setattr("core.store.sqlite.sqlite3.sqlite_version", "3.31.1")
    with pytest.raises(CannotOpen, match=r"SQLite is 3\.31\.1; 3\.33 or newer"):
        open_store(tmp_path / "inventory.db")
    assert not (tmp_path / "inventory.db").exists()
