"""`python -m tui` is `dextre-sync`."""

from __future__ import annotations


def main() -> int:
    """The whole program. An interrupt while it is being loaded ends it as quietly as later."""
    try:
        from tui.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130  # tui.cli.INTERRUPTED, which may not be there yet


if __name__ == "__main__":
    raise SystemExit(main())
