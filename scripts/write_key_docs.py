"""Write docs/keys.en.md and docs/keys.ja.md: `python -m scripts.write_key_docs`."""

from __future__ import annotations

from pathlib import Path

from tui.i18n import LANGUAGES
from tui.key_docs import page

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    for language in LANGUAGES:
        (DOCS / f"keys.{language}.md").write_text(page(language), "utf-8")


if __name__ == "__main__":
    main()
