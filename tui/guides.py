"""What happened and what to do, step by step, for everything that can wait for a person. Words
only; the choices themselves are the core's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from core.model import Problem
from tui.i18n import N_, _


class Guide(NamedTuple):
    """`then` is what happens by itself afterwards."""

    happened: str
    steps: tuple[str, ...]
    then: str


_COUNT = N_("Count what is really there, and type it: both sides get that number.")
_ONE_SIDE = N_("Or let one side's number count: DEXTRE's or Shopify's.")
_LEAVE_OUT = N_("Or leave the row out: nothing flows for it until you take it up again.")
_UNDO = N_("What you choose is a run: it can be undone here and under Runs.")
_CLEARS = N_("The row leaves by itself as soon as the cause is gone.")
_FLOWS = N_("Quantities go on flowing until you decide.")

GUIDES: Mapping[Problem, Guide] = {
    Problem.NEGATIVE_NOT_ALLOWED: Guide(
        N_(
            "More was sold on Shopify than there is here, and this inventory label forbids less "
            "than 0."
        ),
        (
            N_("Look whether a delivery was not entered yet, and enter it: the rest follows."),
            _COUNT,
            N_("Or allow negative quantities: Settings > Locations and inventory labels."),
        ),
        N_("As soon as there is stock here, what was sold is taken off by itself."),
    ),
    Problem.UNTRACKED: Guide(
        N_("Shopify does not count this product, so it has no quantity to follow."),
        (
            N_(
                "Let it be tracked from here, or switch on “Track quantity” at the product in "
                "Shopify."
            ),
            _LEAVE_OUT,
        ),
        _CLEARS,
    ),
    Problem.NOT_STOCKED: Guide(
        N_(
            "The product is not stocked at this location in Shopify, so no quantity can be set "
            "there."
        ),
        (
            N_("Stock it there from here, or tick the location at the product in Shopify."),
            _LEAVE_OUT,
        ),
        _CLEARS,
    ),
    Problem.BUNDLE: Guide(
        N_("This is a bundle: Shopify reckons its quantity from its components."),
        (
            N_("Remove the mapping, and map the components instead."),
            _LEAVE_OUT,
        ),
        N_("The bundle's number on Shopify follows its components."),
    ),
    Problem.DELETED: Guide(
        N_("The product, or this variant of it, was deleted in Shopify."),
        (
            N_("Remove the mapping: the item stays in DEXTRE with its quantity."),
            N_("Or run the SKU mapping again, if it was made anew in Shopify under the same SKU."),
        ),
        _CLEARS,
    ),
    Problem.REJECTED: Guide(
        N_("Shopify refused the quantity; what it answered is shown above."),
        (
            N_("Put right in Shopify what it named, then choose a number."),
            _ONE_SIDE,
            _COUNT,
        ),
        _UNDO,
    ),
    Problem.OUTCOME_UNKNOWN: Guide(
        N_("A write to Shopify was never answered, and it is too late to ask what became of it."),
        (
            N_("Compare both numbers with the shelf."),
            _COUNT,
            _ONE_SIDE,
        ),
        _UNDO,
    ),
    Problem.DIFFERS_AT_START: Guide(
        N_(
            "Both sides have different numbers, and there is none that both had before, to "
            "calculate from."
        ),
        (
            _COUNT,
            _ONE_SIDE,
        ),
        N_("From then on both sides follow each other."),
    ),
    Problem.LOCATION_INACTIVE: Guide(
        N_("This location was deactivated in Shopify; nothing can be sold or set there."),
        (
            N_("Activate it again in Shopify: Settings > Locations."),
            N_("Or pair another location: Settings > Shopify custom app > Inventory link > Edit."),
            _LEAVE_OUT,
        ),
        _CLEARS,
    ),
    Problem.IGNORED: Guide(
        N_("You leave this row out of the link: it flows neither way."),
        (N_("Take it up again whenever you like."),),
        N_("The next reading then decides from the number that both sides had last."),
    ),
    Problem.SKU_CHANGED: Guide(
        N_("The SKU was edited, in Shopify or here, after it was mapped."),
        (
            N_("Keep the mapping, if it is still the same product."),
            N_("Map to the item of the new SKU, where there is one."),
            N_("Or remove the mapping."),
        ),
        _FLOWS,
    ),
    Problem.DUPLICATE: Guide(
        N_("Another product in Shopify, or another item here, has the same SKU now."),
        (
            N_("Give one of them another SKU: the row then leaves by itself."),
            N_("Or keep the mapping as it is, or remove it."),
        ),
        _FLOWS,
    ),
    Problem.SAFETY_STOP: Guide(
        N_(
            "In one pass more would have changed than a shop changes by itself. Nothing of it was "
            "done."
        ),
        (
            N_("Look at the plan: which numbers would change, and why?"),
            N_("If it is right, apply it, and the sync goes on."),
            N_("If one side is wrong, push or pull: Settings > Shopify custom app > By hand."),
            N_("If products are gone from the shop, put that right there, or map the SKUs again."),
        ),
        N_("The limits of the safety stop are a setting."),
    ),
    Problem.STOPPED: Guide(
        N_("The sync stands still until somebody acts; the reason is shown above."),
        (
            N_(
                "For a token or a missing scope: Settings > Shopify custom app > Set API details "
                "and connect."
            ),
            N_("For all else, let the doctor look: Settings > Doctor."),
        ),
        N_("The sync goes on by itself afterwards; nothing is lost meanwhile."),
    ),
}


def guide_text(problem: Problem) -> str:
    """What happened, numbered steps, and what follows, in the language of the reader."""
    guide = GUIDES[problem]
    one = _("%(n)d. %(step)s")
    steps = [one % {"n": number, "step": _(step)} for number, step in enumerate(guide.steps, 1)]
    return "\n".join((_(guide.happened), "", *steps, "", _(guide.then)))
