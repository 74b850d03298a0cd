"""What can go wrong at the door itself; the rooms have their own."""

from __future__ import annotations

from core.errors import N_, NN_, BadInput, DextreError, LostRace, SafetyStop, TryAgain, UserMustAct


class NoBrand(UserMustAct):
    code = "no_brand"
    message = N_("There is no brand yet.")
    remedy = N_("Make one with `dextre-sync brand add NAME`, or start the app.")


class WhichBrand(BadInput):
    code = "which_brand"
    message = N_("There are several brands: %(brands)s.")
    remedy = N_("Say which one with --brand NAME.")


class UnknownBrandName(BadInput):
    code = "unknown_brand"
    message = N_("There is no brand %(brand)s; there are: %(brands)s.")
    remedy = N_("Check the spelling, or make it with `dextre-sync brand add NAME`.")


class UnknownLocationName(BadInput):
    code = "unknown_location"
    message = N_("There is no DEXTRE location %(location)s; there are: %(locations)s.")
    remedy = N_("Check the spelling, or add it with `dextre-sync location add NAME`.")


class UnknownShopifyLocation(BadInput):
    code = "unknown_shopify_location"
    message = N_("The shop has no location %(location)s that can be paired; it has: %(locations)s.")
    remedy = N_("Locations of fulfilment services and inactive ones cannot be paired.")


class MappingsWouldLeave(UserMustAct):
    """`skus` names the first of the mappings that stand and do not fit any more."""

    code = "mappings_would_leave"
    message = NN_(
        "%(count)s SKU mapping would leave the inventory link, because it does not fit any more: "
        "%(skus)s.",
        "%(count)s SKU mappings would leave the inventory link, because they do not fit any more: "
        "%(skus)s.",
        by="count",
    )
    remedy = N_("To map anew all the same: `dextre-sync map --yes`. Nothing was changed.")


class PairedTwice(BadInput):
    code = "paired_twice"
    message = N_("The location %(location)s is in more than one pair.")
    remedy = N_("Locations are paired one to one: leave one of the pairs out.")


class NoPairs(BadInput):
    code = "no_pairs"
    message = N_("No pair of locations was given.")
    remedy = N_("Pair at least one DEXTRE location with a Shopify location.")


class WhichLabel(BadInput):
    code = "which_label"
    message = N_("No inventory label was named and none is the default; there are: %(labels)s.")
    remedy = N_("Name one with --label CODE.")


class NoLabelYet(UserMustAct):
    code = "no_label"
    message = N_("There is no inventory label yet.")
    remedy = N_("Make one with `dextre-sync label add CODE`.")


class UnknownLabelCode(BadInput):
    code = "unknown_label"
    message = N_("There is no inventory label %(label)s; there are: %(labels)s.")
    remedy = N_("Check the code, or make it with `dextre-sync label add CODE`.")


class NotPaired(UserMustAct):
    code = "not_paired"
    message = N_("No locations are paired yet.")
    remedy = N_("Pair them with `dextre-sync pair LOCAL=SHOPIFY`, or in Settings > Inventory link.")


class NothingInFile(BadInput):
    code = "nothing_in_file"
    message = N_("%(file)s holds no row that could be imported; nothing was changed.")
    remedy = N_("Give a file with at least one item below its first line.")


class NothingToMap(UserMustAct):
    code = "nothing_to_map"
    message = N_("There is no item here that could be mapped.")
    remedy = N_("Import the items first: `dextre-sync item import FILE.csv`.")


class UnknownRun(BadInput):
    code = "no_such_run"
    message = N_("There is no run whose id begins with %(run)s.")
    remedy = N_("`dextre-sync runs` lists them; without an id, undo takes the last one.")


class SeveralRuns(BadInput):
    code = "several_runs"
    message = N_("Several runs begin with %(run)s: %(ids)s.")
    remedy = N_("Write more of the id.")


class NothingToUndo(UserMustAct):
    code = "nothing_to_undo"
    message = N_("There is no push, pull or first alignment left that could be undone.")
    remedy = N_("`dextre-sync why SKU` says where a number came from.")


class CannotConnect(UserMustAct):
    """Wraps the error behind the first finding that failed, so that its code and remedy stay."""

    code = "cannot_connect"
    message = N_("The connection was not made, nothing was changed: %(detail)s")


class SecretsAreGone(UserMustAct):
    code = "secrets_are_gone"
    message = N_("The token of %(brand)s is not where it was kept (%(place)s).")
    remedy = N_("Connect again with the shop's access token or client secret.")


class OtherShop(SafetyStop):
    code = "other_shop"
    message = N_("%(brand)s is linked with %(old)s; this would connect it with %(new)s.")
    remedy = N_(
        "Delete the SKU mappings first if the brand is to move to another shop, "
        "or make another brand for it."
    )


class NotAChoice(BadInput):
    code = "not_a_choice"
    message = N_("“%(choice)s” is no answer to “%(problem)s” of %(what)s.")
    remedy = N_("Possible are: %(choices)s.")


class CountMissing(BadInput):
    code = "count_missing"
    message = N_("The number that was counted for %(what)s is missing.")
    remedy = N_("Give the quantity that is really there.")


class RowMoved(LostRace):
    code = "row_moved"
    message = N_("%(what)s has changed since you looked: here %(here)s, Shopify %(there)s.")
    remedy = N_("Nothing was changed there. Look at it as it is now, and choose again.")


class RowGone(LostRace):
    code = "row_gone"
    message = N_("%(what)s does not wait for you any more.")


class RowLeftOut(LostRace):
    code = "row_left_out"
    message = N_("%(what)s was left as it is: %(why)s.")
    remedy = N_("Choose something else for it, or change what stands in the way.")


class SeveralNumbers(BadInput):
    code = "several_numbers"
    message = N_(
        "%(what)s was left as it is: its variants have different quantities in Shopify "
        "(%(numbers)s), and one item has one number."
    )
    remedy = N_("Choose it for one of the variants alone, or count again.")


class RowRefused(LostRace):
    code = "row_refused"
    message = N_("Shopify refused the quantity of %(what)s: %(why)s.")
    remedy = N_(
        "DEXTRE's number stands. The row stays listed, and is tried again until Shopify takes it."
    )


class RowWaits(TryAgain):
    code = "row_waits"
    message = N_("Shopify has not confirmed the quantity of %(what)s yet.")
    remedy = N_("It is asked again by itself; the run says what became of it.")


class CannotReadLog(UserMustAct):
    code = "cannot_read_log"
    message = N_("The log %(file)s cannot be read: %(detail)s.")
    remedy = N_("Make it readable, or delete it: only what it tells of the past is lost with it.")


class EngineFailed(DextreError):
    """Something that is no error of ours came out of the engine: the log has the whole of it."""

    code = "engine_failed"
    message = N_("The sync met an unexpected fault: %(detail)s")
    remedy = N_("It starts again by itself. Please report it with the log file.")


class EditOvertaken(LostRace):
    code = "edit_overtaken"
    message = N_("The mappings of this edit (%(n)d) were changed by something else since.")
    remedy = N_("Nothing was changed. Look at the rows as they are now, and edit them again.")
