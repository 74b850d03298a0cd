"""Shopify's search grammar for the filters of connections (facts.md §5.3).

    sku:TEE-NV-M   updated_at:>='2026-11-23T10:00:00Z'   a AND (b OR -c)   sku:TEE*   id:>123

An unknown filter name is NOT an error: the filter is ignored, every row comes back, and the answer
carries a warning in extensions.search. So it is with a value that does not fit its filter. That
trap is the point of this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Predicate = Callable[[Any], bool]

_LEXER = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) |
        (?P<field>[A-Za-z_][\w.]*):(?P<op><=|>=|<|>)?
            (?P<value>'(?:\\.|[^'])*'|"(?:\\.|[^"])*"|(?:\\.|[^\s()])*) |
        (?P<quoted>'(?:\\.|[^'])*'|"(?:\\.|[^"])*") |
        (?P<word>(?:\\.|[^\s()])+)
    )""",
    re.VERBOSE,
)
_RANGE = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Field:
    """A filter: how to get its value from a row, and how it is compared."""

    kind: str
    """text, number, date or flag."""
    get: Callable[[Any], Any]


@dataclass
class Parsed:
    query: str
    matches: Predicate
    parsed: dict[str, Any]
    warnings: list[dict[str, str]] = field(default_factory=list)
    updated_since: int | None = None
    """A bound that every matching row's `updated_at` keeps: what is older need not be looked at."""


def words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def parse_search(query: str, fields: Mapping[str, Field], default: Sequence[str] = ()) -> Parsed:
    """`default` names the fields that a bare word is looked for in."""
    return _Parser(query, fields, default).run()


class _Parser:
    def __init__(self, query: str, fields: Mapping[str, Field], default: Sequence[str]) -> None:
        self._query = query
        self._fields = fields
        self._default = default
        self._tokens = [match for match in _LEXER.finditer(query) if match.group().strip()]
        self._at = 0
        self._depth = 0
        self._result = Parsed(query, lambda _row: True, {})

    def run(self) -> Parsed:
        if self._tokens:
            self._result.matches, self._result.parsed = self._or()
        return self._result

    def _peek(self) -> re.Match[str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is_word(self, *values: str) -> bool:
        token = self._peek()
        return token is not None and token["word"] in values

    def _or(self) -> tuple[Predicate, dict[str, Any]]:
        parts = [self._and()]
        while self._is_word("OR"):
            self._at += 1
            self._result.updated_since = None
            self._depth += 1
            parts.append(self._and())
            self._depth -= 1
        if len(parts) == 1:
            return parts[0]
        checks = [check for check, _ in parts]
        return lambda row: any(check(row) for check in checks), {"or": [p for _, p in parts]}

    def _and(self) -> tuple[Predicate, dict[str, Any]]:
        parts = []
        while (token := self._peek()) is not None and not token["close"]:
            if self._is_word("AND"):
                self._at += 1
                continue
            if self._is_word("OR"):
                break
            parts.append(self._unary())
        if len(parts) == 1:
            return parts[0]
        checks = [check for check, _ in parts]
        return lambda row: all(check(row) for check in checks), {"and": [p for _, p in parts]}

    def _unary(self) -> tuple[Predicate, dict[str, Any]]:
        token = self._tokens[self._at]
        if self._is_word("NOT", "-"):
            self._at += 1
            if self._peek() is None:
                return (lambda _row: True), {}
            return self._negated()
        if token["open"]:
            self._at += 1
            self._depth += 1
            inner = self._or()
            self._depth -= 1
            closing = self._peek()
            if closing is not None and closing["close"]:
                self._at += 1
            return inner
        self._at += 1
        if token["field"]:
            return self._term(token["field"], token["op"] or "", token["value"])
        word = token["word"] or token["quoted"] or ""
        if word.startswith("-") and ":" in word:
            inner_query = _LEXER.match(word[1:])
            if inner_query and inner_query["field"]:
                rest = self._query[token.end() :] if inner_query["value"] == "" else ""
                self._depth += 1
                check, parsed = self._term(
                    inner_query["field"], inner_query["op"] or "", inner_query["value"] or rest
                )
                self._depth -= 1
                return (lambda row: not check(row)), {"not": parsed}
        return self._text(_unquote(word))

    def _negated(self) -> tuple[Predicate, dict[str, Any]]:
        self._depth += 1
        check, parsed = self._unary()
        self._depth -= 1
        return (lambda row: not check(row)), {"not": parsed}

    def _text(self, text: str) -> tuple[Predicate, dict[str, Any]]:
        getters = [self._fields[name].get for name in self._default]
        check = _text_check(text)
        return (
            lambda row: any(check(get(row)) for get in getters) if getters else True,
            {"field": "default", "match_all": text},
        )

    def _term(self, name: str, op: str, raw: str) -> tuple[Predicate, dict[str, Any]]:
        text = _unquote(raw)
        parsed: dict[str, Any] = {"field": name}
        parsed |= {"range": {_RANGE[op]: text}} if op else {"match_all": text}
        wanted = self._fields.get(name)
        if wanted is None:
            return self._ignored(
                name, "Invalid search field for this query.", "invalid_field"
            ), parsed
        check = self._check(wanted, op, text, is_quoted=raw[:1] in "'\"" and raw != "")
        if check is None:
            message = f"Input `{text}` is not an accepted value."
            return self._ignored(name, message, "invalid_value"), parsed
        get = wanted.get
        return (lambda row: check(get(row))), parsed

    def _ignored(self, name: str, message: str, code: str) -> Predicate:
        self._result.warnings.append({"field": name, "message": message, "code": code})
        return lambda _row: True

    def _check(self, wanted: Field, op: str, text: str, *, is_quoted: bool) -> Predicate | None:
        if wanted.kind == "text":
            return _text_check(text) if not op else None
        if wanted.kind == "flag":
            lowered = text.lower()
            return (lambda v: v is (lowered == "true")) if lowered in ("true", "false") else None
        if wanted.kind == "date":
            if ":" in text and not is_quoted:
                return None  # a time must be quoted
            bound = _epoch(text)
            if bound is not None and op in (">", ">=") and not self._depth:
                self._result.updated_since = bound
            return None if bound is None else _compare(op, bound)
        return _compare(op, int(text)) if re.fullmatch(r"-?[0-9]{1,19}", text) else None


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return re.sub(r"\\(.)", r"\1", text)


def _epoch(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _compare(op: str, bound: int) -> Predicate:
    return {
        "": lambda value: value == bound,
        "<": lambda value: value < bound,
        "<=": lambda value: value <= bound,
        ">": lambda value: value > bound,
        ">=": lambda value: value >= bound,
    }[op]


def _text_check(text: str) -> Predicate:
    """Whole words in order, whatever their case: `sku:tee-nv` finds TEE-NV-M (facts.md §0.8)."""
    if text == "*":
        return lambda value: bool(value)
    prefix = text.endswith("*")
    wanted = words(text.rstrip("*"))

    def matches(value: str | None) -> bool:
        have = words(value or "")
        if not wanted:
            return not have
        last = len(wanted) - 1
        for start in range(len(have) - last):
            window = have[start : start + last + 1]
            if window == wanted or (
                prefix and window[:last] == wanted[:last] and window[last].startswith(wanted[last])
            ):
                return True
        return False

    return matches
