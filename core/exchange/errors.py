"""Files that cannot be used at all. What is wrong with single rows is a `RowProblemLine`."""

from __future__ import annotations

from core.errors import N_, NN_, BadInput


class CannotRead(BadInput):
    code = "cannot_read_file"
    message = N_("The file %(file)s cannot be read: %(detail)s.")
    remedy = N_("Check the path and the permissions.")


class NotText(BadInput):
    code = "not_text"
    message = N_(
        "%(file)s is not UTF-8 (nor Shift_JIS): line %(line)s holds the byte %(byte)s, "
        "which is no text."
    )
    remedy = N_("Save it again as CSV in UTF-8.")


class EmptyFile(BadInput):
    code = "empty_file"
    message = N_("%(file)s is empty.")
    remedy = N_("Give a CSV file whose first line names its columns, for example: %(expected)s")


class UnknownHeader(BadInput):
    code = "unknown_header"
    message = N_("The columns of %(file)s are not known. Found: %(found)s. Missing: %(missing)s.")
    remedy = N_(
        "The first line must be one of: %(expected)s; or an inventory or product CSV as "
        "Shopify exports it."
    )


class UnknownMappingHeader(UnknownHeader):
    code = "unknown_mapping_header"
    message = N_("%(file)s is not a mapping file. Found: %(found)s. Missing: %(missing)s.")
    remedy = N_("Export the mappings and edit that file. Its first line is: %(expected)s.")


class DoubledColumns(BadInput):
    code = "doubled_columns"
    message = N_("The first line of %(file)s names these columns twice: %(twice)s.")
    remedy = N_("Rename or remove one of each, so that it is clear which one is meant.")


class BrokenCsv(BadInput):
    code = "broken_csv"
    message = N_("%(file)s is not well-formed CSV at line %(line)s: %(detail)s.")
    remedy = N_("Look at the quotation marks from that line on, or export the file again.")


class ImportRefused(BadInput):
    """Some rows cannot be used, so none was imported. `params["problems"]` holds all of them, for
    showing them in the reader's language.
    """

    code = "import_refused"
    message = NN_(
        "%(file)s was not imported, nothing was changed: %(bad)s of %(rows)s row cannot be used.\n"
        "%(first)s",
        "%(file)s was not imported, nothing was changed: %(bad)s of %(rows)s rows cannot be used.\n"
        "%(first)s",
        by="rows",
    )
    remedy = N_("Mend these rows and import the file again.")
