"""Forgetting old movements, so that the inventory file does not grow for ever: asked, counted,
confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from textual import work

from tui import counted
from tui.i18n import _, ngettext
from tui.screens.base import BaseScreen
from tui.typed import whole
from tui.widgets.dialogs import Ask, ConfirmDialog, FormDialog, if_yes

T = TypeVar("T")

DAYS = 730
"""What is offered at first: two years, as a tax year and the one before."""


class Pruning(BaseScreen):
    def ask_to_prune(self) -> None:
        dialog = FormDialog(
            _("Forget old movements"),
            [Ask("days", _("Older than so many days"), str(DAYS))],
            _("Count them"),
            lambda answers: self.attempt_words(lambda: _days(answers["days"])),
            note=_("The newest movement of every quantity stays, and no quantity changes."),
        )
        self.app.push_screen(dialog, self._answered)

    def _answered(self, answers: Mapping[str, str] | None) -> None:
        if answers:
            self._count(_days(answers["days"]))

    @work(exclusive=True, group="job")
    async def _count(self, days: int) -> None:
        counting = _("Counting movements")
        done = await self.job(counting, lambda _p: _beside(lambda: self.desk.count_prunable(days)))
        if done is None:
            return
        if not done.value:
            self.say(_("No movement is older than %(days)s.") % {"days": counted.days(days)})
            return
        body = ngettext(
            "%(n)d movement is older than %(days)s. Once forgotten, it does not come back: "
            "make a backup first if you may need it.",
            "%(n)d movements are older than %(days)s. Once forgotten, they do not come back: "
            "make a backup first if you may need them.",
            done.value,
        ) % {"n": done.value, "days": counted.days(days)}
        dialog = ConfirmDialog(_("Forget old movements"), body, _("Forget"), danger=True)
        self.app.push_screen(dialog, if_yes(lambda: self._prune(days)))

    @work(exclusive=True, group="job")
    async def _prune(self, days: int) -> None:
        forgetting = _("Forgetting movements")
        done = await self.job(
            forgetting, lambda _p: _beside(lambda: self.desk.prune_movements(days))
        )
        if done is not None:
            words = ngettext("%(n)s movement forgotten.", "%(n)s movements forgotten.", done.value)
            self.say(words % {"n": f"{done.value:,}"})


def _days(text: str) -> int:
    return max(1, whole(text))


def _beside(act: Callable[[], T]) -> Future[T]:
    """A store call that may take seconds, on a thread of its own."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(act)
    finally:
        pool.shutdown(wait=False)
