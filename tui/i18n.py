"""The one way from a catalogue id to the words on the screen, for the app and for the commands.

English is the language of the ids, so it needs no catalogue. Catalogues are read with the standard
library's gettext; they are extracted and compiled by scripts/compile_catalogues.py and kept with
the program. The system's locale is never set: servers often have `C.UTF-8` only.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import N_, DextreError, ErrorNote, Plural, fill
from tui.clean import clean, clean_block, signs

if TYPE_CHECKING:
    from core.sync.events import Event

__all__ = [
    "LANGUAGES",
    "N_",
    "_",
    "aside",
    "choose_language",
    "event_text",
    "finding_text",
    "headed",
    "joined",
    "language",
    "listed",
    "ngettext",
    "note_text",
    "pgettext",
    "set_language",
    "tell",
]

LANGUAGES = ("en", "ja")
LOCALE = Path(__file__).parent / "locale"
DOMAIN = "dextre-sync"
NO_OTHERS: Mapping[str, str] = {}

_current = "en"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def set_language(lang: str) -> None:
    """Speak `lang` from now on; an unknown language is English."""
    global _current, _catalogue
    _current = lang if lang in LANGUAGES else "en"
    _catalogue = gettext.translation(DOMAIN, LOCALE, languages=[_current], fallback=True)


def language() -> str:
    return _current


def choose_language(
    option: str | None, environ: Mapping[str, str], config: str | None = None
) -> str:
    """`--lang`, then DEXTRE_SYNC_LANG, then the configuration, then LC_ALL, LC_MESSAGES, LANG."""
    wishes = [option, environ.get("DEXTRE_SYNC_LANG"), config]
    wishes += [environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    for wish in wishes:
        if wish:
            return _of_locale(wish)
    return "en"


def _of_locale(name: str) -> str:
    code = name.replace("-", "_").split(".")[0].split("_")[0].lower()
    return code if code in LANGUAGES else "en"


def _(text: str) -> str:
    """The words for a catalogue id. gettext would answer an empty id with its header."""
    return signs(_catalogue.gettext(text)) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    return signs(_catalogue.ngettext(one, many, count))


def pgettext(context: str, text: str) -> str:
    return signs(_catalogue.pgettext(context, text))


def listed(words: Iterable[str]) -> str:
    """Several things in a row, as the language sets them apart."""
    return _(", ").join(words)


def sentences(before: str, after: str) -> str:
    """One sentence after another, as the language sets them apart."""
    return _("%(before)s %(after)s") % {"before": before, "after": after}


def joined(message: str, remedy: str) -> str:
    """What went wrong and what to do about it, where something can be done."""
    return sentences(message, remedy) if remedy else message


def headed(head: str, rest: str) -> str:
    """A thing, and what is said about it."""
    return _("%(head)s: %(rest)s") % {"head": head, "rest": rest}


def aside(words: str) -> str:
    return _("(%(words)s)") % {"words": words}


# -- texts that the core makes ---------------------------------------------------------------------


def _words(value: Any) -> Any:
    """A parameter as it is shown: a text that is itself a catalogue id is translated."""
    if value is None:
        return signs("–")
    if isinstance(value, StrEnum):
        from tui.words import word_of  # words are made of this module's marks

        return word_of(value)
    if isinstance(value, DextreError):
        return tell(value)[0]
    if isinstance(value, ErrorNote):
        return note_text(value)
    if isinstance(value, str):
        return clean(_(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return listed(str(_words(one)) for one in value)
    from core.model import Owner  # the first paint needs no nouns
    from tui.words import owner_text

    return owner_text(value) if isinstance(value, Owner) else value


@cache
def _named(template: str) -> frozenset[str]:
    """The parameters that a text uses; the same in every language."""
    return frozenset(re.findall(r"%\((\w+)\)", template))


def _filled(template: str, params: Mapping[str, Any]) -> str:
    used = _named(template)
    shown = {name: _words(params[name]) for name in params if name in used}
    return fill(_agreeing(template, params), shown)


def _agreeing(template: str, params: Mapping[str, Any]) -> str:
    if not isinstance(template, Plural):
        return _(template)
    count = params.get(template.by)
    return ngettext(template.one, template, count if isinstance(count, int) else 0)


def tell(
    error: DextreError,
    remedies: Mapping[str, str] = NO_OTHERS,
    keys: Mapping[str, str] = NO_OTHERS,
) -> tuple[str, str]:
    """What went wrong and what to do about it, in the language of the reader. `remedies` are other
    words for some remedies, by their catalogue ids; they may name `keys`.
    """
    remedy = remedies.get(error.remedy, error.remedy)
    message = _filled(error.message, error.params)
    return clean_block(message), clean_block(_filled(remedy, {**error.params, **keys}))


class Told(Protocol):
    """A message and its remedy, both catalogue ids: a finding, a line of an import."""

    @property
    def message(self) -> str: ...
    @property
    def remedy(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


def finding_text(
    finding: Told,
    remedies: Mapping[str, str] = NO_OTHERS,
    keys: Mapping[str, str] = NO_OTHERS,
) -> tuple[str, str]:
    """One line of a check or an import, and its remedy (empty where there is none)."""
    message = _filled(finding.message, finding.params)
    remedy = remedies.get(finding.remedy, finding.remedy)
    return clean(message), clean(_filled(remedy, {**finding.params, **keys}))


def note_text(
    note: ErrorNote,
    remedies: Mapping[str, str] = NO_OTHERS,
    keys: Mapping[str, str] = NO_OTHERS,
) -> str:
    """What went wrong and what to do about it, on a line."""
    return joined(*finding_text(note, remedies, keys))


def event_text(event: Event) -> str:
    """One line of the log, without its time and level."""
    from tui.words import word_of_code  # words are made of this module's marks

    params = event.params()
    for name in ("problem", "kind", "choice"):
        if name in params:
            params[name] = word_of_code(str(params[name]))
    return clean(_filled(event.text, params))
