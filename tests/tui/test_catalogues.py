"""The catalogues: complete, compiled, true to their formats and to the domain's words."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from core.errors import N_, NN_, BadInput, StoreInUse, fill
from core.store import Home
from core.store.errors import EmptyName, NameTaken
from core.sync.events import LocationActiveAgain, NeedsYou
from core.workspace.errors import RowMoved, UnknownLocationName
from tests.store.given import StandingClock, counting_ids
from tui import i18n
from tui.i18n import choose_language, event_text, set_language, tell

ROOT = Path(__file__).resolve().parent.parent.parent

WORDS = {
    "Brand": "ブランド",
    "Inventory label": "在庫ラベル",
    "Location": "ロケーション",
    "SKU number": "SKU番号",
    "Settings": "設定",
    "Shopify custom app": "Shopifyカスタムアプリ",
    "Set API details and connect": "API情報を設定して接続",
    "Shop domain": "ショップドメイン",
    "Admin API access token": "Admin APIのアクセストークン",
    "API key": "APIキー",
    "API secret key": "APIシークレットキー",
    "Connect": "接続",
    "Connected": "連携済み",
    "Not connected": "未連携",
    "Inventory link": "在庫連携",
    "Edit": "編集",
    "Update": "更新",
    "DEXTRE location": "DEXTREのロケーション",
    "Shopify location": "SHOPIFYのロケーション",
    "SKU mapping": "SKUマッピング設定",
    "Map": "マッピング",
    "Enable inventory link": "在庫連携を有効にする",
    "Push quantities: DEXTRE → Shopify": "DEXTREからShopifyに在庫数量を反映する",
    "Pull quantities: Shopify → DEXTRE": "ShopifyからDEXTREに在庫数量を反映する",
    "Delete SKU mappings": "SKUマッピングの削除",
    "Delete": "削除",
    "Cancel": "キャンセル",
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "compile_catalogues", ROOT / "scripts" / "compile_catalogues.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", [lang for lang in i18n.LANGUAGES if lang != "en"])
def test_no_text_is_missing_fuzzy_or_breaks_its_format(tool: ModuleType, language: str) -> None:
    assert list(tool.faults(tool.extracted(), tool.load(language))) == []


@pytest.mark.parametrize("language", [lang for lang in i18n.LANGUAGES if lang != "en"])
def test_the_compiled_catalogue_is_what_the_text_gives(tool: ModuleType, language: str) -> None:
    compiled = tool.po_path(language).with_suffix(".mo").read_bytes()
    assert compiled == tool.mo_bytes(tool.load(language))


def test_no_text_hides_from_the_extraction_in_an_f_string() -> None:
    for path in [*(ROOT / "tui").rglob("*.py"), *(ROOT / "core").rglob("*.py")]:
        source = path.read_text("utf-8")
        assert '{_("' not in source, path
        assert "{_('" not in source, path


@pytest.mark.parametrize(("english", "japanese"), WORDS.items())
def test_the_domains_words_are_used_exactly(tool: ModuleType, english: str, japanese: str) -> None:
    assert tool.extracted().get(english) is not None, "the word is on no screen"
    set_language("ja")
    assert i18n._(english) == japanese


@pytest.mark.parametrize(
    ("option", "environ", "config", "chosen"),
    [
        ("ja", {"LANG": "en_US.UTF-8"}, "en", "ja"),
        (None, {"DEXTRE_SYNC_LANG": "ja", "LC_ALL": "C"}, "en", "ja"),
        (None, {"LANG": "en_US.UTF-8"}, "ja", "ja"),
        (None, {"LC_ALL": "ja_JP.UTF-8", "LANG": "en_US"}, None, "ja"),
        (None, {"LC_MESSAGES": "ja_JP.eucJP"}, None, "ja"),
        (None, {"LANG": "C.UTF-8"}, None, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, None, "en"),
        (None, {}, None, "en"),
    ],
)
def test_the_language_is_chosen_by_option_environment_configuration_locale(
    option: str | None, environ: dict[str, str], config: str | None, chosen: str
) -> None:
    assert choose_language(option, environ, config) == chosen


def test_an_error_is_told_in_the_readers_language_without_control_codes() -> None:
    set_language("ja")
    message, remedy = tell(StoreInUse(who="hana\x1b[2J"))
    assert "hana[2J" in message
    assert remedy
    assert remedy != StoreInUse.remedy


def test_an_event_names_its_problem_in_the_readers_language() -> None:
    set_language("ja")
    event = NeedsYou(
        at="2026-11-23T09:00:00.000Z", brand="b", sku="T", location="渋谷", problem="deleted"
    )
    assert "Shopifyで削除済み" in event_text(event)


class Left(BadInput):
    message = NN_("%(n)s cell needs you.", "%(n)s cells need you.", by="n")  # not in a catalogue
    remedy = N_("Look at them.")


@pytest.mark.parametrize(
    ("n", "words"),
    [(0, "0 cells need you."), (1, "1 cell needs you."), (2, "2 cells need you.")],
)
def test_what_is_counted_agrees_with_its_number(n: int, words: str) -> None:
    set_language("en")
    assert tell(Left(n=n))[0] == words
    assert str(Left(n=n)) == f"{words} Look at them."
    assert fill(Left.message, {"n": n}) == words


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_quantity_that_was_never_set_is_a_dash(language: str) -> None:
    error = RowMoved(what="TEA-010", here=8, there=None)
    set_language(language)
    assert "Shopify –" in tell(error)[0]
    assert "None" not in tell(error)[0]
    assert "here 8, Shopify –." in str(error)


def test_what_is_named_in_an_error_is_in_the_readers_language(tmp_path: Path) -> None:
    home = Home(tmp_path, StandingClock(), counting_ids())
    home.add("B")
    set_language("ja")
    with pytest.raises(NameTaken) as taken:
        home.add("b")
    assert tell(taken.value)[0] == "ブランド bはすでにあります。"
    with pytest.raises(EmptyName) as empty:
        home.add(" ")
    assert "ブランドの名前" in tell(empty.value)[0]


def test_several_things_stand_in_a_row_as_the_language_sets_them() -> None:
    error = UnknownLocationName(location="Nagoya", locations=["大阪", "東京"])
    assert "大阪, 東京" in str(error)
    set_language("ja")
    assert "大阪、東京" in " ".join(tell(error))


def test_a_folder_and_a_mark_have_one_name_each_in_japanese(tool: ModuleType) -> None:
    for message in tool.load("ja"):
        for words in message.string if isinstance(message.string, tuple) else (message.string,):
            assert not re.search(r"フォルダ(?!ー)|(?<!矢)印(?!刷)", words), words


@pytest.mark.parametrize(
    ("n", "words"), [(1, "1 cell goes on"), (2, "2 cells go on"), (0, "0 cells go on")]
)
def test_an_event_agrees_with_its_number_and_japanese_has_one_form(n: int, words: str) -> None:
    event = LocationActiveAgain(at="2026-11-23T09:00:00.000Z", brand="b", location="L", cells=n)
    set_language("en")
    assert event_text(event).endswith(words)
    assert str(event).endswith(words)
    set_language("ja")
    assert f"{n}セル" in event_text(event)


THINGS = (
    *("cells?", "rows?", "items?", "quantities", "levels?", "locations?", "units?", "lines?"),
    *("mappings?", "SKU mappings?", "movements?", "passes", "checks?", "days?", "seconds?"),
    *("writes?", "webhooks?", "subscriptions?", "labels?", "backups?", "files?", "pairs?"),
)


def test_nothing_is_counted_without_a_form_for_one(tool: ModuleType) -> None:
    """`1 cells` comes from a text that has no singular."""
    counted = re.compile(rf"%\(\w+\)[sd] (?:marked |mapped |more )?(?:{'|'.join(THINGS)})\b")
    for message in tool.extracted():
        if not isinstance(message.id, tuple):
            assert not counted.search(message.id or ""), message.id


def test_an_empty_id_is_empty_in_every_language() -> None:
    set_language("ja")
    assert i18n._("") == ""


def test_a_plan_is_one_word_in_japanese(tool: ModuleType) -> None:
    for message in tool.load("ja"):
        assert "プラン" not in str(message.string), message.id


def test_japanese_sentences_have_japanese_signs(tool: ModuleType) -> None:
    """`、` and `：` and full-width brackets, except in what is typed as it stands."""
    japanese = "[ぁ-んァ-ヶ一-龠ー]"
    half = re.compile(f"{japanese}[,:;] |\\([^()]*{japanese}|{japanese}[^()]*\\)")
    for message in tool.load("ja"):
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts if message.id else ():
            plain = re.sub(r"%\(\w+\)[+]?[ds]", "あ", text).removesuffix(": ")
            assert not half.search(plain), text
