"""Which item here is which variant on Shopify: the rule, the report on what did not match, and
edits by hand.

Pure: values in, values out. Reading the catalogue, keeping mappings and showing rows are others'
business.
"""

from core.matching.edits import Edit, EditBatch, combined, edit_many, map_one, unmap_one
from core.matching.errors import NoSuchItem, NoSuchVariant, NotMapped
from core.matching.match import Catalogue, Matching, Rule, match, report
from core.matching.view import MappingView

__all__ = [
    "Catalogue",
    "Edit",
    "EditBatch",
    "MappingView",
    "Matching",
    "NoSuchItem",
    "NoSuchVariant",
    "NotMapped",
    "Rule",
    "combined",
    "edit_many",
    "map_one",
    "match",
    "report",
    "unmap_one",
]
