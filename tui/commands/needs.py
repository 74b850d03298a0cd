"""`needs-you` lists what waits for a person; its commands are that person's word on it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.errors import N_, NN_, BadInput, TryAgain
from core.model import Choice, Problem, Waiting
from tui import counted
from tui.commands.common import (
    Session,
    confirmed,
    more_rows,
    number,
    progress,
    say,
    say_json,
    table,
    wait,
)
from tui.commands.line import Tree, choice, takes_json, takes_yes, whole
from tui.i18n import _, listed, note_text, tell
from tui.variants import odd_words, sku_words
from tui.when import day_and_time
from tui.words import detail_text, remedy_of, word_of

if TYPE_CHECKING:
    from core.workspace import Desk, Resolved, Siblings

SHOWN = 200
"""Rows that are printed for reading; --json has them all."""

EVERYTHING = 1_000_000_000


class NothingWaits(BadInput):
    code = "nothing_waits"
    message = N_("Nothing of %(what)s waits for you.")
    remedy = N_("`dextre-sync needs-you` lists what does.")


class SayWhich(BadInput):
    code = "say_which"
    message = N_("Say which: a SKU number, or --all-of PROBLEM, and not both.")
    remedy = N_("`dextre-sync needs-you` lists what waits.")


class SomeRefused(TryAgain):
    code = "some_refused"
    message = NN_(
        "%(refused)s of %(rows)s rows was left as it is; it is named above.",
        "%(refused)s of %(rows)s rows were left as they are; each is named above.",
        by="refused",
    )


_ABOUT = {
    Choice.TAKE_HERE: N_("DEXTRE's quantity counts, on both sides."),
    Choice.TAKE_THERE: N_("Shopify's quantity counts, on both sides."),
    Choice.IGNORE: N_("Leave a cell out of the link until you notice it again."),
    Choice.NOTICE: N_("Take an ignored cell up again."),
    Choice.ACTIVATE: N_("Stock the product at that location on Shopify."),
    Choice.TRACK: N_("Have Shopify track the product's quantity."),
    Choice.KEEP: N_("Keep a mapping in doubt, from now on as one made by hand."),
    Choice.FOLLOW: N_("Map to the item that the new SKU on Shopify names."),
    Choice.UNMAP: N_("Remove the mapping; the product leaves the link."),
}


def register(tree: Tree) -> None:
    listing = tree.group("needs-you", _("What waits for a person, and a person's word on it."))
    _takes_list(listing)
    listing.set_defaults(handler=needs_list, parser=listing)
    _takes_list(tree.command("needs-you list", needs_list, _("List what waits for you.")))
    for one, about in _ABOUT.items():
        parser = tree.command(f"needs-you {_word(one)}", _handler(one), _(about))
        parser.add_argument("sku", metavar="SKU", nargs="?")
        parser.add_argument("--location", metavar="NAME", help=_("Only at this DEXTRE location."))
        parser.add_argument(
            "--all-of",
            metavar="PROBLEM",
            type=choice("--all-of", Problem),
            help=_("All rows with this problem: %(problems)s.") % {"problems": listed(_problems())},
        )
        takes_yes(parser)
        takes_json(parser)
    about = _("Say how many there really are; both sides become that.")
    counting = tree.command("needs-you count", needs_count, about)
    counting.add_argument("sku", metavar="SKU")
    counting.add_argument("location", metavar="LOCATION")
    counting.add_argument("quantity", metavar="N", type=whole("N"))
    takes_json(counting)


def _takes_list(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--search", default="", metavar="WORDS", help=_("Only rows with these words.")
    )
    parser.add_argument("--ignored", action="store_true", help=_("List what you left out."))
    takes_json(parser)


def _word(one: Choice) -> str:
    return "count" if one is Choice.COUNT_AGAIN else one.value.replace("_", "-")


def _problems() -> list[str]:
    brand_wide = (Problem.SAFETY_STOP, Problem.STOPPED)
    return [problem.value for problem in Problem if problem not in brand_wide]


# -- looking -------------------------------------------------------------------------------------


def needs_list(session: Session, *, search: str, ignored: bool, as_json: bool) -> None:
    desk = session.desk
    limit = EVERYTHING if as_json else SHOWN + 1
    found = desk.ignored(search, 0, limit) if ignored else desk.waiting(search, 0, limit)
    if as_json:
        siblings = desk.siblings()
        say_json([_record(desk, row, siblings) for row in found])
        return
    if not found:
        say(_("You left nothing out.") if ignored else _("Nothing waits for you."))
        return
    _say_rows(desk, found[:SHOWN])
    if len(found) > SHOWN:
        say(_("… and more rows (--json shows all)."))


def _say_rows(desk: Desk, rows: Sequence[Waiting]) -> None:
    whole_brand = [row for row in rows if not row.sku_number]
    for row in whole_brand:
        say(f"{word_of(row.problem)} ({day_and_time(row.since)}): {_detail(row)}")
        say(remedy_of(row))
    others = [row for row in rows if row.sku_number]
    if whole_brand and others:
        say()
    if others:
        head = (_("SKU number"), _("Location"), _("Here"), "Shopify", _("Problem"), _("Possible"))
        siblings = desk.siblings()
        table(head, (_cells(desk, row, siblings) for row in others))


def _cells(desk: Desk, row: Waiting, siblings: Siblings) -> tuple[object, ...]:
    problem = word_of(row.problem)
    told = f"{problem}: {_detail(row)}" if row.detail else problem
    choices = (_word(one) for one in row.choices if one not in (Choice.REVIEW, Choice.GUIDE))
    return (
        sku_words(siblings, row.sku_number, row.inventory_item_id),
        desk.location_name(row.location_id) if row.location_id else "–",
        number(row.here),
        number(row.there),
        told,
        " ".join(choices),
    )


def _detail(row: Waiting) -> str:
    """What stopped the sync, or what the outside said."""
    return " ".join(map(note_text, row.errors)) or detail_text(row.detail)


def _record(desk: Desk, row: Waiting, siblings: Siblings) -> dict[str, object]:
    return {
        "key": row.key,
        "problem": row.problem.value,
        "sku_number": row.sku_number,
        "location": desk.location_name(row.location_id) if row.location_id else "",
        "inventory_item_id": row.inventory_item_id,
        "variant": siblings.of(row.sku_number).get(row.inventory_item_id, ""),
        "here": row.here,
        "shopify": row.there,
        "detail": row.detail,
        "since": row.since,
        "follow": row.follow,
        "choices": [_word(one) for one in row.choices],
    }


# -- a person's word -----------------------------------------------------------------------------


def _handler(one: Choice) -> Callable[..., None]:
    def handle(
        session: Session,
        *,
        sku: str | None,
        location: str | None,
        all_of: Problem | None,
        yes: bool,
        as_json: bool,
    ) -> None:
        desk = session.desk
        if (sku is None) == (all_of is None):
            raise SayWhich
        if sku is not None:
            rows = _rows_of(desk, sku, location, one)
        else:
            rows = _rows_with(desk, all_of, location, one)
            _preview(desk, rows, one, yes=yes, as_json=as_json)
        _say_resolved(desk, sku, rows, _resolved(desk, rows, one), as_json=as_json)

    return handle


def _rows_of(desk: Desk, sku: str, location: str | None, one: Choice) -> list[Waiting]:
    """The rows of one SKU that this can be said to; where there is none, one that refuses it."""
    found = _at(desk, desk.waiting_of(sku), location)
    if not found:
        raise NothingWaits(what=sku)
    return [row for row in found if one in row.choices] or found[:1]


def _rows_with(
    desk: Desk, problem: Problem | None, location: str | None, one: Choice
) -> list[Waiting]:
    listed = desk.ignored if one is Choice.NOTICE else desk.waiting
    found = _at(desk, listed("", 0, EVERYTHING), location)
    rows = [row for row in found if row.problem is problem]
    if not rows:
        raise NothingWaits(what=word_of(problem) if problem else "–")
    return rows


def _at(desk: Desk, rows: Sequence[Waiting], location: str | None) -> list[Waiting]:
    if location is None:
        return list(rows)
    known = {place.id for place in desk.locations() if location in (place.name, place.id)}
    return [row for row in rows if row.location_id in known]


def _preview(desk: Desk, rows: Sequence[Waiting], one: Choice, *, yes: bool, as_json: bool) -> None:
    from core.workspace import at_odds

    if not as_json:
        _say_rows(desk, rows[:SHOWN])
        if len(rows) > SHOWN:
            say(more_rows(len(rows) - SHOWN))
        if odd := at_odds(rows, one):
            say(odd_words(len(odd)))
    asked = {"choice": word_of(one), "rows": counted.rows(len(rows))}
    confirmed(_("%(choice)s, for %(rows)s?") % asked, yes=yes)


def _resolved(desk: Desk, rows: Sequence[Waiting], one: Choice) -> Resolved:
    if len(rows) > 1:
        return wait(desk.resolve_many(rows, one, progress(word_of(one))))
    wait(desk.resolve(rows[0], one))
    from core.workspace import Resolved

    return Resolved(1)


def needs_count(session: Session, *, sku: str, location: str, quantity: int, as_json: bool) -> None:
    desk = session.desk
    rows = _at(desk, desk.waiting_of(sku), location)
    if not rows:
        raise NothingWaits(what=f"{sku} · {location}")
    wait(desk.resolve(rows[0], Choice.COUNT_AGAIN, quantity))
    from core.workspace import Resolved

    _say_resolved(desk, sku, rows[:1], Resolved(1), as_json=as_json)


def _say_resolved(
    desk: Desk, sku: str | None, rows: Sequence[Waiting], found: Resolved, *, as_json: bool
) -> None:
    """What was done, what was refused, and what of this SKU still waits."""
    if as_json:
        siblings = desk.siblings()
        refused = [
            {**_record(desk, row, siblings), "error": error.code, "message": tell(error)[0]}
            for row, error in found.refused
        ]
        say_json({"done": found.done, "refused": refused})
    else:
        say(_("Done: %(done)s.") % {"done": found.done})
        for _row, error in found.refused:
            sys.stderr.write(" ".join(tell(error)) + "\n")
        still = [] if sku is None else desk.waiting_of(sku)
        if still:
            say(_("Still waits or left out:"))
            _say_rows(desk, still)
    if found.refused:
        raise SomeRefused(refused=len(found.refused), rows=len(rows))
