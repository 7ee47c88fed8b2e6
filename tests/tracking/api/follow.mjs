// Follows channels with the npm package `centrifuge` as it is published, and prints a line of JSON for all it tells.
// usage: node follow.mjs <modules> <json or protobuf> <url> <token> <channel>…

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, protocol, url, token, ...channels] = process.argv.slice(2);
const load = createRequire(pathToFileURL(`${modules}/`));
const { Centrifuge } = load(protocol === "json" ? "centrifuge" : "centrifuge/build/protobuf");
const say = (what, said) => process.stdout.write(`${JSON.stringify({ what, ...said })}\n`);

// With Protobuf the application decodes what a channel carries.
const plain = (data) => (data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data) || "null") : data);

const client = new Centrifuge(url, {
  token,
  protocol,
  websocket: globalThis.WebSocket ?? load("ws"),
  maxReconnectDelay: 300,
});
client.on("connected", ({ client }) => say("connected", { client }));
client.on("connecting", ({ code, reason }) => say("connecting", { code, reason }));
client.on("disconnected", ({ code, reason }) => say("disconnected", { code, reason }));

for (const channel of channels) {
  const subscription = client.newSubscription(channel, { maxResubscribeDelay: 300 });
  subscription.on("subscribed", ({ recovered, wasRecovering, streamPosition, data }) =>
    say("subscribed", { channel, recovered, wasRecovering, streamPosition, data: plain(data) }));
  subscription.on("publication", ({ offset, data }) => say("publication", { channel, offset, data: plain(data) }));
  subscription.on("subscribing", ({ code }) => say("subscribing", { channel, code }));
  subscription.on("unsubscribed", ({ code, reason }) => say("unsubscribed", { channel, code, reason }));
  subscription.subscribe();
}
client.connect();

process.stdin.on("end", () => client.disconnect()).resume(); // until whoever started it lets go
