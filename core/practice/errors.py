"""What a person who starts or steers a practice shop can get wrong."""

from __future__ import annotations

from core.errors import N_, BadInput


class CatalogueFileInvalid(BadInput):
    code = "practice_catalogue_invalid"
    message = N_("%(file)s cannot be used as a catalogue: %(detail)s.")
    remedy = N_("Give an inventory or a product CSV as Shopify exports it.")


class FaultsInvalid(BadInput):
    code = "practice_faults_invalid"
    message = N_("%(text)s is not a fault of the practice shop: %(detail)s")
    remedy = N_("Write, for example, loss=0.2,latency=50ms,lag=3s.")


class NothingToSell(BadInput):
    code = "practice_unknown_stock"
    message = N_("The practice shop has no %(what)s %(value)s.")
    remedy = N_("Use a SKU or inventory item id and a location name or id of this shop.")
