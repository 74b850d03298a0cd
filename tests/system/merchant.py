"""What a merchant does in the app by keys, step by step, each step ending with what must then be
seen. The words are written out in both languages: they are the domain's, and the screen must say
them.

Long, because it has every step of the flow and its words in two languages.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.errors import DextreError
from core.model import Credentials, Label, PlanKind, Secret
from core.workspace import Desk, Workspace
from tests.bench.world import PracticeProcess
from tests.system.terminal import BOUND, Terminal, framed
from tui.i18n import Told, language, set_language
from tui.remedies import finding_text, tell

LABEL = "NEW"
FIGURES = re.compile(
    r"(?:(?:in sync|同期) |=)([\d,]+)/([\d,]+)\s+"
    r"(?:(?:pending|待ち) ([\d,]+)|(?:→([\d,]+))?(?:←([\d,]+))?)\s+"
    r"(?:(?:needs you|要対応) |!)([\d,]+)"
)
"""In words, or in signs where the line has no room for them."""

LINK_ON = re.compile(r"✓ (?:Link on|on|連携 有効|有効)  (?:DEXTRE )?⇄")
LINK_OFF = re.compile(r"– (?:Link off|off|連携 無効|無効)  (?:(?:DEXTRE )?\||no flow|反映なし)")


class Figures(NamedTuple):
    """The status line's numbers."""

    in_sync: int
    cells: int
    pending: int
    needs_you: int


@dataclass(frozen=True, slots=True)
class Words:
    """What the screen says in one language, and what this merchant calls its own things."""

    lang: str
    brand: str
    brand_field: str
    label: str
    label_field: str
    code: str
    name: str
    file: str
    places: tuple[str, str]
    welcome: str
    add_brand: str
    not_connected: str
    connected: str
    add_label: str
    add_location: str
    import_file: str
    can_import: str
    imported: str
    settings: str
    custom_app: str
    set_and_connect: str
    domain: str
    token: str
    key: str
    secret: str
    link: str
    edit: str
    here_places: str
    shop_places: str
    pairs_kept: str
    sku_mapping: str
    sku_number: str
    update: str
    fields_kept: str
    map: str
    barcode: str
    mapped: str
    only_here: str
    enable: str
    start_here: str
    disable: str
    disable_yes: str
    push: str
    pull: str
    nothing_written: str
    apply: str
    applied: str
    cancel: str
    pull_run: str
    undo: str
    undone: str
    delete_mappings: str
    delete: str
    deleted: str
    not_mapped_yet: str
    link_is_on: str
    did_not_work: str
    failed: str
    close: str
    no_item: str
    lines_wrong: str

    def buttons_before(self, label: str) -> int:
        """On the page of the Shopify custom app, from the top."""
        first = [self.set_and_connect, self.edit, self.sku_mapping]
        if label in (self.enable, self.disable):
            return len(first)
        return [
            *first,
            self.enable,
            "webhooks",
            "sync",
            self.push,
            self.pull,
            self.delete_mappings,
        ].index(label)


ENGLISH = Words(
    lang="en",
    brand="Chanoko",
    brand_field="Brand",
    label="New stock",
    label_field="Inventory label",
    code="Code",
    name="Name",
    file="File",
    places=("Osaka", "Tokyo"),
    welcome="Start by naming your brand",
    add_brand="Add a brand",
    not_connected="– Not connected",
    connected="✓ Connected",
    add_label="Add an inventory label",
    add_location="Add a location",
    import_file="Import a CSV file",
    can_import="No problems: every line can be imported.",
    imported="Imported: {items} items, {levels} quantities.",
    settings="Settings",
    custom_app="Shopify custom app",
    set_and_connect="Set API details and connect",
    domain="Shop domain",
    token="Admin API access token",
    key="API key",
    secret="API secret key",
    link="Inventory link",
    edit="Edit",
    here_places="DEXTRE location",
    shop_places="Shopify location",
    pairs_kept="Kept: 2 pairs.",
    sku_mapping="SKU mapping",
    sku_number="SKU number",
    update="Update",
    fields_kept="The fields are kept",
    map="Map",
    barcode="Barcode",
    mapped="{n} mapped",
    only_here="Only in DEXTRE {n}",
    enable="Enable inventory link",
    start_here="Start with DEXTRE's quantities (DEXTRE → Shopify)",
    disable="Disable inventory link",
    disable_yes="Disable",
    push="Push quantities: DEXTRE → Shopify",
    pull="Pull quantities: Shopify → DEXTRE",
    nothing_written="Nothing is written yet.",
    apply="Apply",
    applied="Applied: 1 cell changed; equal already: {n}.",
    cancel="Cancel",
    pull_run="Pull Shopify → DEXTRE",
    undo="Undo",
    undone="✓ undone",
    delete_mappings="Delete SKU mappings",
    delete="Delete",
    deleted="Deleted: {n} SKU mappings. The link is off.",
    not_mapped_yet="No SKU is mapped yet",
    link_is_on="The inventory link is on.",
    did_not_work="That did not work",
    failed="✗ Failed",
    close="Close",
    no_item="No item fits “{sku}”.",
    lines_wrong="Lines of the file are wrong. Correct them, then try again.",
)

