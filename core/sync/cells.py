"""Which cells there are: mapped SKUs × paired locations, and nothing else.

Invariant: after `arrange` in the same transaction as any change of pairs, mappings or label, a
cell exists exactly for each (mapping, pair), so what is not mapped and paired can never be
written. A new cell has no base: nothing flows until it is aligned. A cell that leaves while its
write is in flight is simply gone; the outbox settles the write without it. Cells of a deactivated
location are aside (core.sync.aside).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.model import Cell, CellKey, LocationPair, Problem, SkuMapping
from core.sync.problems import ASIDE, put_aside, without_problem

if TYPE_CHECKING:
    from core.sync.ports import BooksTx


def arrange(tx: BooksTx, *, reset: bool = False) -> int:
    """Make the cells fit pairs and mappings; returns how many there are. `reset` forgets all their
    numbers (another label, another quantity); what is aside stays so.
    """
    pairs = {pair.shopify_location_id: pair for pair in tx.pairs()}
    sku_of = {m.inventory_item_id: m.sku_number for m in tx.mappings()}
    kept: set[CellKey] = set()
    for cell in list(tx.cells()):
        item_id, shopify_location_id = cell.key
        pair = pairs.get(shopify_location_id)
        fits = (
            sku_of.get(item_id) == cell.sku_number
            and pair is not None
            and pair.location_id == cell.location_id
        )
        if pair is None or not fits:
            tx.remove_cell(cell.key)
            continue
        if reset:
            tx.remove_cell(cell.key)  # also from the write that it waits for
            if cell.problem not in ASIDE:
                continue
            cell = Cell(cell.key, cell.sku_number, cell.location_id, problem=cell.problem)
            tx.put_cell(cell)
        kept.add(cell.key)
        if pair.is_active and cell.problem is Problem.LOCATION_INACTIVE:
            tx.put_cell(without_problem(cell))
        elif not pair.is_active and cell.problem is not Problem.LOCATION_INACTIVE:
            tx.put_cell(put_aside(cell, Problem.LOCATION_INACTIVE))
    tx.put_cells(
        _new(key, sku_number, pair)
        for item_id, sku_number in sku_of.items()
        for shopify_location_id, pair in pairs.items()
        if (key := CellKey(item_id, shopify_location_id)) not in kept
    )
    tx.put_link(tx.link().revised())
    return len(sku_of) * len(pairs)


def map_one(tx: BooksTx, mapping: SkuMapping, *, is_bundle: bool = False) -> None:
    """Map (or re-target) one inventory item; costs the number of pairs, not the number of
    mappings. Where it is mapped so already, its cells stay as they are.
    """
    standing = tx.mapping(mapping.inventory_item_id)
    if standing is not None and standing.sku_number == mapping.sku_number:
        tx.put_mapping(mapping)
        tx.put_link(tx.link().revised())
        return
    unmap_one(tx, mapping.inventory_item_id)
    tx.put_mapping(mapping)
    for pair in tx.pairs():
        key = CellKey(mapping.inventory_item_id, pair.shopify_location_id)
        cell = _new(key, mapping.sku_number, pair)
        tx.put_cell(put_aside(cell, Problem.BUNDLE) if is_bundle and pair.is_active else cell)
    tx.put_link(tx.link().revised())


def unmap_one(tx: BooksTx, inventory_item_id: str) -> None:
    if tx.mapping(inventory_item_id) is None:
        return
    tx.remove_mapping(inventory_item_id)
    for pair in tx.pairs():
        tx.remove_cell(CellKey(inventory_item_id, pair.shopify_location_id))
    tx.put_link(tx.link().revised())


def pair_locations(tx: BooksTx, pairs: tuple[LocationPair, ...], label_code: str) -> None:
    """Replace all pairs and the label. Another label means other numbers: every base is
    forgotten.
    """
    reset = tx.link().label_code != label_code
    tx.put_link(replace(tx.link(), label_code=label_code))
    tx.put_pairs(pairs)
    arrange(tx, reset=reset)


def _new(key: CellKey, sku_number: str, pair: LocationPair) -> Cell:
    cell = Cell(key, sku_number, pair.location_id)
    return cell if pair.is_active else put_aside(cell, Problem.LOCATION_INACTIVE)
