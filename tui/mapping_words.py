"""The words of the mapping screen for its filters and likenesses: apart from `tui.words`, because
they name what only the mapping needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.workspace import Filter, Likeness
from tui.i18n import N_

FILTERS: Mapping[Filter, str] = {
    Filter.ALL: N_("All"),
    Filter.CHANGED_SINCE: N_("Changed since"),
    Filter.DIFFERENCES: N_("Case/width/spaces"),
    Filter.DUPLICATES: N_("Duplicates"),
    Filter.BLANK: N_("Blank"),
    Filter.ONLY_HERE: N_("Only in DEXTRE"),
    Filter.ONLY_THERE: N_("Only in Shopify"),
    Filter.MAPPED: N_("Mapped"),
    Filter.BY_HAND: N_("By hand"),
    Filter.IGNORED: N_("Ignored"),
}

LIKENESSES: Mapping[Likeness, str] = {
    Likeness.SKU: N_("the SKU is alike"),
    Likeness.BARCODE: N_("same barcode"),
    Likeness.NAME: N_("same name"),
}
