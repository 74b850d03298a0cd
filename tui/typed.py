"""Numbers as people type them, in fields and in commands: the digits and signs of an input method
are plain ones.
"""

from __future__ import annotations

import re
import unicodedata

from core.errors import N_, BadInput

_WHOLE = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)")


def plain(text: str) -> str:
    """What was typed, with the digits and signs of an input method as plain ones."""
    return unicodedata.normalize("NFKC", text.strip()).replace("−", "-")


def whole(text: str) -> int:
    """A whole number as people type it, full-width digits too. A comma only parts thousands: 1,5
    is refused, because some mean one and a half by it. Raises BadInput.
    """
    typed = plain(text)
    try:
        if not _WHOLE.fullmatch(typed):
            raise ValueError
        return int(typed.replace(",", ""))
    except ValueError:
        raise BadInput(detail=N_("The quantity must be a whole number.")) from None
