"""The words of webhooks, for the screen and the commands alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.workspace import Heard, WebhookState
from tui.clean import clean
from tui.i18n import N_, _, listed, ngettext, sentences
from tui.when import day_and_time
from tui.words import BAD, DIM, GOOD, WARN, Mark

STATES: Mapping[WebhookState, Mark] = {
    WebhookState.RIGHT: Mark("✓", N_("In order"), GOOD),
    WebhookState.DIFFERS: Mark("!", N_("Changed: heal it"), WARN),
    WebhookState.MISSING: Mark("✗", N_("Missing: heal it"), BAD),
    WebhookState.FOREIGN: Mark("–", N_("Of others: left alone"), DIM),
}


class Report(Protocol):
    """Topics, by what became of them."""

    kept: list[str]
    made: list[str]
    healed: list[str]
    removed: list[str]
    not_permitted: list[str]


def hearing_words(heard: Heard | None, *, wanted: bool) -> str:
    """Who hears, how much came, and what that means."""
    if not wanted:
        return _("Webhooks are switched off; the sync goes on by looking.")
    if heard is None:
        return _("Nobody hears webhooks now; the sync goes on by looking.")
    words = _("Heard at %(listen)s since %(since)s: %(n)d came") % {
        "listen": clean(heard.listen, 60),
        "since": day_and_time(heard.since),
        "n": heard.taken,
    }
    if heard.last_at:
        words += ", " + _("the last one %(at)s") % {"at": day_and_time(heard.last_at)}
    if heard.refused:
        words += "; " + _("refused, without a valid signature: %(n)d") % {"n": heard.refused}
    return words


def healed_words(report: Report) -> str:
    words = _("Webhooks made: %(made)d, put right: %(healed)d, left as they were: %(kept)d.") % {
        "made": len(report.made),
        "healed": len(report.healed),
        "kept": len(report.kept),
    }
    if report.not_permitted:
        told = {"topics": _topics(report.not_permitted)}
        words = sentences(words, _("Not permitted to this app: %(topics)s.") % told)
    return words


def removed_words(report: Report) -> str:
    gone = len(report.removed)
    if not gone:
        return _("There were no webhooks to remove; the sync goes on by looking.")
    words = ngettext(
        "%(n)d webhook was removed; the sync goes on by looking.",
        "%(n)d webhooks were removed; the sync goes on by looking.",
        gone,
    )
    return words % {"n": gone}


def _topics(names: Sequence[str]) -> str:
    return listed(clean(name.lower()) for name in names)
