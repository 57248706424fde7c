/** What processes of 2026-07-28 say to nobody in particular: it belongs to a subscription, or to the one request that it can be about, or to nobody. */

import { modernVersion, metaKeys } from "../jsonrpc/discover.js";
import { rawOf, type NotificationEnvelope } from "../jsonrpc/envelope.js";
import { withId } from "../jsonrpc/message-id.js";
import { subscriptionSpan } from "../jsonrpc/modern-result.js";
import type { HostDialect } from "./shared-host.js";
import type { SharedProcess } from "./shared-process.js";

/** Some processes take a notification without a version for one of an older revision, and are bound to that from then on. */
const cancelMeta = { [metaKeys.protocolVersion]: modernVersion, [metaKeys.clientCapabilities]: {} };

export const modernDialect: HostDialect = {
  speech: { initialises: false, cancelParams: `,"_meta":${JSON.stringify(cancelMeta)}` },
  spread: spreadModern,
};

function spreadModern(process: SharedProcess, message: Buffer, envelope: NotificationEnvelope): void {
  const subscription = subscriptionSpan(message);
  if (subscription !== undefined) {
    const request = process.requestOf(rawOf(message, subscription));
    request?.asker.give(withId(message, subscription, request.id));
    return;
  }
  if (envelope.method === "notifications/cancelled") {
    const request = envelope.requestId === undefined ? undefined : process.requestOf(rawOf(message, envelope.requestId));
    if (request?.place.kind !== "sent") return;
    process.forget(request.place.number);
    return request.asker.failed(request, "the server process has cancelled it");
  }
  // Over stdio nothing says to which request a log message belongs, but only who asks for any gets some.
  const asker = envelope.method === "notifications/message" ? process.soleAsker(({ logs }) => logs !== undefined) : process.soleAsker();
  asker?.give(message);
}
