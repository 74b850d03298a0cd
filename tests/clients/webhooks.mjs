// @shopify/shopify-api takes a token by the client-credentials grant, validates the webhooks that
// come to its port, and signs one of its own for the address that it is given on its input.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import "@shopify/shopify-api/adapters/node";
import { shopifyApi } from "@shopify/shopify-api";
import { createSHA256HMAC, setAbstractFetchFunc } from "@shopify/shopify-api/runtime";

const { ADDRESS, DOMAIN, CLIENT_ID, CLIENT_SECRET } = process.env;
const tell = (what) => console.log(JSON.stringify(what));

setAbstractFetchFunc((url, init) => fetch(String(url).replace(`https://${DOMAIN}`, ADDRESS), init));
const shopify = shopifyApi({
  apiKey: CLIENT_ID,
  apiSecretKey: CLIENT_SECRET,
  apiVersion: "2026-10",
  hostName: "app.example.com",
  isEmbeddedApp: false,
  logger: { log: () => {} },
});

const { session } = await shopify.auth.clientCredentials({ shop: DOMAIN });
tell({ token: session.accessToken, scope: session.scope });

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const rawBody = Buffer.concat(parts).toString("utf8");
    const found = await shopify.webhooks.validate({
      rawBody,
      rawRequest: request,
      rawResponse: response,
    });
    const broken = await shopify.webhooks.validate({
      rawBody: rawBody + " ",
      rawRequest: request,
      rawResponse: response,
    });
    response.writeHead(200).end();
    tell({ ...found, body: JSON.parse(rawBody), changed: broken.valid });
  });
});
server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));

createInterface({ input: process.stdin }).on("line", async (address) => {
  const body = JSON.stringify({ inventory_item_id: 5, location_id: 7, available: 1, name: "日本" });
  const send = async (signature) => {
    const headers = {
      "Content-Type": "application/json",
      "X-Shopify-Topic": "inventory_levels/update",
      "X-Shopify-Shop-Domain": DOMAIN,
      "X-Shopify-API-Version": "2026-10",
      "X-Shopify-Webhook-Id": "node-1",
      "X-Shopify-Hmac-Sha256": signature,
    };
    return (await fetch(address, { method: "POST", headers, body })).status;
  };
  tell({
    right: await send(await createSHA256HMAC(CLIENT_SECRET, body)),
    wrong: await send(await createSHA256HMAC("another secret", body)),
  });
});
