"""Which item here is which variant on Shopify: the rule, the report on what did not match, and
edits by hand.

Pure: values in, values out. Reading the catalogue, keeping mappings and showing rows are others'
business.
"""

from core.matching.edits import (
    HERE,
    THERE,
    Edit,
    EditBatch,
    End,
    combined,
    edit_many,
    map_one,
    unmap_one,
)
from core.matching.errors import NoSuchItem, NoSuchVariant, NotMapped
from core.matching.fold import folded
from core.matching.match import Catalogue, Matching, Rule, match, report
from core.matching.sections import Filter, IgnoredRow
from core.matching.suggest import AlikeSkus, Likeness, Suggestion, items_like, variants_like
from core.matching.table import MappingTable, ends_of
from core.matching.view import MappingView

__all__ = [
    "HERE",
    "THERE",
    "AlikeSkus",
    "Catalogue",
    "Edit",
    "EditBatch",
    "End",
    "Filter",
    "IgnoredRow",
    "Likeness",
    "MappingTable",
    "MappingView",
    "Matching",
    "NoSuchItem",
    "NoSuchVariant",
    "NotMapped",
    "Rule",
    "Suggestion",
    "combined",
    "edit_many",
    "ends_of",
    "folded",
    "items_like",
    "map_one",
    "match",
    "report",
    "unmap_one",
    "variants_like",
]
