"""`python -m tui` is `dextre-sync`."""

from tui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
