"""Settings > Shopify custom app: every step of the link on one page, each with what is done or
missing; delete SKU mappings at the bottom. All steps can be left and taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual import on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button

from core.model import PlanKind
from core.sync.events import Event
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _
from tui.screens.base import SubScreen
from tui.screens.plan import PlanScreen
from tui.widgets.dialogs import ConfirmDialog, if_yes
from tui.widgets.fields import Page, Press
from tui.widgets.prose import Prose
from tui.words import PLANS

CONNECT, EDIT, MAPPING, ENABLE, WEBHOOKS, PUSH, PULL, SYNC, DELETE = (
    "connect",
    "edit",
    "map",
    "enable",
    "webhooks",
    "push",
    "pull",
    "sync",
    "delete",
)


class ShopifyScreen(SubScreen):
    NAME = N_("Shopify custom app")
    BINDINGS = bindings("shopify", "form")
    AUTO_FOCUS = "#connect"

    def body(self) -> Iterable[Widget]:
        with Page(id="page"):
            yield from self._section(_("Connection"), CONNECT)
            yield from self._section(_("Inventory link"), EDIT, MAPPING, ENABLE, WEBHOOKS)
            yield from self._section(_("By hand"), SYNC, PUSH, PULL)
            yield from self._section(_("Delete"), DELETE)

    def _section(self, title: str, *names: str) -> Iterable[Widget]:
        yield Prose(title, classes="section")
        for name in names:
            with Horizontal(classes="row"):
                yield Press(self._label(name), id=name, danger=name == DELETE)
                yield Prose("", id=f"{name}-says", classes="says")

    def _label(self, name: str) -> str:
        if name == ENABLE and self.session.status.link:
            return _("Disable inventory link")
        return {
            CONNECT: _("Set API details and connect"),
            EDIT: _("Edit"),
            MAPPING: _("SKU mapping"),
            ENABLE: _("Enable inventory link"),
            WEBHOOKS: _("Webhooks"),
            SYNC: _("Sync now"),
            PUSH: _(PLANS[PlanKind.PUSH]),
            PULL: _(PLANS[PlanKind.PULL]),
            DELETE: _("Delete SKU mappings"),
        }[name]

    def refresh_data(self) -> None:
        for name, (sign, words) in self._says().items():
            press = self.query_one(f"#{name}", Press)
            if str(press.label) != self._label(name):
                press.relabel(self._label(name))
            press.set_class(self._why_not(name) is not None, "-unready")
            says = self.query_one(f"#{name}-says", Prose)
            text = f"{signs(sign)} {words}" if sign else words
            if str(says.content) != text:
                says.update(text)
            says.set_class(sign == "✓", "good")
            says.set_class(sign != "✓", "dim")

    def on_happenings(self, _new: Sequence[Event]) -> None:
        self.refresh_data()

    def _says(self) -> dict[str, tuple[str, str]]:
        steps = {step.id: step for step in self.session.steps()}

        def of(step: str) -> tuple[str, str]:
            return ("✓" if steps[step].done else "–", steps[step].says)

        connection = steps["connect"].says
        return {
            CONNECT: ("", connection),
            EDIT: of("pairing"),
            MAPPING: of("mapping"),
            ENABLE: of("enable"),
            WEBHOOKS: self._webhooks_say(),
            SYNC: ("", _("both ways, what changed")),
            PUSH: ("", _("DEXTRE's numbers count (preview)")),
            PULL: ("", _("Shopify's numbers count (preview)")),
            DELETE: ("", _("stops the link")),
        }

    def _webhooks_say(self) -> tuple[str, str]:
        if not self.desk.wants_webhooks():
            return ("", _("switched off"))
        if self.desk.heard() is None:
            return ("", _("optional: needs a public address"))
        return ("✓", _("the service hears them"))

    # -- pressing ----------------------------------------------------------------------------------

    def _why_not(self, name: str) -> str | None:
        session = self.session
        match name:
            case "connect":
                return session.why_only_looking()
            case "edit" | "map":
                return session.why_not_connected()
            case "enable" | "push" | "pull":
                return session.why_not_mapped()
            case "webhooks":
                return session.why_not_connected_at_all()
            case "sync":
                return session.why_not_linked()
        if reason := session.why_only_looking():
            return reason
        return None if session.status.mapped else _("There is no SKU mapping to delete.")

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        self.choose(event.button.id or "")

    def choose(self, name: str) -> None:
        """As if its button were pressed."""
        if reason := self._why_not(name):
            self.say(reason, "warn")
            return
        match name:
            case "connect":
                from tui.screens.connect import ConnectScreen

                self.app.push_screen(ConnectScreen())
            case "edit":
                from tui.screens.pairing import PairingScreen

                self.app.push_screen(PairingScreen())
            case "map":
                self.own_app.go("mapping")
            case "enable":
                self._toggle_link()
            case "webhooks":
                from tui.screens.webhooks import WebhooksScreen

                self.app.push_screen(WebhooksScreen())
            case "push":
                self._plan(PlanKind.PUSH)
            case "pull":
                self._plan(PlanKind.PULL)
            case "sync":
                self.do_sync()
            case _:
                self._ask_to_delete()

    def why_not(self, action_id: str) -> str | None:
        if action_id == "shopify.sync":
            return self.session.why_not_linked()
        return super().why_not(action_id)

    def do_sync(self) -> None:
        if self.attempt(self.desk.sync_now):
            self.say(_("Looking at the shop now."))

    def _toggle_link(self) -> None:
        from tui.screens.enable import EnableScreen

        if not self.session.status.link:
            self.app.push_screen(EnableScreen())
            return
        dialog = ConfirmDialog(
            _("Disable inventory link"),
            _("Both sides stop following each other. Pairs and mappings stay as they are."),
            _("Disable"),
        )
        self.app.push_screen(dialog, if_yes(lambda: self._go_on("enable", self._disable)))

    def _go_on(self, name: str, act: Callable[[], object]) -> None:
        """What was asked about may have become another's business meanwhile."""
        if reason := self._why_not(name):
            self.say(reason, "warn")
        else:
            act()

    @work(exclusive=True, group="job")
    async def _disable(self) -> None:
        if await self.job(_("Turning the link off"), lambda _progress: self.desk.disable()):
            self.say(_("The inventory link is off."))

    @work(exclusive=True, group="job")
    async def _plan(self, kind: PlanKind) -> None:
        done = await self.job(
            _("Reading both sides"), lambda progress: self.desk.plan(kind, progress=progress)
        )
        if done is not None:
            self.app.push_screen(PlanScreen(done.value))

    # -- deleting ----------------------------------------------------------------------------------

    def _ask_to_delete(self) -> None:
        status = self.session.status
        body = _(
            "This deletes %(mappings)s of %(brand)s and stops the inventory link. "
            "Quantities on both sides stay as they are. Mapping again restarts the link."
        ) % {"mappings": counted.mappings(status.mapped), "brand": clean(status.brand)}
        dialog = ConfirmDialog(_("Delete SKU mappings"), body, _("Delete"), danger=True)
        self.app.push_screen(dialog, if_yes(lambda: self._go_on("delete", self._delete)))

    @work(exclusive=True, group="job")
    async def _delete(self) -> None:
        done = await self.job(_("Deleting SKU mappings"), lambda _progress: self.desk.unmap_all())
        if done is not None:
            self.say(
                _("Deleted: %(mappings)s. The link is off.")
                % {"mappings": counted.mappings(done.value)}
            )
