"""The sections of the mapping table, in the order in which they are shown, and the filters that a
person chooses: every filter is a run of neighbouring sections, so that choosing one costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.model import MappedBy, MappingRow, MatchState


@dataclass(frozen=True, slots=True)
class IgnoredRow(MappingRow):
    """An item or a variant that a person has put aside: its state is still told, but it waits for
    nobody, and the rule never maps it.
    """


class Filter(StrEnum):
    ALL = "all"
    """Everything but what is ignored."""
    CHANGED_SINCE = "changed_since"
    DIFFERENCES = "differences"
    DUPLICATES = "duplicates"
    BLANK = "blank"
    ONLY_HERE = "only_here"
    ONLY_THERE = "only_there"
    MAPPED = "mapped"
    BY_HAND = "by_hand"
    IGNORED = "ignored"


_UNMAPPED: Final = (
    (Filter.CHANGED_SINCE, MatchState.CHANGED_SINCE),
    (Filter.DIFFERENCES, MatchState.CASE_DIFFERS),
    (Filter.DIFFERENCES, MatchState.SPACES_DIFFER),
    (Filter.DUPLICATES, MatchState.DUPLICATE_HERE),
    (Filter.DUPLICATES, MatchState.DUPLICATE_THERE),
    (Filter.BLANK, MatchState.BLANK_THERE),
    (Filter.BLANK, MatchState.BLANK_HERE),
    (Filter.ONLY_HERE, MatchState.ONLY_HERE),
    (Filter.ONLY_THERE, MatchState.ONLY_THERE),
)
"""First what a person can mend at once."""

BY_HAND: Final = len(_UNMAPPED)
BY_RULE: Final = BY_HAND + 1
IGNORED: Final = BY_RULE + 1
SECTIONS: Final = IGNORED + 1

_OF_STATE = {state: place for place, (_filter, state) in enumerate(_UNMAPPED)}
_OF_FILTER = {
    Filter.ALL: range(IGNORED),
    Filter.MAPPED: range(BY_HAND, IGNORED),
    Filter.BY_HAND: range(BY_HAND, BY_RULE),
    Filter.IGNORED: range(IGNORED, SECTIONS),
}
for _place, (_filter, _state) in enumerate(_UNMAPPED):
    _first = _OF_FILTER.get(_filter, range(_place, _place)).start
    _OF_FILTER[_filter] = range(_first, _place + 1)


def section_of(row: MappingRow) -> int:
    if row.state is MatchState.MAPPED:
        return BY_HAND if row.by is MappedBy.HAND else BY_RULE
    return IGNORED if type(row) is IgnoredRow else _OF_STATE[row.state]


def sections_of_state(state: MatchState) -> range:
    """Where the rows of a state are, those that are ignored aside."""
    if state is MatchState.MAPPED:
        return range(BY_HAND, IGNORED)
    return range(_OF_STATE[state], _OF_STATE[state] + 1)


def sections_of_filter(chosen: Filter) -> range:
    return _OF_FILTER[chosen]
