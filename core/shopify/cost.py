"""What a document costs, by the rules seen in force (facts.md §3.3). Pure arithmetic; what the shop
really charges comes with each answer and is the throttle's business.
"""

from __future__ import annotations

from math import floor, log

OBJECT = 1
"""A field that gives an object, or a plain list of objects whatever its length."""

MUTATION = 10
"""A mutation with its payload: the payload's own objects and its userErrors add nothing; what
those hold does."""

COUNT = 10
"""A field that counts."""

PAGE = 250
"""The largest page, and the cheapest for each row: always asked for."""


def page_weight(first: int) -> int:
    """How many times a page of `first` rows counts its row; it grows with the logarithm."""
    if first <= 0:
        return 0
    return max(1, floor(2 * log(first)))


def connection(first: int, row: int) -> int:
    """The cost of a connection; `row` is one node with all its objects, 1 for the node included."""
    return 2 + page_weight(first) * row
