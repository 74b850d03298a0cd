"""Every noun comes back from its document as it was."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from core import model
from core.store import records
from core.store.rows import Doc

TEXT = st.text(max_size=12).filter(lambda text: "|" not in text)
NUMBER = st.integers(-(10**9), 10**9)
st.register_type_strategy(str, st.text(max_size=12))
st.register_type_strategy(int, NUMBER)
KEY = st.builds(model.CellKey, TEXT, TEXT)
PLAN_ROW = st.builds(model.PlanRow, key=KEY)


def through_disk(doc: Doc) -> Doc:
    found: Doc = orjson.loads(orjson.dumps(doc))
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_noun_comes_back_as_it_was(data: st.DataObject) -> None:
    label = data.draw(st.builds(model.Label))
    assert records.label_from(label.code, through_disk(records.label_doc(label))) == label
    item = data.draw(st.builds(model.Item))
    assert records.item_from(item.sku_number, through_disk(records.item_doc(item))) == item
    movement = data.draw(st.builds(model.Movement))
    doc = through_disk(records.movement_doc(movement))
    assert records.movement_from(movement.id, doc) == movement
    connection = data.draw(st.builds(model.Connection, domain=TEXT.filter(bool)))
    if connection.api_url != "":
        assert (
            records.connection_from(through_disk(records.connection_doc(connection))) == connection
        )
    shop_location = data.draw(st.builds(model.ShopLocation))
    doc = through_disk(records.shop_location_doc(shop_location))
    assert records.shop_location_from(shop_location.id, doc) == shop_location
    variant = data.draw(st.builds(model.Variant))
    doc = through_disk(records.variant_doc(variant))
    assert records.variant_from(variant.inventory_item_id, doc) == variant


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_part_of_the_link_comes_back_as_it_was(data: st.DataObject) -> None:
    link = data.draw(st.builds(model.Link))
    assert records.link_from(through_disk(records.link_doc(link))) == link
    pair = data.draw(st.builds(model.LocationPair))
    assert records.pair_from(pair.location_id, through_disk(records.pair_doc(pair))) == pair
    mapping = data.draw(st.builds(model.SkuMapping))
    doc = through_disk(records.mapping_doc(mapping))
    assert records.mapping_from(mapping.inventory_item_id, doc) == mapping
    cell = data.draw(st.builds(model.Cell, key=KEY))
    doc = through_disk(records.cell_doc(cell))
    assert records.cell_from(cell.key, doc, cell.intent) == cell
    assert records.cell_key(records.cell_id(cell.key)) == cell.key
    rows = st.lists(st.builds(model.IntentRow, key=KEY), max_size=3).map(tuple)
    intent = data.draw(st.builds(model.Intent, rows=rows))
    assert records.intent_from(intent.key, through_disk(records.intent_doc(intent))) == intent
    run = data.draw(st.builds(model.Run))
    assert records.run_from(run.id, through_disk(records.run_doc(run))) == run
    run_row = data.draw(st.builds(model.RunRow, row=PLAN_ROW))
    assert records.run_row_from(through_disk(records.run_row_doc(run_row))) == run_row


def test_search_text_is_one_for_all_ways_of_writing() -> None:
    doc = records.item_doc(model.Item("ＡＢＣ－1", "ﾃﾞｽｸ STRASSE"))
    assert doc["search"] == records.folded("abc-1\nデスク straße")