JAPANESE = Words(
    lang="ja",
    brand="茶の子",
    brand_field="ブランド",
    label="新品",
    label_field="在庫ラベル",
    code="コード",
    name="名前",
    file="ファイル",
    places=("大阪", "東京"),
    welcome="まずブランドの名前を決めてください",
    add_brand="ブランドを追加",
    not_connected="– 未連携",
    connected="✓ 連携済み",
    add_label="在庫ラベルを追加",
    add_location="ロケーションを追加",
    import_file="CSVファイルの取り込み",
    can_import="問題はありません。すべての行を取り込めます。",
    imported="取り込みました：商品 {items}件、数量 {levels}件。",
    settings="設定",
    custom_app="Shopifyカスタムアプリ",
    set_and_connect="API情報を設定して接続",
    domain="ショップドメイン",
    token="Admin APIのアクセストークン",
    key="APIキー",
    secret="APIシークレットキー",
    link="在庫連携",
    edit="編集",
    here_places="DEXTREのロケーション",
    shop_places="SHOPIFYのロケーション",
    pairs_kept="2組を保存しました",
    sku_mapping="SKUマッピング設定",
    sku_number="SKU番号",
    update="更新",
    fields_kept="項目を保存しました",
    map="マッピング",
    barcode="バーコード",
    mapped="マッピング済み {n}",
    only_here="DEXTREのみ {n}",
    enable="在庫連携を有効にする",
    start_here="DEXTREの数量から始める（DEXTRE → Shopify）",
    disable="在庫連携を無効にする",
    disable_yes="無効にする",
    push="DEXTREからShopifyに在庫数量を反映する",
    pull="ShopifyからDEXTREに在庫数量を反映する",
    nothing_written="まだ何も書き込んでいません。",
    apply="適用",
    applied="適用しました：変更 1セル、変更なし {n}。",
    cancel="キャンセル",
    pull_run="Shopify → DEXTRE",
    undo="取り消し",
    undone="✓ 取消済",
    delete_mappings="SKUマッピングの削除",
    delete="削除",
    deleted="SKUマッピング {n}件を削除しました。在庫連携は無効です。",
    not_mapped_yet="SKUのマッピングがまだありません",
    link_is_on="在庫連携が有効になりました。",
    did_not_work="うまくいきませんでした",
    failed="✗ 失敗",
    close="閉じる",
    no_item="「{sku}」に合う商品はありません。",
    lines_wrong="ファイルに誤りのある行があります。直してからもう一度試してください。",
)

BOTH = (ENGLISH, JAPANESE)


def said(words: Words, error: DextreError) -> tuple[str, str]:
    """What the program says of an error in this language, and what to do about it."""
    with speaking(words):
        return tell(error)


def finding_said(words: Words, finding: Told) -> tuple[str, str]:
    with speaking(words):
        return finding_text(finding)


@contextmanager
def speaking(words: Words) -> Iterator[None]:
    before = language()
    set_language(words.lang)
    try:
        yield
    finally:
        set_language(before)


def app_command(home: Path, words: Words, *options: str) -> list[str]:
    """The app as a merchant starts it; the terminal stands in the root of this tree."""
    return [sys.executable, "-m", "tui", "--home", str(home), "--lang", words.lang, *options]


