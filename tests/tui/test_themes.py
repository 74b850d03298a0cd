"""Our two themes can be read by everyone: contrast, and tones colour-blind eyes tell apart."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from textual.color import Color
from textual.theme import Theme

from tui.themes import THEMES, first_theme

DEUTAN = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
PROTAN = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
RGB = tuple[float, float, float]


def _colours(theme: Theme) -> dict[str, Color]:
    named = {
        "foreground": theme.foreground,
        "background": theme.background,
        "panel": theme.panel,
        "accent": theme.accent,
        "success": theme.success,
        "warning": theme.warning,
        "error": theme.error,
        **theme.variables,
    }
    return {name: Color.parse(value) for name, value in named.items() if value}


def _linear(colour: Color) -> RGB:
    def one(value: int) -> float:
        c = value / 255
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    return (one(colour.r), one(colour.g), one(colour.b))


def _luminance(colour: Color) -> float:
    r, g, b = _linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: Color, other: Color) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _lab(rgb: RGB) -> RGB:
    r, g, b = rgb
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883

    def f(t: float) -> float:
        return float(t ** (1 / 3)) if t > 0.008856 else 7.787 * t + 16 / 116

    return (116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z)))


def _as_seen_by(eye: tuple[RGB, ...], colour: Color) -> RGB:
    rgb = _linear(colour)
    mixed = [max(0.0, min(1.0, sum(k * c for k, c in zip(row, rgb, strict=True)))) for row in eye]
    return (mixed[0], mixed[1], mixed[2])


GROUNDS = ("background", "panel", "field-ground", "button-ground", "bar-ground")
TONES = ("foreground", "dim", "accent", "success", "warning", "error")


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_tone_reads_on_every_ground(theme: Theme, ground: str) -> None:
    colours = _colours(theme)
    for tone in TONES:
        ratio = contrast(colours[tone], colours[ground])
        assert ratio >= 4.5, f"{tone} on {ground}: {ratio:.2f}"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_is_under_the_cursor_reads(theme: Theme) -> None:
    colours = _colours(theme)
    assert contrast(colours["cursor-text"], colours["cursor-ground"]) >= 4.5
    assert contrast(colours["background"], colours["accent"]) >= 4.5
    assert contrast(colours["background"], colours["error"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("eye", [DEUTAN, PROTAN], ids=["deutan", "protan"])
def test_good_warning_and_bad_stay_apart_for_colour_blind_eyes(
    theme: Theme, eye: tuple[RGB, ...]
) -> None:
    colours = _colours(theme)
    for one, other in combinations(("success", "warning", "error"), 2):
        apart = math.dist(
            _lab(_as_seen_by(eye, colours[one])), _lab(_as_seen_by(eye, colours[other]))
        )
        assert apart >= 15, f"{one} and {other}: {apart:.1f}"


def test_a_terminal_with_few_colours_keeps_its_own_palette() -> None:
    assert first_theme({"TERM": "linux"}) == "ansi-dark"
    assert first_theme({"TERM": "xterm-256color"}) == "dextre-dark"
    assert first_theme({"TERM": "xterm", "COLORTERM": "truecolor"}) == "dextre-dark"
