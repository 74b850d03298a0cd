"""The runs that were applied: listed, shown row by row, and named by the start of their id."""

from __future__ import annotations

import re

from tests.commands.conftest import Line, Served, places_of, skus_of


def test_a_shop_without_runs_says_so(mapped: Line) -> None:
    assert "No mass change" in mapped("runs").out
    assert mapped("runs", "--json").json == []


def test_each_run_is_listed_with_what_it_came_to_and_whether_it_was_undone(
    mapped: Line, served: Served
) -> None:
    one, two, *_ = skus_of(served)
    mapped("push", "--only", one, "--yes")
    mapped("push", "--only", two, "--yes")
    newest, oldest = mapped("runs", "--json").json
    mapped("undo", oldest["id"][:8], "--yes")
    undo, second, first = mapped("runs", "--json").json
    assert undo["undoes"] == first["id"] == oldest["id"]
    assert first["undone_by"] == undo["id"]
    assert second["undone_by"] is None
    assert second["id"] == newest["id"]
    assert newest["id"][:8] in mapped("runs").out


def test_numbers_that_were_equal_do_not_count_as_changed(mapped: Line, served: Served) -> None:
    """As the app's page of runs tells it."""
    one, other, *_ = skus_of(served)
    for sku in (one, other):
        for place in places_of(served):
            served.shop.set_available(sku, place, 50)
    served.shop.set_available(one, places_of(served)[0], 7)
    mapped("push", "--only", one, other, "--yes")
    [run] = mapped("runs", "--json").json
    assert (run["changed"], run["equal"]) == (1, 3)
    head, row = mapped("runs").out.splitlines()
    assert re.search(r"Changed +Equal +Changed since +Refused", head)
    assert re.search(r" 1 +3 +0 +0 ", row)
    shown = mapped("runs", "show", run["id"]).out
    assert re.search(r"^Changed +1$", shown, re.MULTILINE)
    assert re.search(r"^Equal +3$", shown, re.MULTILINE)
    assert "changed" in mapped("runs", "show", run["id"], "--json").json


def test_a_run_is_shown_row_by_row_with_the_numbers_it_found(mapped: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    for place in places_of(served):
        served.shop.set_available(sku, place, 7)
    mapped("push", "--only", sku, "--yes")
    run = mapped("runs", "--json").json[0]["id"]
    assert re.search(rf"{sku}\s+Tokyo\s+50\s+7 → 50\s+✓ Applied", mapped("runs", "show", run).out)
    rows = mapped("runs", "show", run[:6], "--json").json["rows"]
    assert {row["outcome"] for row in rows} == {"applied"}


def test_what_the_log_tells_of_a_run_is_found_by_the_id_that_runs_prints(
    mapped: Line, served: Served
) -> None:
    one, two, *_ = skus_of(served)
    mapped("push", "--only", one, "--yes")
    mapped("push", "--only", two, "--yes")
    run = mapped("runs", "--json").json[1]["id"]
    assert run[:8] in mapped("runs").out
    told = mapped("log", "--run", run[:8]).out
    assert told == mapped("log", "--run", run).out
    assert one in told
    assert two not in told
    assert mapped("log", "--run", run[:8], "--level", "error").out == ""
    said = mapped("log", "--run", "nosuch", code=2)
    assert "nosuch" in said.err
    assert "dextre-sync runs" in said.err


def test_a_run_that_is_not_there_or_not_clear_is_named(mapped: Line, served: Served) -> None:
    for sku in skus_of(served) * 3:  # more than there are first digits of an id
        mapped("push", "--only", sku, "--yes")
    ids = [run["id"] for run in mapped("runs", "--json").json]
    shared = next(a for a in "0123456789abcdef" if sum(i.startswith(a) for i in ids) > 1)
    assert "Several runs" in mapped("runs", "show", shared, code=2).err
    assert "Several runs" in mapped("undo", shared, "--yes", code=2).err
    assert "nosuch" in mapped("runs", "show", "nosuch", code=2).err
    assert "begins with" in mapped("undo", "", "--yes", code=2).err
