"""What can be wrong with an edit of a mapping by hand."""

from __future__ import annotations

from core.errors import N_, BadInput


class NoSuchItem(BadInput):
    code = "no_such_item"
    message = N_("There is no item with the SKU number %(sku_number)s.")
    remedy = N_(
        "Check the spelling (case and spaces count), or add the item with "
        "`dextre-sync item import`."
    )


class NoSuchVariant(BadInput):
    code = "no_such_variant"
    message = N_(
        "Shopify has no inventory item %(inventory_item_id)s "
        "(it was to be mapped to the SKU number %(sku_number)s)."
    )
    remedy = N_("Run Map (`dextre-sync map`) to read the shop's catalogue again.")


class NotMapped(BadInput):
    code = "not_mapped"
    message = N_("The Shopify variant %(variant)s is not mapped to any SKU number.")
    remedy = N_("Look it up with `dextre-sync map list`.")
