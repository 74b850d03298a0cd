"""What is read beside the screen: once at a time, its progress seen, keys live, and memory not
collected meanwhile.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.matching import MappingView
from core.sync.events import ItemAdded
from core.workspace.index import ItemIndex
from tests.tui.fakes import AT, FakeDesk
from tests.tui.seeing import press, running, seen, settled, type_text
from tui import memory
from tui.screens.mapping import MappingScreen


class SlowDesk(FakeDesk):
    """Reads when it is let: `begun` counts who began to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0
        self.let = threading.Event()
        self.read: MappingView | None = None
        self.progress: Any = None

    def mapping_view_now(self) -> MappingView | None:
        return self.read

    def mapping_is_fresh(self) -> bool:
        return self.read is not None

    def load_mapping(self, progress: Any = None) -> None:
        self.begun += 1
        self.progress = progress
        progress(1_000, 3_000)
        assert self.let.wait(20)
        self.read = self.mapping_view()

    def item_index(self, progress: Any = None) -> ItemIndex:
        self.begun += 1
        index = super().item_index(progress)
        assert self.let.wait(20)
        return index


@pytest.fixture
def desk() -> Iterator[SlowDesk]:
    desk = SlowDesk()
    yield desk
    desk.let.set()


async def test_the_mapping_is_read_once_however_often_it_is_asked_for(
    tmp_path: Path, desk: SlowDesk
) -> None:
    async with running(tmp_path, desk) as (app, pilot):
        app.open_session.few_rows = lambda: False  # type: ignore[method-assign]
        await pilot.press("3", "slash")
        await type_text(pilot, "tea-031")
        await pilot.press("enter", "1", "3")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, MappingScreen)
        screen._show_reading()
        await pilot.pause()
        assert "Read so far: 1,000 of 3,000" in seen(app)
        desk.progress(3_000, 3_000)
        screen._show_reading()
        await pilot.pause()
        assert "being compared" in seen(app)
        assert not gc.isenabled()
        desk.let.set()
        await settled(app, pilot)
        assert desk.begun == 1
        assert gc.isenabled()
        assert "TEA-031" in seen(app), "what was typed meanwhile is the filter"
        assert "TEA-004" not in seen(app)


async def test_a_mapping_that_is_old_when_it_is_read_is_read_again(
    tmp_path: Path, desk: SlowDesk
) -> None:
    desk.mapping_is_fresh = lambda: desk.begun > 1  # type: ignore[method-assign]
    async with running(tmp_path, desk) as (app, pilot):
        app.open_session.few_rows = lambda: False  # type: ignore[method-assign]
        desk.let.set()
        await press(app, pilot, "3")
        await settled(app, pilot)
        assert desk.begun == 2


async def test_the_items_are_read_once_and_again_where_others_came_meanwhile(
    tmp_path: Path, desk: SlowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.session.FEW_ITEMS", 0)
    async with running(tmp_path, desk) as (app, pilot):
        await pilot.press("2", "slash")
        await type_text(pilot, "tea-031")
        await pilot.pause()
        assert "TEA-031" in seen(app), "from the store meanwhile"
        assert desk.begun == 1
        added = ItemAdded(at=AT, brand=desk.brand.name, sku="NEW")
        desk.feeds[-1].waiting.append(added)
        app.pump()
        desk.let.set()
        await settled(app, pilot)
        await settled(app, pilot)  # the second reading, too
        assert desk.begun == 2, "what was read is old"
        assert app.open_session.index is not None


def test_collections_begin_again_when_the_last_reading_has_ended() -> None:
    before = gc.isenabled()
    try:
        with memory.growing():
            with memory.growing():
                assert not gc.isenabled()
            assert not gc.isenabled()
            memory.settle()
            assert not gc.isenabled()
        assert gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()
        gc.unfreeze()
