"""Two themes of our own, dark and light. Every tone reads at 4.5:1 or better on every ground it is
used on, and good, warning and bad stay apart for colour-blind eyes (tests/tui/test_themes.py).
A state is told by sign and word as well, so the terminal's own palette (`ansi-*`) works too.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="dextre-dark",
    dark=True,
    primary="#7ab8f5",
    secondary="#9fb3c8",
    accent="#7ab8f5",
    foreground="#dce3ea",
    background="#10161d",
    surface="#10161d",
    panel="#1b2530",
    success="#4fd1c5",
    warning="#f6c453",
    error="#ff8f80",
    variables={
        "dim": "#9aa8b7",
        "cursor-ground": "#2a4a6b",
        "cursor-text": "#ffffff",
        "bar-ground": "#1b2530",
        "field-ground": "#232f3c",
        "button-ground": "#2b3947",
        "footer-key-foreground": "#7ab8f5",
        "input-selection-background": "#2a4a6b",
        "border": "#9aa8b7",
        "scrollbar": "#3a4958",
        "scrollbar-background": "#10161d",
        "scrollbar-hover": "#4a5b6c",
        "scrollbar-active": "#7ab8f5",
    },
)

LIGHT = Theme(
    name="dextre-light",
    dark=False,
    primary="#0b559f",
    secondary="#44566c",
    accent="#0b559f",
    foreground="#17202b",
    background="#fbfcfd",
    surface="#fbfcfd",
    panel="#e9eef3",
    success="#00645c",
    warning="#7d5400",
    error="#ab0050",
    variables={
        "dim": "#52606e",
        "cursor-ground": "#0b559f",
        "cursor-text": "#ffffff",
        "bar-ground": "#e9eef3",
        "field-ground": "#e4eaf0",
        "button-ground": "#dbe3ea",
        "footer-key-foreground": "#0b559f",
        "input-selection-background": "#b6d3ef",
        "border": "#52606e",
        "scrollbar": "#b7c2cc",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-hover": "#9aa8b5",
        "scrollbar-active": "#0b559f",
    },
)

THEMES = (DARK, LIGHT)
ANSI_DARK, ANSI_LIGHT = ANSI_THEMES = ("ansi-dark", "ansi-light")
"""Textual's own, which use the colours that the reader gave the terminal."""

DEFAULTS: Mapping[str, str] = {
    "dim": "ansi_bright_black",
    "cursor-ground": "ansi_blue",
    "cursor-text": "ansi_bright_white",
    "bar-ground": "ansi_default",
    "field-ground": "ansi_default",
    "button-ground": "ansi_default",
}
"""For themes that are not ours (`ansi-dark`, `ansi-light`): the terminal's own palette."""


def first_theme(environ: Mapping[str, str]) -> str:
    """Ours where the terminal shows 256 colours or more, else the terminal's own palette."""
    rich_terms = ("256color", "direct", "kitty", "alacritty", "ghostty")
    many = environ.get("COLORTERM") or any(k in environ.get("TERM", "") for k in rich_terms)
    return DARK.name if many else "ansi-dark"
