"""What a practice shop has on its shelves, generated from a seed.

Every generated variant is tracked, has a SKU of its own and is stocked at every location, unless
oddities are asked for: those are the cases that real catalogues have and that a sync must name
instead of guessing (facts.md §4.6, §5.5).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.practice.state import Item, Location, Product, Stock, Variant

ID_STEP = 32_768
"""Real ids grow in steps like this one."""

PRODUCTS = (
    ("TEE", "コットンTシャツ", "Tops"),
    ("HOD", "Zip Hoodie", "Tops"),
    ("SWT", "裏起毛スウェット", "Tops"),
    ("SHT", "Linen Shirt", "Tops"),
    ("DNM", "ストレートデニム", "Bottoms"),
    ("CHN", "Chino Trousers", "Bottoms"),
    ("SKT", "プリーツスカート", "Bottoms"),
    ("CAP", "Canvas Cap", "Accessories"),
    ("BAG", "帆布トートバッグ", "Accessories"),
    ("SOX", "Merino Socks", "Accessories"),
    ("MUG", "美濃焼マグカップ", "Kitchen"),
    ("TEA", "Green Tea Tin", "Food"),
    ("APR", "藍染エプロン", "Kitchen"),
    ("UMB", "Folding Umbrella", "Accessories"),
    ("SCF", "カシミヤマフラー", "Accessories"),
    ("NTB", "Dotted Notebook", "Stationery"),
)
COLOURS = (
    ("NV", "ネイビー"),
    ("WH", "White"),
    ("BK", "ブラック"),
    ("GR", "Grey"),
    ("RD", "えんじ"),
    ("GN", "Olive"),
    ("BE", "ベージュ"),
    ("BL", "Sky Blue"),
)
SIZES = ("S", "M", "L", "XL", "F")
LOCATIONS = (
    "東京倉庫",
    "Osaka Store",
    "福岡店",
    "Sapporo Store",
    "名古屋倉庫",
    "Yokohama Annex",
    "京都店",
    "Sendai Store",
)
VENDORS = ("Dextre Works", "青葉商店")

ALL_ODDITIES = frozenset(
    {
        "bundle",
        "blank_sku",
        "case",
        "duplicate",
        "fulfillment_location",
        "gift_card",
        "inactive_level",
        "inactive_location",
        "spaces",
        "unstocked",
        "untracked",
    }
)


@dataclass
class Numbers:
    """Ids, far apart for each kind of thing, and the same for the same seed."""

    start: int
    taken: int = 0

    def next(self) -> int:
        self.taken += 1
        return self.start + self.taken * ID_STEP


class Shelves:
    """Puts things into a stock, giving each its ids."""

    def __init__(self, stock: Stock, rng: random.Random) -> None:
        self.stock = stock
        offset = rng.randrange(1_000_000) * ID_STEP
        self._products = Numbers(10_000_000_000_000 + offset)
        self._variants = Numbers(51_000_000_000_000 + offset)
        self._items = Numbers(53_000_000_000_000 + offset)
        self._locations = Numbers(106_000_000_000 + offset // ID_STEP)
        self._levels = Numbers(143_000_000_000 + offset // ID_STEP)

    @classmethod
    def more(cls, stock: Stock) -> Shelves:
        """For what is made later: its ids come after those that are there."""
        shelves = cls(stock, random.Random(0))  # noqa: S311 - the numbers are replaced at once
        shelves._products = Numbers(max((each.number for each in stock.products), default=0))
        shelves._variants = Numbers(max((each.number for each in stock.variants), default=0))
        shelves._items = Numbers(max((each.number for each in stock.items), default=0))
        return shelves

    def location(
        self, name: str, *, active: bool = True, fulfillment_service: bool = False
    ) -> Location:
        location = Location(
            self._locations.next(),
            self._levels.next(),
            name,
            created_at=self.stock.now(),
            is_active=active,
            is_fulfillment_service=fulfillment_service,
        )
        self.stock.add_location(location)
        return location

    def product(
        self, title: str, handle: str, *, kind: str = "", vendor: str = "", gift_card: bool = False
    ) -> Product:
        product = Product(
            self._products.next(),
            title,
            handle,
            vendor,
            kind,
            self.stock.now(),
            is_gift_card=gift_card,
        )
        self.stock.add_product(product)
        return product

    def variant(
        self,
        product: Product,
        sku: str | None,
        options: Sequence[tuple[str, str]] = (("Title", "Default Title"),),
        *,
        barcode: str | None = None,
        tracked: bool = True,
        bundle: bool = False,
        price: str = "1000",
    ) -> Variant:
        item = Item(self._items.next(), sku, tracked, self.stock.now(), self.stock.now())
        variant = Variant(
            number=self._variants.next(),
            product=product,
            item=item,
            title=" / ".join(value for _, value in options),
            options=tuple(options),
            barcode=barcode,
            position=len(product.variants) + 1,
            price=price,
            is_bundle=bundle,
        )
        self.stock.add_variant(variant)
        return variant


def jan(rng: random.Random) -> str:
    """A 13-digit JAN code with its check digit."""
    body = f"45{rng.randrange(10**10):010d}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body))
    return f"{body}{-total % 10}"


def add_locations(shelves: Shelves, count: int) -> list[Location]:
    names = [LOCATIONS[at] if at < len(LOCATIONS) else f"Store {at + 1}" for at in range(count)]
    return [shelves.location(name) for name in names]


def generate(
    stock: Stock, rng: random.Random, *, variants: int, locations: int, oddities: Collection[str]
) -> None:
    """`variants` plain ones at `locations` places; the oddities come on top of them."""
    shelves = Shelves(stock, rng)
    places = add_locations(shelves, locations)
    made = 0
    series = 0
    while made < variants:
        for code, title, kind in PRODUCTS:
            if made >= variants:
                break
            made += _product(shelves, rng, places, (code, title, kind), series, variants - made)
        series += 1
    _add_oddities(shelves, rng, places, oddities)


def _product(
    shelves: Shelves,
    rng: random.Random,
    places: Sequence[Location],
    what: tuple[str, str, str],
    series: int,
    room: int,
) -> int:
    code, title, kind = what
    suffix = str(series + 1) if series else ""
    product = shelves.product(
        f"{title} {suffix}".strip(),
        f"{code.lower()}{suffix}",
        kind=kind,
        vendor=rng.choice(VENDORS),
    )
    made = 0
    for colour_code, colour in COLOURS:
        for size in SIZES:
            if made >= room:
                return made
            variant = shelves.variant(
                product,
                f"{code}{suffix}-{colour_code}-{size}",
                (("Color", colour), ("Size", size)),
                barcode=jan(rng),
                price=str(rng.randrange(8, 190) * 100),
            )
            _stock_everywhere(shelves, rng, variant.item, places)
            made += 1
    return made


def _stock_everywhere(
    shelves: Shelves, rng: random.Random, item: Item, places: Sequence[Location]
) -> None:
    for place in places:
        opening = {"available": rng.randrange(0, 60)}
        if rng.random() < 0.1:
            opening["committed"] = rng.randrange(1, 4)
        shelves.stock.stock_at(item, place, opening=opening)


def _add_oddities(
    shelves: Shelves, rng: random.Random, places: Sequence[Location], wanted: Collection[str]
) -> None:
    if not wanted:
        return
    stock = shelves.stock
    first = stock.items[0].sku if stock.items else "ODD-1"
    product = shelves.product("わけあり品", "odds-and-ends", kind="Oddities", vendor=VENDORS[0])

    def add(sku: str | None, option: str, *, tracked: bool = True, bundle: bool = False) -> Item:
        variant = shelves.variant(
            product, sku, (("Kind", option),), barcode=jan(rng), tracked=tracked, bundle=bundle
        )
        return variant.item

    skus = {
        "duplicate": first,
        "case": (first or "").lower(),
        "spaces": f" {first} ",
        "blank_sku": "",
        "untracked": "ODD-UNTRACKED",
        "bundle": "ODD-BUNDLE",
    }
    for oddity in sorted(wanted & skus.keys()):
        item = add(
            skus[oddity],
            oddity,
            tracked=oddity != "untracked",
            bundle=oddity == "bundle",
        )
        _stock_everywhere(shelves, rng, item, places)
    if "gift_card" in wanted:
        card = shelves.product("ギフトカード", "gift-card", kind="Gift", gift_card=True)
        item = shelves.variant(card, None, (("Amount", "5000"),), tracked=False).item
        _stock_everywhere(shelves, rng, item, places[:1])
    if "unstocked" in wanted:
        _stock_everywhere(shelves, rng, add("ODD-UNSTOCKED", "unstocked"), places[:1])
    if "inactive_level" in wanted:
        item = add("ODD-INACTIVE", "inactive_level")
        _stock_everywhere(shelves, rng, item, places)
        if len(item.levels) > 1:
            item.levels[-1].is_active = False
    if "fulfillment_location" in wanted:
        shelves.location("Rakuraku 3PL", fulfillment_service=True)
    if "inactive_location" in wanted:
        shelves.location("旧・池袋店", active=False)
