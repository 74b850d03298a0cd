"""Commands about mass changes that were applied: which there were, what each did, and taking one
back.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice

from core.errors import N_, NN_, UserMustAct
from core.model import Run
from tui.commands.common import Session, more_rows, number, say, say_json, table, wait
from tui.commands.line import Tree, count, takes_json, takes_yes
from tui.commands.plans import apply_shown
from tui.i18n import _
from tui.variants import sku_words
from tui.when import day_and_time
from tui.words import OUTCOMES, RUNS, WHYS, show

LISTED = 50
"""Runs that are listed, the newest first, where --limit does not say more."""

SHOWN = 40
"""Rows of a run that are printed for reading; --json has them all."""


class NothingToTakeBack(UserMustAct):
    code = "nothing_to_take_back"
    message = NN_(
        "Nothing was changed: the one row of that run has changed since.",
        "Nothing was changed: each of the %(rows)s rows of that run has changed since.",
        by="rows",
    )
    remedy = N_("Set the quantities by hand where they are wrong; `dextre-sync why SKU` helps.")


def register(tree: Tree) -> None:
    about = _("Mass changes that were applied: push, pull, first alignments, undo.")
    listing = tree.group("runs", about)
    listing.add_argument(
        "--limit", metavar="N", type=count("--limit"), help=_("At most so many lines.")
    )
    takes_json(listing)
    listing.set_defaults(handler=runs_list, parser=listing)
    shown = tree.command("runs show", runs_show, _("What became of every row of a run."))
    shown.add_argument("run", metavar="RUN", help=_("The start of its id is enough."))
    takes_json(shown)
    back = tree.command("undo", undo, _("Take a push, a pull or a first alignment back."))
    back.add_argument(
        "run", metavar="RUN", nargs="?", help=_("Id of the run; the last one by itself.")
    )
    takes_yes(back)
    takes_json(back)


def runs_list(session: Session, *, limit: int | None, as_json: bool) -> None:
    found = session.desk.runs(LISTED if limit is None else limit)
    if as_json:
        say_json([_record(run) for run in found])
        return
    if not found:
        say(_("No mass change was applied yet: push, pull and enable come here."))
        return
    told = [_told(run) for run in found]
    table(tuple(told[0]), (tuple(one.values()) for one in told))


def _record(run: Run) -> dict[str, object]:
    return {**asdict(run), "changed": run.changed}


def _told(run: Run) -> dict[str, object]:
    """A run in words, by the heads of its columns."""
    return {
        _("Run"): run.id[:8],
        _("When"): day_and_time(run.at),
        _("Kind"): _(RUNS[run.kind]),
        _("Changed"): run.changed,
        _("Equal"): run.equal,
        _("Changed since"): run.moved,
        _("Refused"): run.rejected,
        _("Who"): run.who,
        _("Undone"): _("undone") if run.undone_by else "",
    }


def runs_show(session: Session, run: str, *, as_json: bool) -> None:
    desk = session.desk
    found = desk.run_named(run)
    rows = desk.run_rows(found.id)
    if as_json:
        say_json({**_record(found), "rows": [asdict(row) for row in rows]})
        return
    table(("", ""), list(_told(found).items()))
    say()
    siblings = desk.siblings()
    head = (_("SKU number"), _("Location"), _("Here"), "Shopify", _("Outcome"), _("Why"))
    table(
        head,
        [
            (
                sku_words(siblings, done.row.sku_number, done.row.key.inventory_item_id),
                desk.location_name(done.row.location_id),
                _step(done.row.here, done.row.new_here),
                _step(done.row.there, done.row.new_there),
                show(OUTCOMES[done.outcome]),
                _(WHYS[done.row.why]),
            )
            for done in islice(rows, SHOWN)
        ],
    )
    left = sum(1 for _row in rows)
    if left:
        say(more_rows(left))


def _step(before: int | None, after: int | None) -> str:
    return number(before) if before == after else f"{number(before)} → {number(after)}"


def undo(session: Session, run: str | None, *, yes: bool, as_json: bool) -> None:
    desk = session.desk
    chosen = None if run is None else desk.run_named(run).id
    plan = wait(desk.undo_plan(chosen))
    if plan.rows and not plan.changing and plan.left_out:
        raise NothingToTakeBack(rows=len(plan.left_out))
    apply_shown(desk, plan, yes=yes, as_json=as_json)
