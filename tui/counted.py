"""How many of what, in the reader's language: `1 cell`, `2,000 cells`."""

from __future__ import annotations

from tui.i18n import ngettext


def _told(words: str, n: int) -> str:
    return words % {"n": f"{n:,}"}


def cells(n: int) -> str:
    return _told(ngettext("%(n)s cell", "%(n)s cells", n), n)


def items(n: int) -> str:
    return _told(ngettext("%(n)s item", "%(n)s items", n), n)


def quantities(n: int) -> str:
    return _told(ngettext("%(n)s quantity", "%(n)s quantities", n), n)


def locations(n: int) -> str:
    return _told(ngettext("%(n)s location", "%(n)s locations", n), n)


def pairs(n: int) -> str:
    return _told(ngettext("%(n)s pair", "%(n)s pairs", n), n)


def lines(n: int) -> str:
    return _told(ngettext("%(n)s line", "%(n)s lines", n), n)


def rows(n: int) -> str:
    return _told(ngettext("%(n)s row", "%(n)s rows", n), n)


def units(n: int) -> str:
    return _told(ngettext("%(n)s unit", "%(n)s units", n), n)


def days(n: int) -> str:
    return _told(ngettext("%(n)s day", "%(n)s days", n), n)


def times(n: int) -> str:
    return _told(ngettext("%(n)s time", "%(n)s times", n), n)


def mappings(n: int) -> str:
    return _told(ngettext("%(n)s SKU mapping", "%(n)s SKU mappings", n), n)


def come_back(n: int) -> str:
    return _told(ngettext("%(n)s comes back", "%(n)s come back", n), n)


def change(n: int) -> str:
    return _told(ngettext("%(n)s changes", "%(n)s change", n), n)


def go(n: int) -> str:
    return _told(ngettext("%(n)s goes", "%(n)s go", n), n)
