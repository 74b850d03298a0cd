"""Every text from outside (Shopify, CSV, arguments, errors of libraries) passes `clean` once before
it reaches a widget: no widget of the toolkit removes control codes, and a product title must not
be able to speak to the terminal. Also the plain forms of our own signs for `--ascii`.

Not its business: markup. Nothing here is ever parsed as markup; widgets are told so one by one.
"""

from __future__ import annotations

import re

LIMIT = 500
"""Characters kept of one outside text; a screen is never wider than that."""

_LINE_BREAKS = re.compile(r"[\t\n\r\v\f\u0085\u2028\u2029]+")
_UNSEEN = (
    "\x7f-\x9f"  # DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, embeddings, overrides, isolates
    "\ufeff\ufff9-\ufffb"  # byte order mark, interlinear annotation
    "\ud800-\udfff"  # lone surrogates cannot be written to a terminal
)
_FORBIDDEN = re.compile(f"[\x00-\x1f{_UNSEEN}]")  # with C0, ESC among it
_RAW_IN_JSON = re.compile(f"[{_UNSEEN}]")
"""C0 is always escaped there."""

_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "⇄": "<->",
        "→": "->",
        "←": "<-",
        "↑": "^",
        "↓": "v",
        "…": "...",
        "·": "-",
        "—": "-",
        "–": "-",
        "−": "-",
        "•": "*",
        "▸": ">",
        "▾": "v",
        "│": "|",
        "─": "-",
        "×": "x",
        "⚠": "!",
        "Δ": "d",
        "≠": "!=",
    }
)

_plain = False


def use_ascii(on: bool) -> None:
    """Draw our own signs with ASCII characters from now on (terminals where `→` is two wide)."""
    global _plain
    _plain = on


def ascii_only() -> bool:
    return _plain


def signs(text: str) -> str:
    """Our own text as this terminal can draw it."""
    return text.translate(_ASCII) if _plain else text


def harmless(text: str) -> str:
    """An outside text, or what is typed, as one line that cannot speak to the terminal: of any
    length, and with whatever signs it has.
    """
    if text.isprintable():
        return text  # nearly all of them; what is forbidden is never printable
    return _FORBIDDEN.sub("", _LINE_BREAKS.sub(" ", text))


def clean(text: object, limit: int = LIMIT) -> str:
    """An outside text as one harmless line of at most `limit` characters."""
    raw = str(text)
    line = harmless(raw[:limit])
    return signs(line + "…" if len(raw) > limit else line)


def clean_block(text: object, limit: int = 4000) -> str:
    """The same for a text of several lines, as error dialogs show."""
    lines = str(text)[:limit].splitlines()
    return "\n".join(clean(line) for line in lines)


def harmless_lines(text: str) -> str:
    """The same for a text of several lines that is shown whole, as a CSV file is."""
    return "\n".join(map(harmless, text.replace("\r\n", "\n").split("\n")))


def escaped(text: str) -> str:
    """JSON that says the same when it is read, without what speaks to a terminal."""
    return _RAW_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
