"""The Admin API of Shopify and nothing else: addresses, tokens, pace, documents, reads and writes.

What a difference between two sides means, and what is kept on disk, is not this room's business.

    open_shop         a shop for the sync; fulfils its `Shop`
    check_connection  what works and what does not, one finding a line
    shop_domain       from what people paste to name.myshopify.com
    version_findings  how old the API version is, and when it ends

Webhooks, which few need, are not loaded with it: core.shopify.webhooks, core.shopify.serving.
"""

from core.shopify.check import Check, check_connection
from core.shopify.domain import base_url, shop_domain
from core.shopify.shop import ShopifyShop, open_shop
from core.shopify.subscriptions import SubscriptionReport, WebhookSubscription
from core.shopify.version import API_VERSION, SUPPORTED_UNTIL, version_findings

__all__ = [
    "API_VERSION",
    "SUPPORTED_UNTIL",
    "Check",
    "ShopifyShop",
    "SubscriptionReport",
    "WebhookSubscription",
    "base_url",
    "check_connection",
    "open_shop",
    "shop_domain",
    "version_findings",
]
