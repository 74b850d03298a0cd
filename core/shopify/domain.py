"""From what people paste to the one address that Shopify's API answers at: `name.myshopify.com`.

The rule is anchored on both ends and knows nothing but plain ASCII, because the access token is
sent to whatever comes out of here. Whether the shop exists is not this module's business.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from core.shopify.errors import (
    AdminAddressWithoutShop,
    BadApiUrl,
    BadDomain,
    CustomDomain,
    EmptyDomain,
    InsecureAddress,
    MailAddress,
)

SUFFIX = ".myshopify.com"

_HANDLE = r"[a-z0-9][a-z0-9-]{0,62}"
_HANDLE_ONLY = re.compile(_HANDLE)
_SHOP_DOMAIN = re.compile(_HANDLE + re.escape(SUFFIX))
_ADMIN_PATH = re.compile(rf"/store/({_HANDLE})(?:[/?#].*)?")
_ADDRESS = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>[^/?#]*)(?P<rest>.*)")
_ANY_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_PRINTABLE = re.compile(r"[!-~]+")

_API_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?"
)


def shop_domain(typed: str) -> str:
    """The shop's `name.myshopify.com`, from any form that people paste (facts.md §9).

    Raises a `BadInput` that says what is wrong with the text and what to type instead.
    """
    text = typed.strip()
    if not text:
        raise EmptyDomain
    if not _PRINTABLE.fullmatch(text) or "\\" in text:
        raise BadDomain(typed=_shown(text))
    # Lower-casing comes after the ASCII check: a few letters outside of ASCII become ASCII by it.
    text = text.lower()
    address = _ADDRESS.fullmatch(text)
    if address is None:
        raise BadDomain(typed=_shown(text))
    scheme, host, rest = address["scheme"], address["host"], address["rest"]
    if "@" in host:
        raise (MailAddress if scheme is None and not rest else BadDomain)(typed=_shown(text))
    if scheme == "http":
        raise InsecureAddress(typed=_shown(text))
    if scheme not in (None, "https"):
        raise BadDomain(typed=_shown(text))
    return _domain_of(host, rest, bare=scheme is None and not rest.strip("/"), typed=text)


def _domain_of(host: str, rest: str, *, bare: bool, typed: str) -> str:
    if host == "admin.shopify.com":
        path = _ADMIN_PATH.fullmatch(rest)
        if path is None:
            raise AdminAddressWithoutShop(typed=_shown(typed))
        return path[1] + SUFFIX
    if _SHOP_DOMAIN.fullmatch(host):
        return host
    if bare and _HANDLE_ONLY.fullmatch(host):
        return host + SUFFIX
    if _ANY_HOST.fullmatch(host) and not host.endswith(("myshopify.com", ".shopify.com")):
        raise CustomDomain(typed=_shown(host))
    raise BadDomain(typed=_shown(typed))


def base_url(domain: str, api_url: str | None) -> str:
    """Where requests go, without a slash at the end. `api_url` (a proxy, the practice shop) takes
    the place of the shop's own address, over https, or over http to this very machine.
    """
    if api_url is None:
        return f"https://{domain}"
    text = api_url.strip()
    if not _PRINTABLE.fullmatch(text):
        raise BadApiUrl(typed=_shown(text))
    head, slashes, tail = text.partition("://")
    authority, slash, path = tail.partition("/")
    url = _API_URL.fullmatch(f"{head.lower()}{slashes}{authority.lower()}{slash}{path}")
    if url is None or not _host_is_usable(url["host"], secure=url["scheme"] == "https"):
        raise BadApiUrl(typed=_shown(text))
    port = url["port"]
    if port is not None and not 0 < int(port) < 65536:
        raise BadApiUrl(typed=_shown(text))
    return f"{url['scheme']}://{url['host']}{':' + port if port else ''}{url['path']}"


def is_loopback(base: str) -> bool:
    """Whether a base URL made by `base_url` stays on this machine."""
    url = _API_URL.fullmatch(base)
    return url is not None and _is_loopback_host(url["host"])


def _host_is_usable(host: str, *, secure: bool) -> bool:
    if host.startswith("[") and _ip(host) is None:
        return False
    return secure or _is_loopback_host(host)


def _is_loopback_host(host: str) -> bool:
    if host == "localhost":
        return True
    address = _ip(host)
    if isinstance(address, IPv4Address):
        return address.is_loopback
    return address == IPv6Address("::1")


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _shown(text: str) -> str:
    """Pasted text for a message: what stands before an @ may be a password."""
    shown = text.rpartition("@")[2] if "://" in text else text
    return shown if len(shown) <= 80 else shown[:79] + "…"
