"""What can go wrong with the store: the file's own troubles, and words that do not fit what is
kept.
"""

from __future__ import annotations

from core.errors import N_, NN_, BadInput, OurBug, StoreInUse, TryAgain, UserMustAct

# -- the file ------------------------------------------------------------------------------------


class DiskFull(UserMustAct):
    code = "disk_full"
    message = N_("There is no space left to write %(file)s.")
    remedy = N_("Nothing was changed. Free some space and try again.")


class CannotOpen(UserMustAct):
    code = "cannot_open"
    message = N_("%(file)s cannot be opened: %(detail)s.")
    remedy = N_("Check that the folder exists and that you may read and write in it.")


class CannotWrite(UserMustAct):
    code = "cannot_write"
    message = N_("%(file)s cannot be written: %(detail)s.")
    remedy = N_("Nothing was changed. Check the permissions of the file and of its folder.")


class Damaged(UserMustAct):
    code = "damaged"
    message = N_("%(file)s is damaged: %(detail)s.")
    remedy = N_(
        "Nothing was written to it. `dextre-sync restore BACKUP` keeps it aside and brings the "
        "backup back."
    )


class NoBackup(Damaged):
    code = "no_backup"
    message = N_("%(file)s cannot be used as a backup: %(detail)s.")
    remedy = N_("Nothing was changed. Give another backup.")


class DiskFailed(UserMustAct):
    code = "disk_failed"
    message = N_("The disk failed on %(file)s: %(detail)s.")
    remedy = N_("Nothing more is written until dextre-sync is started again. Check the disk first.")


class MustReopen(UserMustAct):
    code = "must_reopen"
    message = N_("An earlier write to %(file)s failed (%(detail)s), so nothing more is written.")
    remedy = N_("Check the disk, then start dextre-sync again.")


class FileGone(UserMustAct):
    code = "file_gone"
    message = N_("%(file)s is gone, or another file is in its place.")
    remedy = N_("Nothing more is written or synced. Bring the folder back, then start again.")


class NewerFile(UserMustAct):
    code = "newer_file"
    message = N_(
        "%(file)s was written by a newer dextre-sync "
        "(its version is %(found)s, this program knows %(known)s)."
    )
    remedy = N_("The file was not touched. Install the newer dextre-sync.")


class FileIsThere(BadInput):
    code = "file_is_there"
    message = N_("%(file)s is there already.")
    remedy = N_("It was not touched. Choose another name, or move that file away first.")


class OutboxNotEmpty(UserMustAct):
    code = "outbox_not_empty"
    message = NN_(
        "%(count)s write to Shopify has no answer yet, so nothing can be restored now.",
        "%(count)s writes to Shopify have no answer yet, so nothing can be restored now.",
        by="count",
    )
    remedy = N_(
        "Turn the link off (`dextre-sync disable` asks for the answer again), then try again."
    )


class BackupOfAnotherShop(UserMustAct):
    code = "backup_of_another_shop"
    message = N_(
        "%(file)s belongs to the shop %(theirs)s, and this brand is connected to %(ours)s."
    )
    remedy = N_("Nothing was changed. Restore it into a brand that is connected to %(theirs)s.")


class StoreBusy(TryAgain):
    code = "store_busy"
    message = N_("%(file)s was busy with another change for too long.")
    remedy = N_("Nothing was changed. Try again in a moment.")


class StoreClosed(OurBug):
    code = "store_closed"
    message = N_("%(file)s was used after it had been closed.")


class CannotLock(UserMustAct):
    code = "cannot_lock"
    message = N_(
        "%(folder)s cannot hold the store, because files cannot be locked there: %(detail)s."
    )
    remedy = N_("Choose a folder on a local disk with --home or DEXTRE_SYNC_HOME.")


class HandoverRefused(StoreInUse):
    code = "handover_refused"
    message = N_("The sync stays with %(who)s, who did not want to hand it over.")


class HandoverUnanswered(StoreInUse):
    code = "handover_unanswered"
    message = NN_(
        "%(who)s runs the sync and did not hand it over within %(seconds)s second.",
        "%(who)s runs the sync and did not hand it over within %(seconds)s seconds.",
        by="seconds",
    )


# -- secrets -------------------------------------------------------------------------------------


class SecretsExposed(UserMustAct):
    code = "secrets_exposed"
    message = N_("%(file)s holds secrets, and other users of this machine can read it.")
    remedy = N_("Run `chmod 600` on it, and replace the secrets if others may have seen them.")


class SecretsUnreadable(UserMustAct):
    code = "secrets_unreadable"
    message = N_("The secrets of the brand cannot be read from %(place)s: %(detail)s.")
    remedy = N_("Unlock or repair it, or connect the shop again.")


class PassphraseTooShort(BadInput):
    code = "passphrase_too_short"
    message = N_("The passphrase is too short to keep secrets safe.")
    remedy = N_("Give at least %(least)s characters; several words are best.")


