"""From bytes to numbered rows: encoding, separator, quotation. Knows nothing of columns.

Encodings: UTF-8, with or without a byte order mark; else Shift_JIS as Windows writes it (CP932),
if the bytes are valid and the outcome reads like Japanese. Western one-byte texts are often valid
CP932 by accident: their accented letters (0xC0 and up) come out as rare kanji or half-width kana,
each alone and glued to a Latin letter. Where most of the text is of that kind, it is refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.exchange.errors import BrokenCsv, CannotRead, EmptyFile, NotText

Row = tuple[int, list[str]]
"""The line that a row starts at (from 1), and its cells."""

_BOM = "\ufeff"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_GLUED = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?![^\x00-\x7f])")
_FIRST_ACCENTED = 0xC0
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Table:
    """A file as text: its header, and its rows when iterated. `file` is the name to show."""

    file: str
    encoding: str
    header: list[str]
    _text: str
    _delimiter: str

    def rows(self) -> Iterator[Row]:
        """The rows below the header; wholly blank ones are passed over. Raises BrokenCsv."""
        rows = _rows(self.file, self._text, self._delimiter)
        next(rows, None)
        return rows


def read_table(path: Path, expected: str) -> Table:
    """`expected`: the first line that an empty file is told to have. Raises CannotRead, EmptyFile,
    NotText, BrokenCsv.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotRead(file=str(path), detail=error.strerror or type(error).__name__) from error
    return table_of(data, path.name, expected)


def table_of(data: bytes, file: str, expected: str) -> Table:
    text, encoding = _decoded(data, file)
    delimiter = _delimiter(text)
    first = next(_rows(file, text, delimiter), None)
    if first is None:
        raise EmptyFile(file=file, expected=expected)
    return Table(file, encoding, first[1], text, delimiter)


def _decoded(data: bytes, file: str) -> tuple[str, str]:
    if data.startswith(_UTF_16):
        raise NotText(file=file, line=1, byte=_hex(data[0]))
    nul = data.find(b"\0")
    if nul >= 0:
        raise NotText(file=file, line=_line(data, nul), byte=_hex(0))
    try:
        return data.decode("utf-8").removeprefix(_BOM), "UTF-8"
    except UnicodeDecodeError as error:
        text = _japanese(data)
        if text is not None:
            return text, "Shift_JIS"
        bad = error.start
        raise NotText(file=file, line=_line(data, bad), byte=_hex(data[bad])) from error


def _japanese(data: bytes) -> str | None:
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return None
    if _PRIVATE_USE.search(text):
        return None
    accented = sum(glued.encode("cp932")[0] >= _FIRST_ACCENTED for glued in _GLUED.findall(text))
    return text if accented * 2 <= len(_NOT_ASCII.findall(text)) else None


def _delimiter(text: str) -> str:
    """What separates the columns of the first line: spreadsheets of some countries write
    semicolons, pasted tables have tabs.
    """
    first = text.lstrip().partition("\n")[0]
    return max(",;\t", key=first.count)


def _rows(file: str, text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise BrokenCsv(file=file, line=line, detail=str(error)) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def _hex(byte: int) -> str:
    return f"0x{byte:02X}"
