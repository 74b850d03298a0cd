"""What a person may choose for what waits: one key each, for the row under the cursor or for all
marked ones, shown before more than one is touched, and taken back with u.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import work

from core.model import Choice, PlanKind, Waiting
from core.workspace import at_odds
from tui import counted
from tui.clean import clean, signs
from tui.i18n import _, listed, ngettext, sentences
from tui.keymap import keyed
from tui.remedies import tell, told
from tui.screens.guides import GuideDialog
from tui.screens.plan import PlanScreen
from tui.screens.runs import Undoing
from tui.typed import whole
from tui.variants import odd_words, sku_words
from tui.widgets.dialogs import Ask, ConfirmDialog, FormDialog, if_yes
from tui.words import CHOICES, PROBLEMS, detail_text, number

CHOICE_ACTIONS: Mapping[Choice, str] = {
    Choice.TAKE_HERE: "needs.take-here",
    Choice.TAKE_THERE: "needs.take-there",
    Choice.COUNT_AGAIN: "needs.count",
    Choice.ACTIVATE: "needs.activate",
    Choice.TRACK: "needs.track",
    Choice.FOLLOW: "needs.follow",
    Choice.KEEP: "needs.keep",
    Choice.UNMAP: "needs.unmap",
    Choice.REVIEW: "needs.review",
    Choice.IGNORE: "needs.ignore",
    Choice.NOTICE: "needs.ignore",
    Choice.GUIDE: "needs.guide",
}
"""In the order in which they are offered. Leaving out and taking up again is one key: a row has
one of the two.
"""

OF_ACTIONS: Mapping[str, tuple[Choice, ...]] = {
    action: tuple(choice for choice, one in CHOICE_ACTIONS.items() if one == action)
    for action in CHOICE_ACTIONS.values()
}
NUMBERS = (Choice.TAKE_HERE, Choice.TAKE_THERE, Choice.COUNT_AGAIN)
MAPPINGS = (Choice.KEEP, Choice.FOLLOW, Choice.UNMAP)
LOOKING = (Choice.GUIDE,)
NOT_OF_A_ROW = frozenset(CHOICE_ACTIONS[choice] for choice in (*LOOKING, Choice.REVIEW))
EVERY = 10**9
PREVIEWED = 8
"""Rows that a preview names; the others are counted."""


@dataclass(frozen=True, slots=True)
class DoneHere:
    """What was done from here and can be taken back: a run, an edit of the mapping (by how many
    edits there were afterwards), or rows that were left out.
    """

    run_id: str = ""
    edits: int = 0
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to say, and the rows that refused."""

    words: str
    left: Sequence[Waiting] = ()


