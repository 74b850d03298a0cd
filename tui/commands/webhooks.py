"""`webhooks`: the subscriptions that the shop has for this app. To hear them: `run --webhooks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.clean import clean
from tui.commands.common import Session, confirmed, say, say_json, table, wait
from tui.commands.line import Tree, takes_json, takes_yes
from tui.i18n import _
from tui.webhook_words import STATES, healed_words, hearing_words, removed_words
from tui.words import show

if TYPE_CHECKING:
    from core.workspace import Heard


def register(tree: Tree) -> None:
    tree.group("webhooks", _("What Shopify tells at once, where a public address is at hand."))
    about = _("The subscriptions of this app at the shop, and who hears them.")
    takes_json(tree.command("webhooks list", list_webhooks, about))
    about = _("Have all changes come to a public https address: made, or put right.")
    parser = tree.command("webhooks heal", heal, about)
    parser.add_argument("url", metavar="URL", help=_("The public https address."))
    takes_json(parser)
    about = _("Have nothing come any more; the sync goes on by looking.")
    parser = tree.command("webhooks remove", remove, about)
    parser.add_argument(
        "url", metavar="URL", nargs="?", default="", help=_("Also those that lead there.")
    )
    takes_yes(parser)
    takes_json(parser)


def list_webhooks(session: Session, *, as_json: bool) -> None:
    desk = session.desk
    found = wait(desk.webhooks())
    heard, wanted = desk.heard(), desk.wants_webhooks()
    if as_json:
        rows = [
            {"topic": row.topic, "address": row.address, "state": row.state.value}
            for row in found.rows
        ]
        told = {"address": found.address, "on": wanted, "heard": _record(heard)}
        say_json({**told, "webhooks": rows})
        return
    if found.rows:
        shown = [(row.topic, show(STATES[row.state]), row.address) for row in found.rows]
        table((_("Topic"), _("State"), _("Address")), shown)
    else:
        say(_("The shop has no webhooks for this app."))
    say(hearing_words(heard, wanted=wanted))


def _record(heard: Heard | None) -> dict[str, object] | None:
    if heard is None:
        return None
    return {
        "pid": heard.pid,
        "listen": heard.listen,
        "since": heard.since,
        "taken": heard.taken,
        "refused": heard.refused,
        "last_at": heard.last_at,
    }


def heal(session: Session, url: str, *, as_json: bool) -> None:
    report = wait(session.desk.heal_webhooks(url))
    if as_json:
        say_json(
            {
                "address": url,
                "made": report.made,
                "healed": report.healed,
                "kept": report.kept,
                "removed": report.removed,
                "not_permitted": report.not_permitted,
            }
        )
        return
    say(healed_words(report))


def remove(session: Session, url: str, *, yes: bool, as_json: bool) -> None:
    question = _("Remove the webhooks of %(brand)s at the shop?")
    confirmed(question % {"brand": clean(session.desk.brand.name)}, yes=yes)
    report = wait(session.desk.remove_webhooks(url))
    if as_json:
        say_json({"removed": report.removed})
        return
    say(removed_words(report))
