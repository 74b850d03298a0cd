"""Settings: what may be set, what counts as set, and that a running engine takes it up at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.model import CellKey, Item, Label, LocationPair, QuantityName, SkuMapping
from core.practice import PracticeShop
from core.sync import cells
from core.sync.breaker import Limits
from core.sync.events import SettingChanged
from core.sync.ports import BooksTx
from core.sync.reading import Pacing, WorkingSet
from core.workspace import Desk, Workspace
from core.workspace.settings import SETTINGS, limits_of, named, pacing_of, shown
from core.workspace.tuning import LinkMustBeOff, WritesAreOpen
from tests.twins.world import World


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    workspace = Workspace(tmp_path)
    workspace.add_brand("Acme")
    return workspace.desk("Acme")


def until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.01)


def test_what_nobody_set_is_as_the_program_has_it(desk: Desk) -> None:
    assert desk.limits() == Limits()
    assert desk.pacing_settings() == Pacing()
    assert not any(one.changed for one in desk.settings())


def test_a_setting_counts_and_goes_back(desk: Desk) -> None:
    assert desk.set_setting("breaker.zeroed_percent", "2.5").value == "2.5"
    assert desk.set_setting("pacing.slow_when_quiet", "OFF").value == "off"
    assert (desk.limits().zeroed_share, desk.pacing_settings().slow_when_quiet) == (0.025, False)
    assert {one.name for one in desk.settings() if one.changed} == {
        "breaker.zeroed_percent",
        "pacing.slow_when_quiet",
    }
    desk.reset_setting("breaker.zeroed_percent")
    assert desk.limits() == Limits()


def test_who_set_what_is_in_the_log(desk: Desk) -> None:
    desk.set_setting("pacing.tick_s", "3")
    desk.set_setting("pacing.tick_s", "3.0")
    told = [event for event in desk.log() if isinstance(event, SettingChanged)]
    assert [(event.name, event.before, event.after) for event in told] == [
        ("pacing.tick_s", "2", "3")
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pacing.tick_s", "0.5"),
        ("pacing.tick_s", "nan"),
        ("pacing.tick_s", "often"),
        ("breaker.gone_at_least", "2.5"),
        ("breaker.gone_at_least", "-1"),
        ("pacing.slow_when_quiet", "perhaps"),
        ("link.quantity", "committed"),
        ("pacing.tack_s", "2"),
        ("", ""),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(desk: Desk, name: str, text: str) -> None:
    before = desk.settings()
    with pytest.raises(BadInput):
        desk.set_setting(name, text)
    assert desk.settings() == before


def test_many_at_once_are_all_or_none(desk: Desk) -> None:
    desk.set_limits(Limits(zeroed_share=0.07, gone_at_least=3))
    assert desk.limits() == Limits(zeroed_share=0.07, gone_at_least=3)
    with pytest.raises(BadInput, match=r"pacing\.tick_s"):
        desk.set_pacing(Pacing(sweep_s=60, tick_s=0.1))
    assert desk.pacing_settings() == Pacing()
    desk.set_pacing(Pacing(sweep_s=60))
    assert desk.pacing_settings() == Pacing(sweep_s=60)


@given(st.dictionaries(st.sampled_from([one.name for one in SETTINGS]), st.from_type(object)))
def test_whatever_a_newer_version_has_left_there_the_engine_goes_on(
    values: dict[str, object],
) -> None:
    assert limits_of(values).zeroed_share <= 1
    assert 1 <= pacing_of(values).tick_s <= 60


@given(st.sampled_from(SETTINGS))
def test_every_default_can_be_typed(one: object) -> None:
    setting = named(one.name)  # type: ignore[attr-defined]
    assert setting.parse(shown(setting.default)) == setting.default


def test_every_setting_is_explained_with_its_default() -> None:
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        [row] = [line for line in text.splitlines() if f"`{setting.name}`" in line]
        names, defaults = row.split("|")[1:3]
        named_here = [name.strip().strip("`") for name in names.split(",")]
        values = [value.strip() for value in defaults.split(",")]
        assert values[named_here.index(setting.name)] == shown(setting.default)


# -- a running engine ----------------------------------------------------------------------------


def test_a_running_engine_takes_up_what_another_process_set(tmp_path: Path) -> None:
    shop = PracticeShop(variants=2, locations=1)
    with (
        Workspace(tmp_path, transport=shop.transport()) as running,
        Workspace(tmp_path) as other,
    ):
        running.add_brand("Acme")
        from core.model import Credentials, Secret

        desk = running.desk()
        desk.connect(Credentials(shop.domain, Secret(shop.access_token))).result()
        desk.start()
        until(lambda: desk._session is not None)
        session = desk._session
        assert session is not None
        other.desk().set_setting("pacing.tick_s", "7")
        other.desk().set_setting("breaker.gone_at_least", "99")
        until(lambda: session.engine.reader.pacing.tick_s == 7)
        until(lambda: session.engine.sender.limits.gone_at_least == 99)
        assert session.engine.pacing.tick_s == session.engine.sender.pacing.tick_s == 7


async def test_higher_limits_let_a_stopped_pull_go_on() -> None:
    world = World()
    world.pair("x")
    for n in range(60):
        world.linked(here=5, there=5, base=5, item=f"i{n}", sku=f"S{n}")
    allowed = [Limits()]
    world.engine._tuning = lambda: (world.pacing, allowed[0])
    for n in range(30):
        key = next(k for k in world.shop.levels if k.inventory_item_id == f"i{n}")
        world.shop.put(key, 0)
    from core.sync.breaker import TooManyZeros

    with pytest.raises(TooManyZeros):
        await world.engine.read_pass()
    allowed[0] = Limits(zeroed_share=0.6)
    await world.engine.read_pass()
    assert [world.here(f"S{n}") for n in (0, 29, 30)] == [0, 0, 5]


def test_quiet_means_fewer_readings_only_where_that_is_wished() -> None:
    assert Pacing().tick(quiet_passes=30) == 10
    assert Pacing(slow_when_quiet=False).tick(quiet_passes=30) == 2
    assert Pacing(tick_s=20).tick(quiet_passes=30) == 20  # never quicker when quiet


def test_the_sweep_keeps_to_its_share_of_the_points() -> None:
    working = WorkingSet()
    keys = [CellKey(f"i{n:07}", "x") for n in range(100_000)]
    working.load(1, keys)
    assert len([*working.slice(Pacing())]) == 3  # all 400 reads in 300 s
    hurried = Pacing(sweep_s=10)
    assert len([*working.slice(hurried)]) == 33  # 100 points of the 200 that two seconds bring
    assert len([*working.slice(Pacing(sweep_s=10, sweep_share=0.1))]) == 6


def test_a_tick_costs_the_same_however_many_cells_rest() -> None:
    for many in (6_000, 20_000, 100_000):
        working = WorkingSet()
        working.load(1, [CellKey(f"i{n:07}", "x") for n in range(many)])
        assert len([*working.slice(Pacing())]) == 3


# -- which quantity ------------------------------------------------------------------------------


def test_another_quantity_needs_the_link_off_and_forgets_every_base(desk: Desk) -> None:
    desk.add_label(Label("main", "Main"))
    place = desk.add_location("Tokyo").id
    store = desk._store
    store.put_items([Item("A")])

    def link(tx: BooksTx) -> None:
        tx.put_mapping(SkuMapping("item-1", "A"))
        cells.pair_locations(tx, (LocationPair(place, "there", "There"),), "main")
        from dataclasses import replace

        [cell] = tx.cells()
        tx.put_cell(cell._replace(base=4, there=4))
        tx.put_link(replace(tx.link(), enabled=True))

    store.submit(link).result()
    with pytest.raises(LinkMustBeOff):
        desk.set_setting("link.quantity", "on_hand")
    assert desk.quantity_name() is QuantityName.AVAILABLE
    desk.disable().result()
    revision = desk.link().revision
    desk.set_setting("link.quantity", "on_hand")
    assert desk.quantity_name() is QuantityName.ON_HAND
    [cell] = desk.cells()
    assert (cell.base, cell.there) == (None, None)
    assert desk.link().revision > revision


def test_a_write_without_an_answer_keeps_the_quantity_as_it_is(desk: Desk) -> None:
    from core.model import Intent, IntentKind, IntentRow

    row = IntentRow(CellKey("item-1", "there"), "A", 4, 1, 5)
    intent = Intent(
        "key", IntentKind.ADJUST, "2026-11-23T10:00:00.000Z", QuantityName.AVAILABLE, (row,)
    )
    desk._store.submit(lambda tx: tx.put_intent(intent)).result()
    with pytest.raises(WritesAreOpen):
        desk.set_quantity_name(QuantityName.ON_HAND)
    assert desk.quantity_name() is QuantityName.AVAILABLE
