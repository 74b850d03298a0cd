"""One cell of a CSV file, both ways.

A text that a spreadsheet would take for a formula is written with an apostrophe in front, and so is
one that starts with an apostrophe itself; reading takes one leading apostrophe away. So every text
comes back as it was, and what Shopify or a person marked with an apostrophe reads rightly as well
(facts.md §10.2). Numbers are never guarded: -3 stays a number.
"""

from __future__ import annotations

import re

LARGEST = 1_000_000_000
"""Shopify's bound for a quantity, either way (facts.md §4.6)."""

NOT_STOCKED = "not stocked"

# Besides the ASCII starters, their full-width forms: Japanese spreadsheets read them alike.
_FORMULA = frozenset("=+-@＝＋－＠'\t\r\n")
# Quoted beyond what RFC 4180 asks: a semicolon or tab is a separator in some spreadsheets' locales.
_QUOTED = re.compile(r'[",;\t\r\n]|^\s|\s$')
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９－−", "0123456789--")
_INTEGER = re.compile(r"-?[0-9]+")


def text_cell(value: str) -> str:
    """A text, guarded and quoted as needed. NUL, which no CSV reader takes, is left out."""
    if value.isalnum() and value.isascii():
        return value
    value = value.replace("\0", "")
    if not value.isascii():
        # A lone surrogate cannot be written and would end the export half-way.
        value = value.encode("utf-8", "replace").decode("utf-8")
    if value[:1] in _FORMULA or value.lstrip()[:1] in _FORMULA:
        value = "'" + value if value else value
    if _QUOTED.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value


def number_cell(value: int | None) -> str:
    """A whole number; empty for None."""
    return "" if value is None else str(value)


def text_of(cell: str) -> str:
    """The text of a cell: one leading apostrophe is a mark, not part of it."""
    return cell[1:] if cell[:1] == "'" else cell


def integer_of(cell: str) -> int | None:
    """The whole number of a cell, or None where it is none.

    Full-width digits and minus signs, as a Japanese keyboard gives them, are numbers. Thousands
    separators, decimals and a plus sign are not: what they mean differs between places and people.
    """
    cell = text_of(cell.strip())
    if not cell.isascii():
        cell = cell.translate(_WIDE_DIGITS)
    if not _INTEGER.fullmatch(cell):
        return None
    # Longer than any quantity: no need to convert thousands of digits to know that.
    return int(cell) if len(cell) <= 20 else LARGEST * 10


def is_not_stocked(cell: str) -> bool:
    """`not stocked` in any case, as Shopify's inventory files say it (facts.md §10.1)."""
    return " ".join(cell.split()).casefold() == NOT_STOCKED
