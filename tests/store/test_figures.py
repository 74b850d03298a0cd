"""Figures kept by triggers equal what counting would find, whoever changes the rows and how."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.model import Cell, CellKey, CellState, Item, Problem, SkuMapping, Variant
from core.store import BrandStore, figures
from core.store.errors import Damaged
from tests.store.given import open_store, undone

PLACE = "gid://shopify/Location/9"
skus = st.sampled_from(["A", "B", "C"])
ids = st.sampled_from(["1", "2", "3"])


class FiguresFit(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name))

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(sku=skus, name=st.sampled_from(["x", "y"]))
    def item(self, sku: str, name: str) -> None:
        self.store.put_items([Item(sku, name)])

    @rule(sku=skus)
    def no_item(self, sku: str) -> None:
        self.store._db.table("items").remove(doc_ids=[sku])

    @rule(numbers=st.lists(ids))
    def catalogue(self, numbers: list[str]) -> None:
        self.store.replace_variants(Variant(n, f"v{n}", "A") for n in numbers)

    @rule(item=ids, sku=skus, doubt=st.none() | st.just(Problem.DUPLICATE))
    def mapping(self, item: str, sku: str, doubt: Problem | None) -> None:
        with self.store.books.transaction() as tx:
            tx.put_mapping(SkuMapping(item, sku, doubt=doubt))

    @rule(item=ids)
    def no_mapping(self, item: str) -> None:
        with self.store.books.transaction() as tx:
            tx.remove_mapping(item)

    @rule(side=st.sampled_from(["here", "there"]), key=skus | ids, other=skus | ids)
    def put_aside(self, side: str, key: str, other: str) -> None:
        self.store.change_ignored([(side, key)], [(side, other)])

    @rule(item=ids, sku=skus)
    def mapped_again_at_once(self, item: str, sku: str) -> None:
        with self.store.books.transaction() as tx:
            tx.remove_mapping(item)
            tx.put_mapping(SkuMapping(item, sku))

    @rule(
        item=ids,
        problem=st.sampled_from([None, Problem.BUNDLE, Problem.IGNORED]),
        base=st.none() | st.integers(0, 1),
    )
    def cell(self, item: str, problem: Problem | None, base: int | None) -> None:
        with self.store.books.transaction() as tx:
            tx.put_cell(Cell(CellKey(item, PLACE), "A", "here", base=base, problem=problem))

    @rule(item=ids)
    def no_cell(self, item: str) -> None:
        with self.store.books.transaction() as tx:
            tx.remove_cell(CellKey(item, PLACE))

    @rule(name=st.sampled_from(["items", "mappings", "variants", "cells", "ignored"]))
    def nothing_left(self, name: str) -> None:
        self.store._db.drop_table(name)

    @rule(item=ids, sku=skus)
    def taken_back(self, item: str, sku: str) -> None:
        with undone(self.store._db), self.store.books.transaction() as tx:
            tx.put_mapping(SkuMapping(item, sku))
            self.store._db.drop_table("items")

    @invariant()
    def figures_are_what_counting_finds(self) -> None:
        source = self.store._db.source
        assert figures.read(source) == figures.counted_anew(source)


TestFiguresFit = FiguresFit.TestCase
TestFiguresFit.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)


def test_the_check_finds_figures_that_do_not_fit(store: BrandStore) -> None:
    store.check()
    with store._db.transaction():
        store._db.file.execute("UPDATE figures SET n = 7 WHERE name = 'cells.in_sync'")
    with pytest.raises(Damaged, match="figures"):
        store.check()


def test_figures_cost_the_same_at_any_size(store: BrandStore) -> None:
    def ask() -> float:
        begun = time.perf_counter()
        for _ in range(20):
            store.count_cells(), store.count_unmapped_local(), store.count_items()
        return time.perf_counter() - begun

    few = min(ask() for _ in range(3))
    cell = Cell(CellKey("", PLACE), "A", "here", problem=Problem.DELETED)
    docs = [(f"{n}|{PLACE}", {"state": "in_sync", "detail": cell.detail}) for n in range(20_000)]
    store._db.table("cells").put_many(docs)
    store.put_items(Item(f"S{n}") for n in range(20_000))
    assert store.count_cells()[CellState.IN_SYNC] == store.count_items() == 20_000
    assert min(ask() for _ in range(3)) < few * 10  # counting would take 100 times as long
