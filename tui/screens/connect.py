"""The connection wizard: what to do on Shopify's side, the four fields, and a check that tells one
line per finding as it comes. What was typed stays until the connection is made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from textual import on, work
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input

from core.model import Credentials, Finding, Secret
from tui.actions import bindings
from tui.clean import signs
from tui.i18n import N_, _
from tui.remedies import finding_text
from tui.screens.base import SubScreen
from tui.session import Session
from tui.widgets.fields import Field, FormRow, Press
from tui.widgets.prose import Prose
from tui.words import VERDICTS, show

SCOPES = ("write_inventory", "read_inventory", "read_products", "read_locations")

FIELDS = ("domain", "token", "key", "secret", "url")
SECRETS = ("token", "secret")


class ConnectScreen(SubScreen):
    NAME = N_("Set API details and connect")
    BINDINGS = bindings("connect", "form")
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._findings: deque[Finding] = deque()
        self._shown: list[Finding] = []
        self._unmasked = False
        self._connected = False
        self._left_field = "domain"

    @staticmethod
    def why_not_open(session: Session) -> str | None:
        return session.why_only_looking()

    # -- composition -------------------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        with Vertical(id="fields"):
            for name, label, hint in self._questions():
                row = FormRow(label, self._field(name, hint))
                if name == "url":
                    row.id = "advanced"
                yield row
            with Horizontal(classes="buttons"):
                yield Press(_("Connect"), id="connect")
                yield Press(_("Back") if self._connected else _("Cancel"), id="cancel")
        with VerticalScroll(id="guide", can_focus=True):
            yield Prose(guide())
        with VerticalScroll(id="findings", can_focus=True):
            yield Prose(self._finding_lines(), id="lines")

    def on_mount(self) -> None:
        """A key pressed by mistake takes the place of what a field held: not of a kept domain."""
        kept = self.desk.connection()
        is_kept = kept is not None and self._draft().get("domain") == kept.domain
        self.query_one("#token" if is_kept else "#domain").focus()

    def _questions(self) -> tuple[tuple[str, str, str], ...]:
        return (
            ("domain", "1 " + _("Shop domain"), "name.myshopify.com"),
            ("token", "2 " + _("Admin API access token"), _("shpat_…  shown only once by Shopify")),
            ("key", "3 " + _("API key"), _("= client ID of a Dev Dashboard app")),
            ("secret", "4 " + _("API secret key"), _("= client secret of a Dev Dashboard app")),
            ("url", "  " + _("API URL (advanced)"), _("only for a proxy or the practice shop")),
        )

    def _field(self, name: str, hint: str) -> Field:
        secret = name in SECRETS and not self._unmasked
        return Field(self._draft().get(name, ""), placeholder=hint, secret=secret, id=name)

    def _draft(self) -> dict[str, str]:
        """What was typed before; at first what the kept connection has, without its secrets."""
        draft = self.session.connection_draft
        kept = self.desk.connection()
        if not draft and kept is not None:
            draft.update(domain=kept.domain, key=kept.api_key, url=kept.api_url or "")
        return draft

    def refresh_data(self) -> None:
        self.set_class(bool(self._draft().get("url")), "-advanced")
        self._show_findings()

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        self.session.connection_draft[event.input.id or ""] = event.value

    @on(Input.Submitted)
    def next_field(self, event: Input.Submitted) -> None:
        if event.input.id in ("secret", "url"):
            self.connect()
        else:
            self.focus_next()

    # -- actions -----------------------------------------------------------------------------------

    def do_advanced(self) -> None:
        """An address that is filled in is used: it stays in sight."""
        url = self.query_one("#url", Field)
        if self.has_class("-advanced") and url.value.strip():
            self.say(_("It is filled in and used, so it stays in sight."))
        else:
            self.toggle_class("-advanced")
        if self.has_class("-advanced"):
            url.focus()

    def do_guide(self) -> None:
        """To the guide, whose lines the arrow keys move, and back to the field one was at."""
        guide = self.query_one("#guide")
        if guide.has_focus:
            self.query_one(f"#{self._left_field}").focus()
            return
        if isinstance(self.focused, Field) and self.focused.id:
            self._left_field = self.focused.id
        self.remove_class("-checked")
        guide.focus()
        self.say(_("The arrow keys move the guide; the same key leads back to the field."))

    def key_words(self, action_id: str) -> str:
        if action_id == "connect.guide" and self.is_whole and self.query_one("#guide").has_focus:
            return _("To the fields")
        return super().key_words(action_id)

    def do_show(self) -> None:
        self._unmasked = not self._unmasked
        for name in SECRETS:
            self.query_one(f"#{name}", Field).password = not self._unmasked
        self.say(_("Secrets are shown.") if self._unmasked else _("Secrets are masked."))

    @on(Button.Pressed, "#cancel")
    def cancelled(self) -> None:
        self.do_back()

    def credentials(self) -> Credentials:
        typed = {name: self.query_one(f"#{name}", Field).value.strip() for name in FIELDS}
        return Credentials(
            typed["domain"],
            Secret(typed["token"]) if typed["token"] else None,
            typed["key"],
            Secret(typed["secret"]) if typed["secret"] else None,
            typed["url"] or None,
        )

    @on(Button.Pressed, "#connect")
    def connect_pressed(self) -> None:
        self.connect()

    @work(exclusive=True, group="job")
    async def connect(self) -> None:
        if reason := self.session.why_only_looking():
            self.say(reason, "warn")
            return
        self._findings.clear()
        self.add_class("-checked")
        credentials = self.credentials()
        done = await self.job(
            _("Connecting"), lambda _progress: self.desk.connect(credentials, self._findings.append)
        )
        self._show_findings()
        if done is None:
            return
        self.session.connection_draft.clear()
        self.say(self._connected_words())
        self._connected = True
        self.query_one("#cancel", Press).relabel(_("Back"))
        self.query_one("#cancel").focus()

    def _connected_words(self) -> str:
        """With the next step, where it is missing: a shop that is connected again has its pairs."""
        if self.desk.pairs():
            return _("Connected.")
        return _("Connected. Next step: Inventory link > Edit (locations).")

    # -- findings ----------------------------------------------------------------------------------

    def _show_work(self) -> None:
        super()._show_work()
        self._show_findings()

    def _show_findings(self) -> None:
        findings = list(self._findings)
        if findings == self._shown:
            return
        self._shown = findings
        self.query_one("#lines", Prose).update(self._finding_lines())

    def _finding_lines(self) -> str:
        lines = []
        for finding in self._shown:
            mark = VERDICTS[finding.verdict]
            message, remedy = finding_text(finding)
            lines.append(f"{show(mark)}  {message}")
            if remedy:
                lines.append(f"   {signs('→')} {remedy}")
        return "\n".join(lines)


def guide() -> str:
    """What to click on Shopify's side, for both kinds of app."""
    scopes = "  ".join(SCOPES)
    parts = [
        _("App made in the Shopify admin before 2026 (token shpat_…): fields 1 to 4"),
        _("  Apps > App and sales channel settings > Develop apps > your app"),
        _("  Configuration: tick the four scopes, Save. API credentials: Install app."),
        _("  The access token is shown only once. Keep it safe."),
        _("An app of the Dev Dashboard (new apps): fields 1, 3 and 4; leave 2 empty"),
        _("  Dev Dashboard > Create app > version with the four scopes > Release"),
        _("  Install it on the shop. Settings: copy client ID (3) and client secret (4)."),
        _("  App and shop must belong to the same Shopify organization."),
        _("The four scopes: %(scopes)s") % {"scopes": f"\n  {scopes}"},
        _("The shop domain: Shopify admin > Settings > Domains (in another window)."),
    ]
    return "\n".join(parts)
