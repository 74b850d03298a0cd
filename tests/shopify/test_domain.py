"""From what people paste to the one host that may see the token."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import BadInput
from core.shopify.domain import base_url, is_loopback, shop_domain
from core.shopify.errors import (
    AdminAddressWithoutShop,
    BadApiUrl,
    BadDomain,
    CustomDomain,
    EmptyDomain,
    InsecureAddress,
    MailAddress,
)


@pytest.mark.parametrize(
    "pasted",
    [
        "my-shop",
        "My-Shop",
        "  my-shop.myshopify.com\n",
        "my-shop.myshopify.com/",
        "MY-SHOP.MYSHOPIFY.COM",
        "https://my-shop.myshopify.com",
        "HTTPS://my-shop.myshopify.com/",
        "https://my-shop.myshopify.com/admin",
        "https://my-shop.myshopify.com/admin/settings/domains?x=1#y",
        "my-shop.myshopify.com/admin",
        "https://admin.shopify.com/store/my-shop",
        "https://admin.shopify.com/store/My-Shop/settings/domains?q=@evil.com",
        "admin.shopify.com/store/my-shop/",
        "\u3000my-shop\u3000",
    ],
)
def test_every_form_that_people_paste_gives_the_same_domain(pasted: str) -> None:
    assert shop_domain(pasted) == "my-shop.myshopify.com"


@pytest.mark.parametrize(
    ("pasted", "kind"),
    [
        ("", EmptyDomain),
        ("   ", EmptyDomain),
        ("shop.example.com", CustomDomain),
        ("https://www.example.co.jp/admin", CustomDomain),
        ("my-shop.myshopify.com.evil.com", CustomDomain),
        ("my-shop.myshopify.io", CustomDomain),
        ("evilmyshopify.com", BadDomain),
        ("http://my-shop.myshopify.com", InsecureAddress),
        ("ftp://my-shop.myshopify.com", BadDomain),
        ("owner@example.com", MailAddress),
        ("https://user:pw@my-shop.myshopify.com", BadDomain),
        ("https://my-shop.myshopify.com@evil.com/", BadDomain),
        ("my-shop.myshopify.com:443", BadDomain),
        ("https://my-shop.myshopify.com:8443/admin", BadDomain),
        ("myshopify.com", BadDomain),
        (".myshopify.com", BadDomain),
        ("-shop.myshopify.com", BadDomain),
        ("a.b.myshopify.com", BadDomain),
        ("my_shop.myshopify.com", BadDomain),
        ("my shop", BadDomain),
        ("my-shop.myshopify.com\nevil.com", BadDomain),
        ("https://evil.com\\@my-shop.myshopify.com", BadDomain),
        ("evil.com\\.myshopify.com", BadDomain),
        ("my-shop%2emyshopify.com", BadDomain),
        ("ｍｙ-shop.myshopify.com", BadDomain),
        ("\u212aool.myshopify.com", BadDomain),
        ("店.myshopify.com", BadDomain),
        ("my-shop\u200b.myshopify.com", BadDomain),
        ("//my-shop.myshopify.com", BadDomain),
        ("https://admin.shopify.com", AdminAddressWithoutShop),
        ("https://admin.shopify.com/store/", AdminAddressWithoutShop),
        ("https://admin.shopify.com/store/a.b", AdminAddressWithoutShop),
        ("x" * 64, BadDomain),
    ],
)
def test_what_cannot_be_a_shop_is_refused_with_a_remedy(pasted: str, kind: type[BadInput]) -> None:
    with pytest.raises(kind) as caught:
        shop_domain(pasted)
    assert type(caught.value) is kind
    assert caught.value.remedy


def test_a_pasted_password_is_not_repeated() -> None:
    with pytest.raises(BadDomain) as caught:
        shop_domain("https://user:hunter2@my-shop.myshopify.com")
    assert "hunter2" not in str(caught.value)


@given(st.text() | st.from_regex(r"(https?://)?[a-z@:.\\/?#%-]{0,30}(\.myshopify\.com)?[a-z@:/]*"))
@example("a.myshopify.com\n")
def test_whatever_is_pasted_the_result_is_a_shop_domain_or_bad_input(pasted: str) -> None:
    try:
        domain = shop_domain(pasted)
    except BadInput:
        return
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", domain)
    assert shop_domain(domain) == domain


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,40}", fullmatch=True))
def test_a_shop_can_be_named_in_each_form(handle: str) -> None:
    expected = f"{handle}.myshopify.com"
    for form in (
        handle,
        expected,
        f"https://{expected}/admin/products",
        f"https://admin.shopify.com/store/{handle}?x",
    ):
        assert shop_domain(form) == expected


@pytest.mark.parametrize(
    ("given_url", "base"),
    [
        ("https://proxy.example.com", "https://proxy.example.com"),
        ("https://Proxy.Example.com/", "https://proxy.example.com"),
        ("https://proxy.example.com:8443/shopify/a", "https://proxy.example.com:8443/shopify/a"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        (" http://localhost:1/ ", "http://localhost:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_api_url_is_https_or_this_machine(given_url: str, base: str) -> None:
    assert base_url("my-shop.myshopify.com", given_url) == base


@pytest.mark.parametrize(
    "given_url",
    [
        "",
        "proxy.example.com",
        "http://proxy.example.com",
        "http://localhost.evil.com",
        "http://127.0.0.1.nip.io",
        "http://127.1",
        "http://0x7f.0.0.1",
        "http://2130706433",
        "http://[::ffff:127.0.0.1]",
        "http://0.0.0.0",
        "http://user@127.0.0.1",
        "https://user:pw@proxy.example.com",
        "https://proxy.example.com:0",
        "https://proxy.example.com:99999",
        "https://proxy.example.com/a/../b",
        "https://proxy.example.com/.%2e/",
        "https://proxy.example.com/?x=1",
        "https://proxy.example.com/#x",
        "https://proxy.example.com\\@evil.com",
        "https://",
        "https:///x",
        "https://[zz]",
        "ftp://127.0.0.1",
        "https://例え.jp",
        "https://a b",
    ],
)
def test_an_api_url_that_could_leak_the_token_is_refused(given_url: str) -> None:
    with pytest.raises(BadApiUrl) as caught:
        base_url("my-shop.myshopify.com", given_url)
    assert caught.value.remedy


def test_without_an_api_url_the_shop_itself_is_asked() -> None:
    assert base_url("my-shop.myshopify.com", None) == "https://my-shop.myshopify.com"
    assert not is_loopback("https://my-shop.myshopify.com")
    assert is_loopback("http://[::1]:8080")


@given(st.text() | st.from_regex(r"https?://[a-z0-9@:.\\/?#%\[\]-]{0,40}"))
def test_plain_http_never_leaves_the_machine(text: str) -> None:
    try:
        base = base_url("my-shop.myshopify.com", text)
    except BadInput:
        return
    assert base.startswith("https://") or is_loopback(base)
    assert "@" not in base
    assert "\\" not in base