class Resolving(Undoing):
    """Needs of the screen: `chosen`, `here` and `resolved`."""

    ON_ROW = OF_ACTIONS.keys() - NOT_OF_A_ROW

    def __init__(self) -> None:
        super().__init__()
        self._done_here: list[DoneHere] = []

    def here(self) -> Waiting | None:
        raise NotImplementedError

    def chosen(self) -> Sequence[Waiting]:
        raise NotImplementedError

    def resolved(self, left: Iterable[Waiting]) -> None:
        raise NotImplementedError

    # -- why not -----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "needs.undo":
            if reason := self.session.why_only_looking():
                return reason
            nothing = _("Nothing that was chosen here since the start is left to undo.")
            return None if self._done_here else nothing
        if action_id in OF_ACTIONS:
            return self._why_not_choice(OF_ACTIONS[action_id])
        return super().why_not(action_id)

    def _why_not_choice(self, choices: Sequence[Choice]) -> str | None:
        rows = self.chosen()
        if not rows:
            return _("There is no row under the cursor.")
        if choices[0] not in LOOKING and (reason := self.session.why_only_looking()):
            return reason
        if not any(choice in row.choices for row in rows for choice in choices):
            return self._no_answer(choices[0], rows)
        if choices[0] is Choice.COUNT_AGAIN and len(rows) > 1:
            return _("Count one row at a time: take the marks away first.")
        return None

    @staticmethod
    def _no_answer(choice: Choice, rows: Sequence[Waiting]) -> str:
        what = _(CHOICES[choice])
        if len(rows) > 1:
            return _("“%(what)s” fits none of the marked rows.") % {"what": what}
        return _("“%(what)s” is no answer to “%(problem)s”. Possible: %(choices)s.") % {
            "what": what,
            "problem": _(PROBLEMS[rows[0].problem]),
            "choices": listed(_(CHOICES[one]) for one in rows[0].choices),
        }

    # -- one key each ------------------------------------------------------------------------------

    def do_take_here(self) -> None:
        self._choose(Choice.TAKE_HERE)

    def do_take_there(self) -> None:
        self._choose(Choice.TAKE_THERE)

    def do_activate(self) -> None:
        self._choose(Choice.ACTIVATE)

    def do_track(self) -> None:
        self._choose(Choice.TRACK)

    def do_keep(self) -> None:
        self._choose(Choice.KEEP)

    def do_follow(self) -> None:
        self._choose(Choice.FOLLOW)

    def do_unmap(self) -> None:
        self._choose(Choice.UNMAP)

    def do_ignore(self) -> None:
        taken_up = any(Choice.NOTICE in row.choices for row in self.chosen())
        self._choose(Choice.NOTICE if taken_up else Choice.IGNORE)

    def do_guide(self) -> None:
        here = self.here()
        if here is not None:
            self.app.push_screen(GuideDialog(here.problem, self._named(here), detail_words(here)))

    def do_count(self) -> None:
        row = next(iter(self.chosen()), None)
        if row is None:
            return
        both = _("Here %(here)s, Shopify %(there)s. Both sides get what you counted.")
        dialog = FormDialog(
            _("Count again: %(what)s") % {"what": self._named(row)},
            [Ask("n", _("Counted"))],
            _("Set on both sides"),
            lambda answers: self.attempt_words(lambda: whole(answers["n"])),
            note=both % {"here": number(row.here), "there": number(row.there)},
        )

        def counted(answers: Mapping[str, str] | None) -> None:
            if answers:
                self._resolve([row], Choice.COUNT_AGAIN, whole(answers["n"]))

        self.app.push_screen(dialog, counted)

    @work(exclusive=True, group="job")
    async def do_review(self) -> None:
        done = await self.job(
            _("Reading both sides"),
            lambda progress: self.desk.plan(PlanKind.MERGE, progress=progress),
        )
        if done is not None:
            self.app.push_screen(PlanScreen(done.value))

    # -- choosing ----------------------------------------------------------------------------------

    def _choose(self, choice: Choice) -> None:
        rows = [row for row in self.chosen() if choice in row.choices]
        if not rows:
            self.say(self._no_answer(choice, self.chosen()), "warn")
        elif len(rows) == 1 and len(self.chosen()) == 1:
            self._resolve(rows, choice)
        else:
            words = ngettext("%(n)d row: %(choice)s", "%(n)d rows: %(choice)s", len(rows))
            title = words % {"n": len(rows), "choice": _(CHOICES[choice])}
            dialog = ConfirmDialog(title, self._preview(rows, choice), _("Do it"))
            self.app.push_screen(dialog, if_yes(lambda: self._resolve(rows, choice)))

    def _preview(self, rows: Sequence[Waiting], choice: Choice) -> str:
        odd = at_odds(rows, choice)
        kept = {row.key for row in odd}
        lines = [
            self._odd_line(row) if row.key in kept else self._preview_line(row, choice)
            for row in rows[:PREVIEWED]
        ]
        if len(rows) > PREVIEWED:
            lines.append(_("… and %(n)d more") % {"n": len(rows) - PREVIEWED})
        others = len(self.chosen()) - len(rows)
        if others:
            words = ngettext(
                "%(n)d other marked row stays as it is.",
                "%(n)d other marked rows stay as they are.",
                others,
            )
            lines += ["", words % {"n": others}]
        if odd:
            lines += ["", "! " + odd_words(len(odd))]
        return signs("\n".join(lines))

    def _preview_line(self, row: Waiting, choice: Choice) -> str:
        name = self._named(row)
        if choice is Choice.TAKE_HERE:
            return f"{name}  Shopify {number(row.there)} → {number(row.here)}"
        if choice is Choice.TAKE_THERE:
            return f"{name}  DEXTRE {number(row.here)} → {number(row.there)}"
        if choice is Choice.FOLLOW:
            return f"{name} → {clean(row.follow, 40)}"
        return name

    def _odd_line(self, row: Waiting) -> str:
        """Nothing becomes of it."""
        return f"{self._named(row)}  Shopify {number(row.there)}"

    def _named(self, row: Waiting) -> str:
        if not row.sku_number:
            return clean(self.desk.brand.name, 40)
        place = clean(self.desk.location_name(row.location_id), 30) if row.location_id else ""
        sku = sku_words(self.desk.siblings(), row.sku_number, row.inventory_item_id)
        return f"{clean(sku, 60)}  {place}".rstrip()

    # -- doing it ----------------------------------------------------------------------------------

    @work(exclusive=True, group="job")
    async def _resolve(
        self, rows: Sequence[Waiting], choice: Choice, count: int | None = None
    ) -> None:
        before = self._run_ids()
        if len(rows) == 1:
            outcome = await self._resolve_one(rows[0], choice, count)
        else:
            outcome = await self._resolve_many(rows, choice)
        if not self.is_attached:
            return
        self.resolved(rows if outcome is None else outcome.left)
        if outcome is None:
            return
        words = outcome.words
        if self._note_done(choice, before, rows, outcome.left):
            words = sentences(words, keyed(_("%(key)s undoes it."), "needs.undo"))
        self.say(words, "warn" if outcome.left else "")

    async def _resolve_one(self, row: Waiting, choice: Choice, count: int | None) -> Outcome | None:
        title = _(CHOICES[choice])
        if await self.job(title, lambda _p: self.desk.resolve(row, choice, count)) is None:
            return None
        told = {"what": self._named(row), "choice": title}
        return Outcome(_("%(what)s: %(choice)s: done.") % told)

    async def _resolve_many(self, rows: Sequence[Waiting], choice: Choice) -> Outcome | None:
        title = _(CHOICES[choice])
        done = await self.job(
            title, lambda progress: self.desk.resolve_many(rows, choice, progress)
        )
        if done is None:
            return None
        words = ngettext(
            "%(choice)s: %(n)d row done.", "%(choice)s: %(n)d rows done.", done.value.done
        ) % {"choice": title, "n": done.value.done}
        refused = done.value.refused
        if refused:
            told = {"n": len(refused), "why": tell(refused[0][1])[0]}
            words = sentences(words, _("Not done: %(n)d, the first: %(why)s") % told)
        return Outcome(words, [row for row, _error in refused])

    def _run_ids(self) -> frozenset[str]:
        return frozenset(run.id for run in self.desk.runs())

    # -- taking it back ----------------------------------------------------------------------------

    def _note_done(
        self,
        choice: Choice,
        before: frozenset[str],
        rows: Sequence[Waiting],
        left: Sequence[Waiting],
    ) -> bool:
        """Remember what u takes back; False where there is no way back from here."""
        done = frozenset(row.key for row in rows) - {row.key for row in left}
        if not done:
            return False
        made = self._run_ids() - before if choice in NUMBERS else frozenset()
        if made:
            self._done_here += [DoneHere(run_id=run) for run in sorted(made)]
        elif choice in MAPPINGS:
            self._done_here.append(DoneHere(edits=self.desk.edits_to_undo))
        elif choice is Choice.IGNORE:
            self._done_here.append(DoneHere(left_out=done))
        else:
            return False
        return True

    def on_screen_resume(self) -> None:
        """A run that was undone meanwhile is nothing to undo any more."""
        undone = {run.id for run in self.desk.runs() if run.undone_by}
        self._done_here = [done for done in self._done_here if done.run_id not in undone]

    def do_undo(self) -> None:
        last = self._done_here[-1]
        if last.run_id:
            self.plan_undo(last.run_id)  # it is forgotten once that plan is applied
            return
        self._done_here.pop()
        if last.left_out:
            self._take_up(last.left_out)
        elif self.desk.edits_to_undo != last.edits:
            words = _("The mapping was edited since: undo it there (key %(key)s).")
            self.say(keyed(words, "main.mapping"), "warn")
        elif done := self.attempt(self.desk.undo_edit):
            self.resolved(())
            said = _("Undone: %(rows)s.") % {"rows": counted.rows(done.value)}
            self.say(sentences(said, _("What was synced meanwhile stays as it is.")))

    @work(exclusive=True, group="job")
    async def _take_up(self, keys: frozenset[str]) -> None:
        rows = [row for row in self.desk.ignored(limit=EVERY) if row.key in keys]
        outcome = await self._resolve_many(rows, Choice.NOTICE)
        if outcome is not None and self.is_attached:
            self.resolved(outcome.left)
            self.say(outcome.words, "warn" if outcome.left else "")


def detail_words(row: Waiting) -> str:
    """What the outside said; of a mapping in doubt, the value that it has now."""
    if row.errors:
        return " ".join(told(error) for error in row.errors)
    if not row.detail:
        return ""
    if row.cell is None and row.inventory_item_id:
        return _("It is now: %(value)s") % {"value": clean(row.detail, 100)}
    return detail_text(row.detail)