class WrongPassphrase(BadInput):
    code = "wrong_passphrase"
    message = N_(
        "The secrets in %(file)s do not open: the passphrase is wrong, or they were changed."
    )
    remedy = N_("Nothing was changed. Give the passphrase with which the backup was made.")


class SealDamaged(UserMustAct):
    code = "seal_damaged"
    message = N_("The secrets in %(file)s are damaged, or were written by a newer dextre-sync.")
    remedy = N_("Nothing was changed. Restore without them, then connect the shop again.")


class NoSecretsInBackup(BadInput):
    code = "no_secrets_in_backup"
    message = N_("%(file)s holds no secrets.")
    remedy = N_("Nothing was changed. Restore it without a passphrase.")


class NoSecretsKept(UserMustAct):
    code = "no_secrets_kept"
    message = N_("There are no secrets of %(brand)s in %(place)s that a backup could hold.")
    remedy = N_("Back up without them.")


# -- words that do not fit -----------------------------------------------------------------------


class UnknownSku(BadInput):
    code = "unknown_sku"
    message = N_("There is no item with the SKU number %(sku)s.")
    remedy = N_("Upper and lower case count. `dextre-sync item export` lists all items.")


class UnknownLocation(BadInput):
    code = "unknown_location"
    message = N_("There is no location %(location)s.")
    remedy = N_("`dextre-sync location list` shows them all.")


class UnknownLabel(BadInput):
    code = "unknown_label"
    message = N_("There is no inventory label %(label)s.")
    remedy = N_("`dextre-sync label list` shows them all.")


class UnknownBrand(BadInput):
    code = "unknown_brand"
    message = N_("There is no brand %(brand)s.")
    remedy = N_("`dextre-sync brand list` shows them all.")


class NegativeStock(BadInput):
    code = "negative_stock"
    message = N_(
        "%(sku)s at %(location)s would go from %(before)s to %(after)s, "
        "and the inventory label %(label)s does not allow negative stock."
    )
    remedy = N_("Nothing was changed. Give a smaller number, or a label that allows it.")


class QuantityOutOfRange(BadInput):
    code = "quantity_out_of_range"
    message = N_("%(sku)s at %(location)s: %(quantity)s is not a quantity that can be kept.")
    remedy = N_("Quantities are whole numbers between -1,000,000,000 and 1,000,000,000.")


class NothingToMove(BadInput):
    code = "nothing_to_move"
    message = N_("%(quantity)s of %(sku)s cannot be moved.")
    remedy = N_("Move at least 1, to another location or another inventory label.")


class EmptyName(BadInput):
    code = "empty_name"
    message = N_("The %(what)s is empty.")
    remedy = N_("Give it at least one character that is not a space.")


class NameTaken(BadInput):
    code = "name_taken"
    message = N_("The %(what)s %(name)s is there already.")
    remedy = N_("Choose another one.")


class NumberWasUsed(BadInput):
    code = "number_was_used"
    message = N_("%(sku)s was the number of an item that is gone; its movements are still here.")
    remedy = N_("Choose another one.")


# -- what is still in use ------------------------------------------------------------------------


class LocationIsPaired(UserMustAct):
    code = "location_is_paired"
    message = N_("%(location)s is paired with the Shopify location %(shopify)s.")
    remedy = N_("Pair the locations again without it, then remove it.")


class LocationHasStock(UserMustAct):
    code = "location_has_stock"
    message = NN_(
        "%(location)s still has stock of %(items)s item: %(first)s.",
        "%(location)s still has stock of %(items)s items, such as %(first)s.",
        by="items",
    )
    remedy = N_("Move it elsewhere (`dextre-sync stock move`) or set it to 0, then remove it.")


class LabelIsLinked(UserMustAct):
    code = "label_is_linked"
    message = N_("The inventory label %(label)s is the one that the inventory link keeps equal.")
    remedy = N_("Link another one with `dextre-sync pair … --label CODE`, then remove it.")


class LabelIsDefault(UserMustAct):
    code = "label_is_default"
    message = N_("The inventory label %(label)s is the default one.")
    remedy = N_(
        "Make another one the default (`dextre-sync label edit CODE --default`), then remove it."
    )


class LabelIsTheLast(UserMustAct):
    code = "label_is_the_last"
    message = N_("%(label)s is the only inventory label, and stock needs one.")
    remedy = N_("Add another one first (`dextre-sync label add`).")


class LabelHasStock(UserMustAct):
    code = "label_has_stock"
    message = NN_(
        "There is still stock of %(items)s item under the inventory label %(label)s: %(first)s.",
        "There is still stock of %(items)s items under the inventory label %(label)s, "
        "such as %(first)s.",
        by="items",
    )
    remedy = N_(
        "Move it to another label (`dextre-sync stock move … --to-label CODE`) or set it to 0, "
        "then remove this one."
    )


class ItemInUse(UserMustAct):
    code = "item_in_use"
    message = N_("%(sku)s is in use: places with stock: %(levels)s, SKU mappings: %(mappings)s.")
    remedy = N_("Look at it with `dextre-sync stock show`; --yes removes it all the same.")
