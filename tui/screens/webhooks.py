"""Webhooks: what the shop tells us at once where it can reach us, topic by topic, and who hears it.
Optional: the sync finds every change by looking, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual import work
from textual.widget import Widget
from textual.widgets import Static

from core.errors import DextreError
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _
from tui.keymap import keyed
from tui.remedies import told
from tui.screens.base import SubScreen
from tui.webhook_words import STATES, healed_words, hearing_words, removed_words
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, ConfirmDialog, FormDialog, if_yes
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable
from tui.words import show

if TYPE_CHECKING:
    from core.workspace import Webhook, Webhooks


class WebhooksScreen(SubScreen):
    NAME = N_("Webhooks")
    BINDINGS = bindings("webhooks")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self._found: Webhooks | None = None

    def body(self) -> Iterable[Widget]:
        yield Static("", id="about", classes="text", markup=False)
        yield VirtualTable(id="webhooks")
        yield Static("", id="how", classes="text dim", markup=False)

    def on_mount(self) -> None:
        self.call_after_refresh(self.do_refresh)

    # -- what it shows -----------------------------------------------------------------------------

    def refresh_data(self) -> None:
        about = hearing_words(self.desk.heard(), wanted=self.desk.wants_webhooks())
        self.query_one("#about", Static).update(about)
        self.query_one("#how", Static).update(signs("→ ") + self._how())
        columns = [
            Column(_("Topic"), 24, grow=1),
            Column(_("State"), 24),
            Column(_("Address"), 20, grow=2, drop=1),
        ]
        rows = self._found.rows if self._found else ()
        source = ListSource([self._row(index, row) for index, row in enumerate(rows)])
        self.query_one(VirtualTable).show(source, columns, empty=self._empty())
        self.refresh_bindings()

    def _row(self, index: int, row: Webhook) -> Row:
        mark = STATES[row.state]
        return Row(str(index), (row.topic, Toned(show(mark), mark.tone), clean(row.address)))

    def _empty(self) -> str:
        if self._found is None:
            return keyed(_("Press %(key)s to ask the shop."), "webhooks.refresh")
        words = _("The shop has no webhooks for this app. Press %(key)s to ask for them.")
        return keyed(words, "webhooks.heal")

    def _how(self) -> str:
        heard = self.desk.heard()
        if self._found and self._found.unwell:
            words = _("Press %(key)s: what is missing or changed is put right.")
            return keyed(words, "webhooks.heal")
        if heard is None and self._found and self._found.ours:
            return _("They are sent, but nobody hears them: start the service with --webhooks.")
        if heard is None:
            return _(
                "On a server that Shopify can reach: "
                "`dextre-sync run --webhooks HOST:PORT --webhook-url URL`."
            )
        return _("They only say where to look; the numbers are always read.")

    # -- asking the shop ---------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "webhooks.remove" and self._found is not None and not self._found.ours:
            return _("The shop has no webhooks of this program.")
        if action_id.startswith("webhooks."):
            return self.session.why_not_connected_at_all()
        return super().why_not(action_id)

    @work(exclusive=True, group="job")
    async def do_refresh(self) -> None:
        if self.session.why_not_connected_at_all():
            return
        await self._read()

    async def _read(self) -> None:
        done = await self.job(_("Asking the shop"), lambda _progress: self.desk.webhooks())
        if done is not None and self.is_attached:
            self._found = done.value
            self.refresh_data()

    def do_heal(self) -> None:
        heard = self.desk.heard()
        known = self._found.address if self._found else ""
        self._ask(known or (heard.public_url if heard else ""))

    def _ask(self, url: str, wrong: str = "") -> None:
        dialog = FormDialog(
            _("Ask for webhooks"),
            [Ask("url", _("Public address"), url, hint="https://…/webhooks/shopify")],
            _("Ask"),
            lambda answers: None if answers["url"].strip() else _("Type the public address."),
            note=_("Under this https address the service is reached from the internet."),
            wrong=wrong,
        )
        self.app.push_screen(dialog, self._asked)

    def _asked(self, answers: Mapping[str, str] | None) -> None:
        if answers:
            self._heal(answers["url"].strip())

    @work(exclusive=True, group="job")
    async def _heal(self, url: str) -> None:
        """Where that is refused, the form comes back with what was typed and with the reason."""
        refused: list[DextreError] = []
        done = await self.job(
            _("Asking for webhooks"),
            lambda _progress: self.desk.heal_webhooks(url),
            tell=refused.append,
        )
        if refused and self.is_attached:
            self._ask(url, told(refused[0]))
        if done is None:
            return
        await self._read()
        self.say(healed_words(done.value), "warn" if done.value.not_permitted else "")

    def do_remove(self) -> None:
        body = _(
            "The shop tells this program nothing any more, and the service does not ask again. "
            "Nothing else changes: the sync finds every change by looking."
        )
        dialog = ConfirmDialog(_("Remove the webhooks"), body, _("Remove"), danger=True)
        self.app.push_screen(dialog, if_yes(self._remove))

    @work(exclusive=True, group="job")
    async def _remove(self) -> None:
        done = await self.job(
            _("Removing the webhooks"), lambda _progress: self.desk.remove_webhooks()
        )
        if done is None:
            return
        await self._read()
        self.say(removed_words(done.value))
