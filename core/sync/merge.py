"""The arithmetic of one cell. Pure: numbers in, numbers out.

Three numbers: L here, R on Shopify (last trusted reading), B what both sides have taken into
account. Un-synced here = L − B; un-synced there = R − B.

    pull   L += R − B, B = R           (in one commit)
    push   d = L − B is sent as a delta; when it is known to have happened, R += d and B += d

Both keep L − B and R − B of the *other* side untouched, so pulls and pushes commute, and base 10,
here 12, there 9 becomes 11 on both. A label that forbids negative stock lets a pull take L down to
0 only; B moves by exactly as much as L did, so what could not be taken stays un-synced there and
is taken when stock arrives: nothing is dropped or invented.
"""

from __future__ import annotations

from typing import NamedTuple

from core.model import Why


class Pulled(NamedTuple):
    """`applied` units came over (may be 0); `left` could not, because stock here would go below
    0.
    """

    here: int
    base: int
    applied: int
    left: int


def pull(here: int, there: int, base: int, *, negative_allowed: bool) -> Pulled:
    wanted = there - base
    applied = wanted
    if wanted < 0 and not negative_allowed:
        # A level that is below 0 already (the label was changed) is left where it is, not raised.
        applied = max(wanted, min(0, -here))
    return Pulled(here + applied, base + applied, applied, wanted - applied)


class Aligned(NamedTuple):
    """What both sides become when a cell joins the link. `why` says by which rule; `DIFFERS` and
    the other refusals leave every number as it is, without a base."""

    here: int | None
    there: int | None
    base: int | None
    why: Why


def align(here: int | None, there: int | None, *, negative_allowed: bool) -> Aligned:
    """The start of a cell without a base, and without a person's word for one side: only where no
    unit can be lost or invented.

    Both agree: nothing moves. A side that was never set takes the other's number. Else they differ,
    and a person decides.
    """
    if there is None:
        return Aligned(here, there, None, Why.CANNOT_WRITE)
    if here is None:
        if there < 0 and not negative_allowed:
            return Aligned(here, there, None, Why.NEGATIVE_NOT_ALLOWED)
        return Aligned(there, there, there, Why.NEVER_SET_HERE)
    if here == there:
        return Aligned(here, there, there, Why.AGREE)
    return Aligned(here, there, None, Why.DIFFERS)
