"""Extract, update and compile the catalogues: `python scripts/compile_catalogues.py [--check]`.

Needs Babel, and only the people who change texts need it: .po and .mo are both kept with the
program. `--check` changes nothing and fails where a text is missing, fuzzy or breaks its format.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "tui" / "locale"
DOMAIN = "dextre-sync"
LANGUAGES = ("ja",)
PACKAGES = ("core", "tui")
KEYWORDS = {
    "_": None,
    "N_": None,
    "NN_": (1, 2),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def extracted() -> Catalog:
    """All texts of the program, as a template."""
    catalogue = Catalog(project=DOMAIN, charset="utf-8")
    for package in PACKAGES:
        found = extract_from_dir(
            ROOT / package, [("**.py", "python")], keywords=KEYWORDS, strip_comment_tags=True
        )
        for name, line, message, _comments, context in found:
            catalogue.add(message, None, [(f"{package}/{name}", line)], context=context)
    return catalogue


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def load(language: str) -> Catalog:
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN, project=DOMAIN, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def mo_bytes(catalogue: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def faults(template: Catalog, catalogue: Catalog) -> Iterator[str]:
    """What a reader of this language would miss."""
    for message in template:
        if not message.id:
            continue
        known = catalogue.get(message.id, message.context)
        if known is None or not _complete(known.string):
            yield f"missing: {message.id!r}"
        elif known.fuzzy:
            yield f"fuzzy: {message.id!r}"
        else:
            yield from (f"{error}: {message.id!r}" for error in known.check(catalogue))


def _complete(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


def update(language: str, template: Catalog) -> Catalog:
    """Bring the catalogue up to the texts, and write it with its compiled form."""
    catalogue = load(language)
    made = catalogue.creation_date
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.creation_date = made  # the same texts give the same file
    catalogue.obsolete.clear()
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, no_location=True, omit_header=False)
    path.with_suffix(".mo").write_bytes(mo_bytes(load(language)))
    return catalogue


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    template = extracted()
    wrong = 0
    for language in LANGUAGES:
        catalogue = load(language) if check else update(language, template)
        for fault in faults(template, catalogue):
            print(f"{language}: {fault}")
            wrong += 1
    print(f"{len(template)} texts, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
