"""Edits of the mapping at the desk: kept on disk, shown at once, taken back and done again."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.exchange import ImportRefused
from core.matching import Filter
from core.model import Item, Label, MappedBy, MappingRow, MatchState, SkuMapping, Variant
from core.sync.events import MappingsChanged, SkuMapped, SkuUnmapped
from core.sync.ports import BooksTx
from core.workspace import Desk, Workspace
from core.workspace.errors import EditOvertaken


def gid(n: int) -> str:
    return f"gid://shopify/InventoryItem/{n}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Workspace(tmp_path) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk()
        desk._store.put_items([Item("TEA-1", "Green"), Item("TEA-2", "Black"), Item("CUP", "Cup")])
        desk._store.replace_variants(
            [
                Variant(gid(1), "v1", "TEA-1"),
                Variant(gid(2), "v2", "tea 2"),
                Variant(gid(3), "v3", "POT", "", "Pot"),
            ]
        )
        yield desk


def standing(desk: Desk) -> dict[str, str]:
    return {one.inventory_item_id: one.sku_number for one in desk._store.mappings()}


def shown(desk: Desk, chosen: Filter) -> list[MappingRow]:
    view = desk.mapping_view()
    return view.at(view.find(chosen))


def test_every_edit_can_be_undone_and_redone_in_order(desk: Desk) -> None:
    desk.map_one(gid(3), "CUP")
    desk.map_one(gid(1), "TEA-1")
    desk.unmap_many([gid(3), gid(1)])
    assert standing(desk) == {}
    assert desk.undo_edit() == 2
    assert standing(desk) == {gid(1): "TEA-1", gid(3): "CUP"}
    desk.undo_edit()
    assert standing(desk) == {gid(3): "CUP"}
    assert len(shown(desk, Filter.BY_HAND)) == 1
    assert (desk.edits_to_undo, desk.edits_to_redo) == (1, 2)
    desk.redo_edit()
    assert standing(desk) == {gid(1): "TEA-1", gid(3): "CUP"}
    desk.map_one(gid(2), "TEA-2")
    assert desk.edits_to_redo == 0
    assert desk.redo_edit() == 0


def by_rule(desk: Desk, *mapped: tuple[str, str]) -> None:
    mappings = [SkuMapping(there, here, MappedBy.RULE) for there, here in mapped]

    def work(tx: BooksTx) -> None:
        for mapping in mappings:
            tx.put_mapping(mapping)

    desk._store.submit(work).result()


def test_an_item_that_gets_another_variant_keeps_the_one_of_the_rule(desk: Desk) -> None:
    by_rule(desk, (gid(1), "TEA-1"))
    desk.map_one(gid(3), "TEA-1")
    assert {one.by for one in desk._store.mappings()} == {MappedBy.HAND}
    assert standing(desk) == {gid(1): "TEA-1", gid(3): "TEA-1"}
    desk.undo_edit()
    assert list(desk._store.mappings()) == [SkuMapping(gid(1), "TEA-1", MappedBy.RULE)]


def test_a_file_tells_which_items_get_several_variants(desk: Desk, tmp_path: Path) -> None:
    by_rule(desk, (gid(1), "TEA-1"))
    file = tmp_path / "m.csv"
    file.write_text(f"inventory_item_id,sku_number\n{gid(3)},TEA-1\n{gid(2)},TEA-2\n")
    preview = desk.preview_mappings(file)
    assert preview.shared == ("TEA-1",)
    assert [change.inventory_item_id for change in preview.changes] == [gid(3), gid(2)]
    assert desk.import_mappings(preview) == 2
    assert {one.by for one in desk._store.mappings()} == {MappedBy.HAND}


def test_edits_are_told_in_the_log_one_by_one_and_many_together(desk: Desk) -> None:
    def told() -> list[tuple[str, str, str]]:
        found = (SkuMapped, SkuUnmapped)
        return [(e.code, e.sku, e.there) for e in desk.log() if isinstance(e, found)]

    desk.map_one(gid(3), "CUP")
    desk.map_one(gid(3), "TEA-2")
    desk.undo_edit()
    assert told() == [
        ("sku_mapped", "CUP", "POT"),
        ("sku_unmapped", "CUP", "POT"),
        ("sku_mapped", "TEA-2", "POT"),
        ("sku_unmapped", "TEA-2", "POT"),
        ("sku_mapped", "CUP", "POT"),
    ]
    mapping = SkuMapping(gid(1), "TEA-1")
    (many,) = desk._edit_events([mapping] * 100, [mapping])
    assert isinstance(many, MappingsChanged)
    assert (many.mapped, many.unmapped) == (100, 1)


def test_an_edit_whose_rows_have_changed_since_is_not_undone(desk: Desk) -> None:
    desk.map_one(gid(3), "CUP")
    desk._store.submit(
        lambda tx: tx.put_mapping(SkuMapping(gid(3), "TEA-2", MappedBy.HAND))
    ).result()
    with pytest.raises(EditOvertaken):
        desk.undo_edit()
    assert standing(desk) == {gid(3): "TEA-2"}
    assert desk.edits_to_undo == 0


def test_ignoring_unmaps_keeps_aside_and_comes_back_by_undo(desk: Desk, tmp_path: Path) -> None:
    desk.map_one(gid(1), "TEA-1")
    (row,) = shown(desk, Filter.MAPPED)
    assert desk.ignore([row]) == 1
    assert standing(desk) == {}
    assert len(shown(desk, Filter.IGNORED)) == 2
    assert shown(desk, Filter.MAPPED) == []
    with Workspace(tmp_path) as again:
        assert len(again.desk().ignored_ends()) == 2, "it is kept on disk"
    assert desk.undo_edit() == 1, "of one row, though it has two ends"
    assert shown(desk, Filter.IGNORED) == []
    assert standing(desk) == {gid(1): "TEA-1"}
    desk.redo_edit()
    desk.notice(shown(desk, Filter.IGNORED))
    assert not desk.ignored_ends()
    assert standing(desk) == {}, "it waits for a person, or for Map"


def test_mapping_by_hand_takes_an_ignored_row_up_again(desk: Desk) -> None:
    rows = [row for row in shown(desk, Filter.ALL) if row.variant is None]
    desk.ignore(rows)
    desk.map_one(gid(3), "CUP")
    assert ("here", "CUP") not in desk.ignored_ends()
    assert ("here", "TEA-2") in desk.ignored_ends()


def test_suggested_counterparts_are_taken_where_there_is_exactly_one(desk: Desk) -> None:
    assert desk.map_suggested(shown(desk, Filter.ALL)) == 2
    assert standing(desk) == {gid(1): "TEA-1", gid(2): "TEA-2"}
    assert desk.undo_edit() == 2
    assert standing(desk) == {}


def test_a_file_is_shown_before_it_is_read_in(desk: Desk, tmp_path: Path) -> None:
    desk.map_one(gid(1), "TEA-1")
    path = _edited(desk, tmp_path, gid(1), "TEA-2")
    preview = desk.preview_mappings(path)
    assert [(one.before, one.after) for one in preview.changes] == [("TEA-1", "TEA-2")]
    assert standing(desk) == {gid(1): "TEA-1"}
    assert desk.import_mappings(preview) == 1
    assert standing(desk) == {gid(1): "TEA-2"}
    with pytest.raises(EditOvertaken):
        desk.import_mappings(preview)
    assert desk.undo_edit() == 1


def test_a_file_with_a_wrong_line_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    preview = desk.preview_mappings(_edited(desk, tmp_path, gid(3), "NO-SUCH"))
    assert len(preview.problems) == 1
    with pytest.raises(ImportRefused):
        desk.import_mappings(preview)
    assert standing(desk) == {}


@pytest.mark.parametrize(
    ("there", "here", "column"), [(3, "NO-SUCH", "sku_number"), (99, "TEA-1", "inventory_item_id")]
)
def test_a_wrong_line_names_the_column_that_is_wrong(
    desk: Desk, tmp_path: Path, there: int, here: str, column: str
) -> None:
    path = _edited(desk, tmp_path, gid(3), here)
    path.write_text(path.read_text("utf-8").replace(gid(3), gid(there)), "utf-8")
    (problem,) = desk.preview_mappings(path).problems
    assert problem.field == column


def test_a_line_without_a_variant_that_was_edited_is_left_out_and_told(
    desk: Desk, tmp_path: Path
) -> None:
    desk.map_one(gid(1), "TEA-1")
    out = io.StringIO()
    assert desk.export_mappings(out) == 5
    path = tmp_path / "edited.csv"
    path.write_text(out.getvalue(), "utf-8")
    assert desk.preview_mappings(path).skipped == (), "TEA-2 and CUP, as they were written out"
    assert desk.preview_mappings(path).rows == 5
    assert desk.preview_mappings(path).unchanged == 5
    for to in ("TEA-1", "TEA-2", "NO-SUCH"):
        lines = out.getvalue().splitlines()
        (at,) = [n for n, line in enumerate(lines) if line.startswith(",") and "CUP" in line]
        lines[at] = lines[at].replace("CUP", to)
        lines.sort(key=lambda line: line.startswith(","))  # the line that stands comes first
        path.write_text("\n".join(lines) + "\n", "utf-8")
        preview = desk.preview_mappings(path)
        (skipped,) = preview.skipped
        assert "names no Shopify variant" in str(skipped)
        assert skipped.params == {"sku": to}
        assert (preview.rows, preview.unchanged, preview.problems) == (5, 4, ())


def _edited(desk: Desk, folder: Path, inventory_item_id: str, sku_number: str) -> Path:
    """The mappings written out, with one line changed as in a spreadsheet."""
    out = io.StringIO()
    desk.export_mappings(out)
    out.seek(0)
    rows = list(csv.DictReader(out))
    for row in rows:
        if row["inventory_item_id"] == inventory_item_id:
            row["sku_number"] = sku_number
    path = folder / "edited.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["inventory_item_id"])
    return path


def test_the_table_follows_changes_of_another_process(desk: Desk) -> None:
    desk.load_mapping()
    assert desk.mapping_is_fresh()
    desk._store.put_items([Item("NEW")])
    assert not desk.mapping_is_fresh()
    old = desk.mapping_view_now()
    assert old is not None
    assert old.size(Filter.ONLY_HERE) == 3, "what was made last is shown meanwhile"
    assert desk.mapping_view().size(Filter.ONLY_HERE) == 4
    assert desk.mapping_counts()[MatchState.ONLY_HERE] == 4


def test_two_who_ask_for_the_table_at_once_get_one_that_was_made_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    began, let = threading.Event(), threading.Event()
    items = desk._store.items

    def slowly() -> Iterator[Item]:
        made.append(None)
        began.set()
        assert let.wait(20)
        return items()

    monkeypatch.setattr(desk._store, "items", slowly)
    told: list[tuple[int, int | None]] = []
    first = threading.Thread(
        target=desk.load_mapping, args=(lambda done, total: told.append((done, total)),)
    )
    first.start()
    assert began.wait(20)
    second = threading.Thread(target=desk.load_mapping)
    second.start()
    let.set()
    first.join()
    second.join()
    assert len(made) == 1
    assert told[-1] == (6, 6)


def test_a_table_that_was_made_while_names_changed_is_old(desk: Desk) -> None:
    items = desk._store.items

    def changing() -> Iterator[Item]:
        yield from items()
        desk._items_differ()

    desk._store.items = changing  # type: ignore[method-assign]
    desk.load_mapping()
    assert not desk.mapping_is_fresh()


def test_new_skus_are_mapped_at_once_or_only_proposed(desk: Desk) -> None:
    assert desk.maps_new_at_once()
    desk.set_maps_new(at_once=False)
    assert not desk.maps_new_at_once()


def test_the_index_of_items_finds_what_the_store_finds(desk: Desk) -> None:
    index = desk.item_index()
    for search in ("", "t", "te", "tea", "te", "ｔｅａ 2", "zzz", "cup"):
        found = [index.sku(place) for place in index.find(search)]
        assert found == [item.sku_number for item in desk.items(search)], search


def test_the_index_of_items_knows_where_each_is(desk: Desk) -> None:
    names = ["A", "a", "A-1", "A 1", "Ａ", "AB", "茶", "茶\t1", "ﾁｬ", "ß", "SS", "B\t"]
    desk._store.put_items([Item(name, f"x{n % 3}") for n, name in enumerate(names)])
    desk._store.put_items([Item("NO-NAME")])
    index = desk.item_index()
    for place in range(len(index)):
        assert index.place_of(index.sku(place)) == place
    assert index.place_of("A-") is None
    assert index.place_of("ZZZ") is None


def test_a_move_of_stock_is_two_movements_or_none(desk: Desk) -> None:
    desk.add_label(Label("main", "Main"))
    desk.add_location("Shop")
    desk.add_location("Store")
    desk.set_stock("CUP", "Shop", 5)
    desk.move_stock("CUP", ("Shop", None), ("Store", None), 2, "display")
    held = {desk.location_name(one.key.location_id): one.quantity for one in desk.levels_of("CUP")}
    assert held == {"Shop": 3, "Store": 2}


def test_stock_of_many_items_is_changed_in_one_commit_and_told_item_by_item(desk: Desk) -> None:
    desk.add_label(Label("NEW", "New"))
    desk.add_location("Shop")
    desk.add_location("Store room")
    skus = ["TEA-1", "TEA-2", "CUP"]
    told: list[tuple[int, int | None]] = []
    made = desk.set_stock_many(
        skus, "Shop", 9, reason="counted", progress=lambda *n: told.append(n)
    )
    assert told == [(3, 3)]
    assert {one.at for one in made} == {made[0].at}
    assert [one.cause.reason for one in made] == ["counted"] * 3
    desk.move_stock_many(skus, ("Shop", None), ("Store room", None), 4)
    deltas = [
        ("CUP", "Shop", None, -1),
        ("CUP", "Shop", None, -1),
        ("TEA-1", "Store room", None, 1),
    ]
    desk.adjust_stock_many(deltas)
    held = {
        (level.key.sku_number, desk.location_name(level.key.location_id)): level.quantity
        for sku in skus
        for level in desk.levels_of(sku)
    }
    assert held["CUP", "Shop"] == 3
    assert held["TEA-1", "Store room"] == 5
    changed = [event for event in desk.log(sku="CUP") if event.code == "changed_here"]
    assert [(event.before, event.after) for event in changed] == [  # type: ignore[attr-defined]
        (None, 9),
        (9, 5),
        (None, 4),
        (5, 3),
    ]
