"""dextre-sync's core: the inventory store, the Shopify Admin API, and the sync between them.

Nothing in here knows a screen. The one door for screens and commands is `core.workspace`.
"""
