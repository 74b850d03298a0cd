// @shopify/admin-api-client connects, lists, adjusts and sets. Told by the environment where the
// shop is; prints one JSON object.
import { readFileSync } from "node:fs";
import { createAdminApiClient } from "@shopify/admin-api-client";

const { ADDRESS, DOMAIN, TOKEN } = process.env;
const documents = JSON.parse(readFileSync(new URL("documents.json", import.meta.url), "utf8"));

const client = createAdminApiClient({
  storeDomain: DOMAIN,
  apiVersion: "2026-10",
  accessToken: TOKEN,
  customFetchApi: (url, init) => fetch(url.replace(`https://${DOMAIN}`, ADDRESS), init),
  logger: () => {},
});

async function ask(name, variables) {
  const { data, errors } = await client.request(documents[name], { variables });
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const connected = await ask("connect");
const listed = await ask("list");
const item = listed.productVariants.nodes.find((node) => node.inventoryItem.tracked).inventoryItem.id;
const location = listed.locations.nodes[0].id;
const cell = { inventoryItemId: item, locationId: location };
const head = { name: "available", reason: "correction" };

async function quantity() {
  const { inventoryItem } = await ask("read", { item, location });
  return inventoryItem.inventoryLevel.quantities[0].quantity;
}

const before = await quantity();
const adjusted = await ask("adjust", {
  key: "node-adjust",
  input: { ...head, changes: [{ ...cell, delta: 4, changeFromQuantity: null }] },
});
const between = await quantity();
const set = await ask("set", {
  key: "node-set",
  input: { ...head, quantities: [{ ...cell, quantity: 77, changeFromQuantity: between }] },
});
const stale = await ask("set", {
  key: "node-stale",
  input: { ...head, quantities: [{ ...cell, quantity: 1, changeFromQuantity: before - 1 }] },
});
const refused = await client.request("query Wrong { shop { nothing } }");

console.log(
  JSON.stringify({
    shop: connected.shop.myshopifyDomain,
    scopes: connected.currentAppInstallation.accessScopes.length,
    before,
    between,
    after: await quantity(),
    errors: [
      ...adjusted.inventoryAdjustQuantities.userErrors,
      ...set.inventorySetQuantities.userErrors,
    ],
    stale: stale.inventorySetQuantities.userErrors.map((error) => error.code),
    refused: refused.errors.graphQLErrors.map((error) => error.extensions.code),
  }),
);
