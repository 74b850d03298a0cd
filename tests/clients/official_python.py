"""The official Python package ShopifyAPI connects, lists, adjusts and sets.

A program of its own, told by the environment where the shop is; prints one JSON object. With ITEMS
it adjusts so many one by one in place of that, and prints how long each answer took.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from pathlib import Path
from typing import Any

shopify: Any = importlib.import_module("shopify")
DOCUMENTS = json.loads(Path(__file__).with_name("documents.json").read_text(encoding="utf-8"))


def ask(name: str, **variables: Any) -> Any:
    while True:
        answer = json.loads(shopify.GraphQL().execute(DOCUMENTS[name], variables))
        if "errors" not in answer:
            return answer["data"]
        if answer["errors"][0]["extensions"]["code"] != "THROTTLED":
            raise SystemExit(json.dumps(answer["errors"]))
        time.sleep(1.0)  # what Shopify recommends; the package itself waits for nothing


def connect() -> None:
    session = shopify.Session(os.environ["DOMAIN"], "2026-10", os.environ["TOKEN"])
    shopify.ShopifyResource.activate_session(session)
    # The session knows https only; the practice shop is on this machine.
    shopify.ShopifyResource.set_site(f"{os.environ['ADDRESS']}/admin/api/2026-10")


def adjusted(item: str, location: str, delta: int, key: str) -> list[Any]:
    row = {
        "inventoryItemId": item,
        "locationId": location,
        "delta": delta,
        "changeFromQuantity": None,
    }
    given = {"name": "available", "reason": "correction", "changes": [row]}
    errors: list[Any] = ask("adjust", input=given, key=key)["inventoryAdjustQuantities"][
        "userErrors"
    ]
    return errors


def main() -> None:
    connect()
    connected = ask("connect")
    listed = ask("list")
    items = [
        node["inventoryItem"]["id"]
        for node in listed["productVariants"]["nodes"]
        if node["inventoryItem"]["tracked"]
    ]
    item, location = items[0], listed["locations"]["nodes"][0]["id"]

    def quantity() -> int:
        found = ask("read", item=item, location=location)["inventoryItem"]["inventoryLevel"]
        number: int = found["quantities"][0]["quantity"]
        return number

    if "ITEMS" in os.environ:
        began = time.perf_counter()
        for number in range(int(os.environ["ITEMS"])):
            quantity()
            adjusted(items[number % len(items)], location, 1, f"python-{number}")
        print(json.dumps({"seconds": time.perf_counter() - began}))
        return
    before = quantity()
    errors = adjusted(item, location, 3, "python-adjust")
    between = quantity()
    row = {
        "inventoryItemId": item,
        "locationId": location,
        "quantity": 55,
        "changeFromQuantity": between,
    }
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    errors += ask("set", input=given, key="python-set")["inventorySetQuantities"]["userErrors"]
    stale = ask("set", input=given, key="python-stale")["inventorySetQuantities"]["userErrors"]
    print(
        json.dumps(
            {
                "shop": connected["shop"]["myshopifyDomain"],
                "scopes": len(connected["currentAppInstallation"]["accessScopes"]),
                "before": before,
                "between": between,
                "after": quantity(),
                "errors": errors,
                "stale": [error["code"] for error in stale],
            }
        )
    )


if __name__ == "__main__":
    main()
