"""The part of the app that takes the sync over from others and hands it to them, by consent."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import work

from core.errors import DextreError
from tui.i18n import _, sentences, tell
from tui.keymap import keyed
from tui.pumping import PumpedApp

if TYPE_CHECKING:
    from core.model import Owner
    from core.workspace import Workspace
    from tui.session import Session
    from tui.widgets.dialogs import ConfirmDialog


QUIET_S = 2.0
"""Seconds without a key until a question is put: a scanner must not answer it."""

QUIET_IN_DIALOG_S = 15.0
"""The same where another dialog is open: who stops to think in the midst of a form means the next
Enter for the form. The one who asks waits for a minute.
"""


NOBODY_PUMPS = 20
"""Pumps (5 s) in which nobody runs the sync until this app takes it by itself: who restarts, or is
just being given it, comes first.
"""


class Taking(PumpedApp):
    _asker: Owner | None = None
    _question: ConfirmDialog | None = None
    _pumps_with_nobody = 0

    @property
    def workspace(self) -> Workspace:
        raise NotImplementedError

    @property
    def open_session(self) -> Session:
        if self.session is None:
            raise RuntimeError("no brand is open")
        return self.session

    def pump(self) -> None:
        if self.session is not None:
            self._mind_askers()
        super().pump()
        if self.session is not None:
            self._mind_nobody(self.session)

    @work(exclusive=True, group="take")
    async def take(self, before: Session | None, *, ask: bool = False) -> None:
        """Leave the brand before, become the owner of this one: both may wait for a disk, and with
        `ask` for a person.
        """
        session = self.open_session
        was_viewer = session.holder is not None
        refused: DextreError | None = None
        if before is not None:
            await asyncio.to_thread(before.close)
        try:
            refused = await asyncio.to_thread(session.start, ask=ask)
        except DextreError as error:
            from tui.widgets.dialogs import ErrorDialog

            message, remedy = tell(error)
            self.push_screen(ErrorDialog(error.code, message, remedy))
        if refused is not None and ask:
            self.say(tell(refused)[0], "warn")
        elif session.holder is not None:
            words = session.why_only_looking() or ""
            how = keyed(_("Home, key %(key)s: ask for the sync."), "home.take")
            self.say(sentences(words, how), "warn")
        elif was_viewer and session.started:
            self.say(_("This app runs the sync now."))
        self.look()

    def take_over(self) -> None:
        """Ask whoever syncs to hand it over: a service does, another app asks its person."""
        who = _told(self.open_session.holder or "")
        if self._takes():
            words = _("The sync is being asked for already; waiting for the answer of %(who)s.")
            self.say(words % {"who": who}, "warn")
            return
        self.say(_("Asking %(who)s for the sync; waiting for the answer…") % {"who": who})
        self.take(None, ask=True)

    def _takes(self) -> bool:
        return any(one.group == "take" and not one.is_finished for one in self.workers)

    def _mind_nobody(self, session: Session) -> None:
        """Whoever had the sync has ended: a viewer need not be asked to go on with it."""
        if session.holder is None or session.status.owner is not None or self._takes():
            self._pumps_with_nobody = 0
            return
        self._pumps_with_nobody += 1
        if self._pumps_with_nobody > NOBODY_PUMPS:
            self._pumps_with_nobody = 0
            self.take(None)

    def _mind_askers(self) -> None:
        """Put the question of another app before this one's person, once nobody types; it ends
        with the asker.
        """
        who = self.workspace.asked_by()
        if who == self._asker:
            return
        self._asker = None
        if self._question is not None and self._question in self.screen_stack:
            self._question.dismiss(None)
        if who is None or self.typed_within(self._quiet_s()):
            return
        self._asker = who
        from tui.widgets.dialogs import ConfirmDialog  # here: the first frame needs none

        body = _(
            "%(who)s asks for the sync. If you hand it over, this app stays open and only looks; "
            "nothing is lost, and you can ask for it again."
        ) % {"who": _told(who)}
        self._question = ConfirmDialog(_("Hand the sync over?"), body, _("Hand over"))
        self.push_screen(self._question, partial(self._answer, who))

    def _quiet_s(self) -> float:
        from tui.widgets.dialogs import Dialog  # here: the first frame needs none

        return QUIET_IN_DIALOG_S if isinstance(self.screen, Dialog) else QUIET_S

    def _answer(self, who: Owner, yes: bool | None) -> None:
        if self.workspace.asked_by() != who:
            return  # gone meanwhile
        if yes:
            self._hand_over(who)
        elif self.wrote_within(QUIET_S):
            self._asker = None  # a code that was scanned, and its Enter: asked again
        else:
            self.workspace.refuse()

    @work(exclusive=True, group="take")
    async def _hand_over(self, who: Owner) -> None:
        await asyncio.to_thread(self.open_session.hand_over, who)
        self.say(_("The sync was handed over to %(who)s.") % {"who": _told(who)})
        self.look()

    def exit(self, *given: Any, **named: Any) -> None:
        if self.session is not None:
            self.session.give_up()
        super().exit(*given, **named)


def _told(who: Owner | str) -> str:
    from tui.words import owner_text  # here: the first paint needs no nouns

    return owner_text(who)