class Merchant:
    def __init__(
        self, terminal: Terminal, words: Words, shop: PracticeProcess | None = None
    ) -> None:
        self.terminal, self.words, self._shop = terminal, words, shop

    @property
    def shop(self) -> PracticeProcess:
        assert self._shop is not None
        return self._shop

    # -- finding one's way -------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        self.terminal.keys(*keys)

    def sees(self, *texts: str, bound: float = BOUND) -> str:
        return self.terminal.wait_for(*texts, bound=bound)

    def at(self, title: str) -> str:
        """A screen with its title on the first line."""
        return self.terminal.wait(
            lambda screen: screen.strip().startswith(title), f"the screen {title!r}"
        )

    def dialog(self, title: str) -> str:
        """A box over the screen behind it, with its title on its first written line."""
        rest = r"[^\n]*\n[^\n]*│ +"
        pattern = re.compile(rf"┌─+┐{rest}│{rest}{re.escape(title)}")
        return self.terminal.wait(pattern.search, f"the dialog {title!r}")

    def at_main(self, *texts: str) -> str:
        """A main screen, with the places to go on its first line."""
        return self.terminal.wait(
            lambda screen: self.is_main(screen) and all(text in screen for text in texts),
            f"a main screen with {texts}",
        )

    def link_is(self, *, on: bool) -> str:
        """As the status line tells it."""
        pattern = LINK_ON if on else LINK_OFF
        return self.terminal.wait(pattern.search, f"link {'on' if on else 'off'}")

    def is_main(self, screen: str) -> bool:
        return screen.strip().startswith("1 ホーム" if self.words.lang == "ja" else "1 Home")

    def figures(self) -> Figures | None:
        return _figures(self.terminal.screen())

    def in_sync(self, cells: int, bound: float = 30.0) -> str:
        """All cells in sync, nothing on its way, nothing for a person."""
        return self.terminal.wait(
            lambda screen: _figures(screen) == (cells, cells, 0, 0), f"{cells} in sync", bound
        )

    def home(self) -> str:
        self.leaves()
        self.press("1")
        return self.at_main(f"{self.words.link}  ")

    def leaves(self) -> None:
        """Esc, as often as it takes to a main screen."""
        while not self.is_main(before := self.terminal.screen()):
            self.press("Escape")
            self.terminal.wait_other(before)

    def settings(self) -> None:
        self.leaves()
        self.press("7")
        self.at_main(self.words.custom_app)
        self.press("g", "Enter")
        self.at(self.words.custom_app)

    def button(self, label: str) -> None:
        """Press one of the buttons of Settings > Shopify custom app."""
        self.settings()
        self.focus(self.words.set_and_connect)
        self.press(*["Down"] * self.words.buttons_before(label))
        self.focus(label)
        self.press("Enter")

    def focus(self, label: str) -> None:
        """A button has the focus."""
        self.terminal.wait(
            lambda _screen: label in self.terminal.highlighted(), f"the focus on {label!r}"
        )

    def agrees(self, yes: str) -> None:
        """Answer a question, where Cancel has the focus."""
        self.focus(self.words.cancel)
        self.press("BTab")
        self.focus(yes)
        self.press("Enter")

    def cancels(self) -> None:
        """Enter, on what has the focus."""
        self.focus(self.words.cancel)
        self.press("Enter")
        self.terminal.wait_gone("┌")

    def is_told(self, error: DextreError) -> None:
        """The error's own two sentences, whole, in a dialog; it is closed again."""
        self.dialog(self.words.did_not_work)
        self.sees(*(text for text in said(self.words, error) if text), error.code)
        self.focus(self.words.close)
        self.press("Enter")
        self.terminal.wait_gone("┌")

    # -- the steps ---------------------------------------------------------------------------------

    def names_brand(self) -> None:
        self.sees(self.words.welcome)
        self.focus(self.words.add_brand)
        self.press("Enter")
        self.fills_dialog(self.words.add_brand, (self.words.brand_field, self.words.brand))
        self.at_main(self.words.not_connected, self.words.brand)

    def adds_label_and_places(self) -> None:
        words = self.words
        self.press("2")
        self.at_main(f"{words.label_field}: " if words.lang == "en" else f"{words.label_field}：")
        self.press("p")
        self.sees(words.here_places)
        self.press("b")
        self.fills_dialog(words.add_label, (words.code, LABEL), (words.name, words.label))
        self.sees(LABEL, words.label)
        for place in words.places:
            self.press("a")
            self.fills_dialog(words.add_location, (words.name, place))
            self.sees(place)
        self.press("Escape")
        self.at_main(*words.places)

    def fills_dialog(self, title: str, *fields: tuple[str, str]) -> None:
        """Enter goes from field to field, and closes the dialog from the last."""
        self.dialog(title)
        self.stands_in(fields[0][0])
        for _label, text in fields:
            self.fills(text)
            self.press("Enter")
        self.terminal.wait_gone("┌")

    def imports(self, csv: Path, *, items: int, levels: int) -> None:
        self.press("i")
        self.fills_dialog(self.words.import_file, (self.words.file, str(csv)))
        self.sees(self.words.can_import)
        self.press("i")
        self.at_main(self.words.imported.format(items=items, levels=levels))

    def opens_connecting(self) -> None:
        words = self.words
        self.button(words.set_and_connect)
        self.at(words.set_and_connect)
        self.sees(f"1 {words.domain}", f"2 {words.token}", f"3 {words.key}", f"4 {words.secret}")

    def connects(self, domain: str, token: str) -> None:
        """Type the fields over what they hold, and press Enter on the last."""
        words = self.words
        self.stands_in(words.domain)
        self.fills(domain)
        self.press("Tab")
        self.fills(token)
        if "API URL" in self.terminal.screen():
            self.press("Tab", "Tab", "Tab")
        else:
            self.press("F2")
        self.fills(self.shop.address)
        screen = self.sees(domain, self.shop.address)
        assert token not in screen, "a secret is masked"
        self.press("Enter")

    def fills(self, text: str) -> None:
        """Type into a field, over what it holds. Keys take effect in the order they come in."""
        self.press("C-u")
        self.terminal.type(text)

    def stands_in(self, label: str) -> None:
        """The cursor is in the field from the start: an input method opens its window there."""
        self.terminal.wait(
            lambda _screen: any(label in line for line in self.terminal.cursor_lines()),
            f"the cursor in {label!r}",
        )

    def is_connected(self) -> None:
        screen = self.sees("✓ OK", self.words.connected.removeprefix("✓ "), "read_locations")
        assert "✗" not in screen, framed(screen)
        self.press("Escape")
        self.at(self.words.custom_app)
        self.sees(self.words.connected)

    def pairs(self) -> None:
        """The first by choosing from the list, the second by going through what is left."""
        words = self.words
        self.button(words.edit)
        self.at(words.link)
        theirs = self.their_places()
        self.sees(words.here_places, words.shop_places, *words.places, theirs[-1])
        self.press("Enter")
        self.dialog(words.shop_places)
        self.terminal.type(theirs[0])
        self.press("Enter")
        self.terminal.wait(
            lambda s: re.search(rf"{words.places[0]} +⇄ +{theirs[0]}", s), "the first pair"
        )
        self.press("Down", "Right")
        self.terminal.wait(
            lambda s: re.search(rf"{words.places[1]} +⇄ +{theirs[1]}", s), "the second pair"
        )
        self.press("U")
        self.sees(words.pairs_kept)

    def their_places(self) -> list[str]:
        return [place["name"] for place in self.shop.call("/practice/state")["locations"]]

    def maps(self, n: int, *, fields: bool = False) -> None:
        words = self.words
        self.button(words.sku_mapping)
        self.at_main(f"< {words.sku_number} >", words.update, words.map)
        if fields:
            self.press("Tab")
            self.terminal.wait_gone("Space")
            self.press("Right")
            self.sees(f"< {words.barcode} >")
            self.press("Left")
            self.sees("< SKU >")
            self.press("U")
            self.sees(words.fields_kept)
        self.press("M")
        self.sees(words.mapped.format(n=n))

    def enables(self, *, cells: int, changing: int) -> None:
        """First alignment with DEXTRE's numbers: preview, then the confirmation."""
        words = self.words
        self.button(words.enable)
        self.at(words.enable)
        self.focus(words.start_here)
        self.press("Enter")
        self.sees(words.push, words.nothing_written)
        self.sees(
            f"{cells} cells: change in Shopify {changing},"
            if words.lang == "en"
            else f"{cells}セル：変更 Shopify {changing}、"
        )
        self.press("A")
        self.dialog(words.enable)
        self.agrees(words.enable)
        self.at_main()
        self.link_is(on=True)

    def plans(self, which: str, *, changing: int) -> None:
        """A manual push or pull: its preview, and nothing yet."""
        words = self.words
        self.button(which)
        self.at(which)
        self.sees(words.nothing_written)
        there, here = (changing, 0) if which == words.push else (0, changing)
        self.sees(
            f"change in Shopify {there}, in DEXTRE {here};"
            if words.lang == "en"
            else f"変更 Shopify {there}、DEXTRE {here}、"
        )

    def applies(self, rows: int) -> None:
        """Confirm the plan that is shown; Cancel has the focus. One row changes, the others were
        equal already.
        """
        title = self.terminal.screen().split("\n", 1)[0].strip()
        self.press("A")
        self.dialog(title)
        self.cancels()
        self.at(title)
        self.press("A")
        self.dialog(title)
        self.agrees(self.words.apply)
        self.sees(self.words.applied.format(n=rows - 1))

    def turns_off(self) -> None:
        self.button(self.words.disable)
        self.dialog(self.words.disable)
        self.agrees(self.words.disable_yes)
        self.link_is(on=False)

    def quits(self) -> None:
        """From wherever, with exit code 0."""
        self.press("C-q")
        self.terminal.wait_for_shell(0)


