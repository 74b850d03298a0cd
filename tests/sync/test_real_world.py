"""The machine's world itself: a process that is killed at an unlucky moment hangs nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.model import Cause, CauseKind, Cell, CellKey, CellState, PlanKind, Problem
from core.sync import aside
from tests.sync.real_world import LABEL, SKUS, START_WITH, RealWorld


@pytest.mark.parametrize("steps", range(12))
def test_a_process_that_dies_while_another_request_is_delivered_starts_anew(steps: int) -> None:
    world = RealWorld(latency=0.2)
    try:
        world.start()
        world.armed.append(("late", False))
        world.go(3)
        world.change_here(SKUS[0], world.places[0], 2)
        world.go(0, steps)
        world.dies_in_commit = True
        world.deliver()
        assert not world.is_dead
        world.dies_in_commit = False
        world.stop()
        assert world.do(world.engine.rest()).rests
    finally:
        world.close()


@pytest.mark.parametrize("steps", range(0, 60, 2))
def test_a_service_that_dies_while_it_is_told_to_end_starts_anew(steps: int) -> None:
    world = RealWorld(latency=0.0)
    try:
        world.start()
        world.change_here(SKUS[0], world.places[0], 2)
        world.go(0, steps)
        world.dies_in_commit = True
        world.restart()
        world.dies_in_commit = False
        assert world.do(world.engine.rest()).rests
    finally:
        world.close()


def test_a_label_that_allows_negative_stock_from_now_on_clears_what_waited_for_it() -> None:
    world = RealWorld(negative=False)
    key = CellKey(world.items[0], world.places[0])

    def cell() -> Cell:
        with world.store.books.view() as view:
            found = view.cell(key)
        assert found is not None
        return found

    try:
        world.start()
        world.go(3)
        world.practice.sell(*key, START_WITH + 2)
        world.go(10)
        assert cell().problem is Problem.NEGATIVE_NOT_ALLOWED
        world.store.edit_label(replace(world.store.label(LABEL), negative_allowed=True))
        world.go(10)
        assert (cell().here, cell().state) == (-2, CellState.IN_SYNC)
    finally:
        world.close()


def test_a_restore_leaves_out_what_a_person_left_out(tmp_path: Path) -> None:
    world = RealWorld()
    key = CellKey(world.items[0], world.places[0])
    try:
        with world.store.books.transaction() as tx:
            aside.ignore(tx, [key])
        world.store.backup(tmp_path / "b.db")
        world.practice.set_available(*key, 99)
        world.store.restore(tmp_path / "b.db", Cause(CauseKind.RESTORE, "tester"))

        async def enable() -> None:
            await world.runs.enable(await world.runs.plan(PlanKind.PUSH))

        world.do(enable())
        assert world.there(key) == 99
    finally:
        world.close()
