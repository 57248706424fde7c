/** What a client has asked of its process beyond single answers: said again to the next process when this one is lost. */

import { rawOf } from "../jsonrpc/envelope.js";
import { memberOf } from "../jsonrpc/member.js";

export function isReplayed(method: string): boolean {
  return method === "logging/setLevel" || method === "resources/subscribe" || method === "resources/unsubscribe";
}

export class Replay {
  private level: Buffer | undefined;
  /** By the URI's own bytes. Bounded: of more than that nothing is remembered. */
  private readonly uris = new Map<string, Buffer>();

  /** The process has done what the message asks for, which is one that `isReplayed`. */
  note(method: string, message: Buffer): void {
    const value = memberOf(message, ["params", method === "logging/setLevel" ? "level" : "uri"]);
    if (value === undefined || value.end - value.start > maxValueBytes) return;
    // A copy: it lies in the body, which would be kept alive with it.
    const raw = Buffer.from(rawOf(message, value));
    const key = raw.toString("latin1");
    if (method === "logging/setLevel") this.level = raw;
    else if (method === "resources/unsubscribe") this.uris.delete(key);
    else if (this.uris.size < maxUris) this.uris.set(key, raw);
  }

  /** Requests with ids that begin with `idPrefix`; nobody waits for the answers. */
  messages(idPrefix: string): readonly Buffer[] {
    const requests = [...(this.level === undefined ? [] : [{ method: "logging/setLevel", name: "level", value: this.level }]), ...[...this.uris.values()].map((value) => ({ method: "resources/subscribe", name: "uri", value }))];
    return requests.map(({ method, name, value }, index) =>
      Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":"${idPrefix}${index}","method":"${method}","params":{"${name}":`), value, Buffer.from("}}")]));
  }
}

const maxUris = 1_000;
const maxValueBytes = 8 * 1024;
