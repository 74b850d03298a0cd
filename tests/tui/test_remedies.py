"""What to do about an error, in the app: keys and screens, not commands."""

from __future__ import annotations

import re

import pytest

from core.errors import LinkIsOff
from core.model import Problem
from core.sync.breaker import TooManyZeros
from scripts.compile_catalogues import extracted
from tui import i18n, keymap, remedies
from tui.actions import ACTIONS, BY_ID
from tui.i18n import set_language
from tui.words import PROBLEM_REMEDIES

COMMAND = re.compile(r"`dextre-sync | --[a-z]|`status`")
KEY = re.compile(r"%\((key_\w+)\)s")
FIXED_KEY = re.compile(
    r"[Pp]ress [A-Za-z/]\b|\bkey \w\b|\bEsc\b|\bSpace \w|\bF\d+\b|←|\bwith ([b-z]\b|Enter)"
    r"|(?<!\))\b[a-z] (undoes|takes|adds|asks|shows)|(?<!%)\([a-z](\)|:| shows| on )"
)
FOR_COMMANDS_ONLY = frozenset(
    {
        "Choose a folder on a local disk with --home or DEXTRE_SYNC_HOME.",
        "Say which one with --brand NAME.",
    }
)
"""Told before there is a screen, or where no key could do it."""


def _of_the_core() -> list[str]:
    return [
        str(message.id)
        for message in extracted()
        if any(path.startswith("core/") for path, _line in message.locations)
    ]


def test_every_remedy_that_names_a_command_has_words_for_the_app() -> None:
    named = {text for text in _of_the_core() if COMMAND.search(text)}
    assert named - set(remedies.IN_APP) == FOR_COMMANDS_ONLY


def test_no_words_for_the_app_are_left_over_or_name_a_command() -> None:
    texts = set(_of_the_core())
    for remedy, words in remedies.IN_APP.items():
        assert remedy in texts, remedy
        assert not COMMAND.search(words), words


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_safety_stop_first_names_the_key_that_is_there(language: str) -> None:
    set_language(language)
    remedy = remedies.tell(TooManyZeros(count=3, cells=4, limit=1, side="here"))[1]
    key = next(action.keys for action in ACTIONS if action.id == "needs.review")
    first = remedy.split("Settings" if language == "en" else "設定")[0]
    assert re.search(rf"\b{key}\b", first, re.ASCII)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_to_do_names_the_keys_as_they_are_now(language: str) -> None:
    set_language(language)
    keymap.use({"needs.review": "f9", "main.settings": "f12,7"})
    remedy = remedies.tell(TooManyZeros(count=3, cells=4, limit=1, side="here"))[1]
    assert re.search(r"F9.+F12", remedy)


def test_every_key_that_what_to_do_names_is_one_of_the_registry() -> None:
    named = {name for words in remedies.IN_APP.values() for name in KEY.findall(words)}
    assert named == set(remedies.KEYS)
    assert set(remedies.KEYS.values()) <= set(BY_ID)


def test_no_text_of_the_screen_names_a_key_that_may_be_another_one() -> None:
    texts = [
        str(text)
        for message in extracted()
        if any(path.startswith("tui/") for path, _line in message.locations)
        for text in (message.id if isinstance(message.id, tuple) else (message.id,))
    ]
    assert not [text for text in texts if FIXED_KEY.search(text)]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_mapping_of_a_deleted_product_is_there_until_it_is_removed(language: str) -> None:
    set_language(language)
    remedy = i18n._(PROBLEM_REMEDIES[Problem.DELETED])
    assert remedy.startswith(("Remove the mapping", "マッピングを解除"))
    assert not re.search(" gone|なくなり", remedy)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_app_and_the_commands_tell_each_their_own_way(language: str) -> None:
    set_language(language)
    error = LinkIsOff(brand="Tea")
    assert "dextre-sync enable" in i18n.tell(error)[1]
    message, remedy = remedies.tell(error)
    assert message == i18n.tell(error)[0]
    assert "dextre-sync" not in remedy
    assert "Shopify" in remedy