def _figures(screen: str) -> Figures | None:
    found = FIGURES.search(screen)
    if found is None:
        return None
    in_sync, cells, *pending, needs_you = (int((n or "0").replace(",", "")) for n in found.groups())
    return Figures(in_sync, cells, sum(pending), needs_you)


# -- both sides ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sides:
    """The true numbers of both sides, by SKU number and place (0 or 1)."""

    home: Path
    shop: PracticeProcess
    words: Words

    def here(self) -> dict[tuple[str, int], int]:
        with Workspace(self.home) as workspace:
            return self._here(workspace.desk())

    def _here(self, desk: Desk) -> dict[tuple[str, int], int]:
        place_of = {place.id: self.words.places.index(place.name) for place in desk.locations()}
        return {
            (item.sku_number, place_of[level.key.location_id]): level.quantity
            for item in desk.items("", 0, desk.count_items())
            for level in desk.levels_of(item.sku_number)
        }

    def there(self) -> dict[tuple[str, int], int]:
        state = self.shop.call("/practice/state")
        places = [place["name"] for place in state["locations"]]
        return {
            (row["sku"], places.index(row["location"])): row["available"]
            for row in state["levels"]
            if row["location"] in places[:2]
        }

    def skus(self) -> list[str]:
        return sorted({sku for sku, _place in self.there()})

    def place_there(self, place: int) -> str:
        name: str = self.shop.call("/practice/state")["locations"][place]["name"]
        return name

    def sell_there(self, sku: str, place: str, n: int) -> None:
        self.shop.call("/practice/sell", {"sku": sku, "location": place, "quantity": n})

    def ledger(self) -> int:
        last: int = self.shop.call("/practice/ledger")["last"]
        return last

    def write_csv(self, path: Path, quantity: int, more: Sequence[str] = ()) -> int:
        """All of the shop's SKUs at both places; how many lines."""
        lines = [
            f"{sku},Item {sku},,{place},{LABEL},{quantity}"
            for sku in [*self.skus(), *more]
            for place in self.words.places
        ]
        head = "sku_number,name,barcode,location,label,quantity"
        path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
        return len(lines)


def empty_brand(home: Path, words: Words) -> None:
    """A brand with a label and two places, made without the screen."""
    with Workspace(home) as workspace:
        workspace.add_brand(words.brand)
        desk = workspace.desk()
        desk.add_label(Label(LABEL, words.label, is_default=True))
        for place in words.places:
            desk.add_location(place)


def linked_home(sides: Sides, csv: Path, quantity: int = 50) -> int:
    """A brand that is linked already, made without the screen; how many cells."""
    words, shop = sides.words, sides.shop
    empty_brand(sides.home, words)
    with Workspace(sides.home) as workspace:
        desk = workspace.desk()
        lines = sides.write_csv(csv, quantity)
        desk.import_items(csv)
        given = Credentials(shop.domain, Secret(shop.token), api_url=shop.address)
        desk.connect(given).result(30)
        theirs = [sides.place_there(0), sides.place_there(1)]
        desk.pair(list(zip(words.places, theirs, strict=True)), LABEL).result(30)
        desk.map().result(30)
        desk.enable(desk.plan(PlanKind.PUSH).result(30)).result(60)
    return lines


def until(true: Callable[[], bool], what: Callable[[], str], bound: float) -> None:
    """Ask again until it is true."""
    end = time.monotonic() + bound
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.2)
