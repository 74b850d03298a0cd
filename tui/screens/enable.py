"""Enabling the link: which side is right at the start? Then the plan is shown, and applied."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events, on, work
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Button

from core.model import PlanKind
from tui.actions import bindings
from tui.i18n import N_, _
from tui.screens.base import SubScreen
from tui.screens.plan import PlanScreen
from tui.session import Session
from tui.widgets.fields import Page, Press
from tui.widgets.prose import Prose

CHOICES: tuple[tuple[PlanKind, str, str], ...] = (
    (
        PlanKind.PUSH,
        N_("Start with DEXTRE's quantities (DEXTRE → Shopify)"),
        N_("You have counted here. Shopify gets DEXTRE's numbers."),
    ),
    (
        PlanKind.PULL,
        N_("Start with Shopify's quantities (Shopify → DEXTRE)"),
        N_("The shop is right so far. DEXTRE gets Shopify's numbers."),
    ),
    (
        PlanKind.MERGE,
        N_("Fill only what is missing (merge)"),
        N_(
            "Takes a number only where the other side was never set, or both agree. "
            "Differences are listed for you and stay as they are."
        ),
    ),
)


class Choice(Press, inherit_bindings=False):
    """A way to begin; its keys are all that this screen has, so they are named."""

    BINDINGS = bindings("enable")


class EnableScreen(SubScreen):
    NAME = N_("Enable inventory link")
    AUTO_FOCUS = "#push"

    @staticmethod
    def why_not_open(session: Session) -> str | None:
        return session.why_not_mapped()

    def body(self) -> Iterable[Widget]:
        with Page(id="choices"):
            yield Prose(
                _(
                    "From then on both sides follow each other in real time. Which quantities are "
                    "right at the start? The whole plan is shown before anything is written."
                ),
                classes="explains",
            )
            for kind, title, explains in CHOICES:
                with Vertical(classes="choice"):
                    yield Choice(_(title), id=kind.value)
                    yield Prose(_(explains), classes="explains")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A choice is seen with what it means."""
        choice = event.widget.parent
        if isinstance(choice, Vertical):
            self.query_one(Page).scroll_to_widget(choice, animate=False)

    @on(Button.Pressed)
    def chosen(self, event: Button.Pressed) -> None:
        if reason := self.why_not_open(self.session):
            self.say(reason, "warn")
            return
        self.make_plan(PlanKind(event.button.id or "merge"))

    @work(exclusive=True, group="job")
    async def make_plan(self, kind: PlanKind) -> None:
        done = await self.job(
            _("Reading both sides"),
            lambda progress: self.desk.plan(kind, progress=progress, to_enable=True),
        )
        if done is not None:
            self.app.push_screen(PlanScreen(done.value, enabling=True))
