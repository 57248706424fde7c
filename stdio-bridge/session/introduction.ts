/** What the first of the shared processes said to `initialize`, and who waits for it: from then on it is told to every client. */

import { rawOf, readEnvelope } from "../jsonrpc/envelope.js";
import { memberOf } from "../jsonrpc/member.js";
import { withId } from "../jsonrpc/message-id.js";
import type { LeaseRefusal } from "../pool/pool.js";
import { revisionOf } from "./identity.js";
import { listChangesOf } from "./list-changes.js";
import type { Asker } from "./shared-request.js";

export type Known =
  | { readonly kind: "known" }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

export const closed = { kind: "refused", why: "closed", what: "the server is being stopped" } as const;
const abandoned = { kind: "refused", why: "abandoned", what: "the client has gone" } as const;

/** A session that was brought back by its id. */
export interface ReturnedSession extends Asker {
  /** That was agreed on when it was begun. */
  readonly revision: string | undefined;
  readonly end: (why: string) => void;
}

export class Introduction {
  private bytes: Buffer | undefined;
  /** Sessions that were brought back, and want to hear which lists may have changed: that is known when the server is. */
  private readonly ungreeted = new Set<ReturnedSession>();
  private readonly waiting = new Set<(known: Known) => void>();

  /** Absent while no process has said it. */
  get answer(): Buffer | undefined {
    return this.bytes;
  }

  /** Sessions that wait to begin. */
  get awaitedBy(): number {
    return this.waiting.size;
  }

  /** A process has said it: the first, or one after it. */
  note(answer: Buffer): void {
    this.bytes = answer;
    for (const tell of [...this.waiting]) tell({ kind: "known" });
    for (const session of this.takeUngreeted()) this.greet(session);
  }

  /** Resolves when it is known, or `stop` is given, or the time is up. */
  wait(timeoutMs: number, stop: AbortSignal): Promise<Known> {
    return new Promise((resolve) => {
      if (stop.aborted) return resolve(abandoned);
      const onStop = (): void => tell(abandoned);
      const timer = setTimeout(() => tell({ kind: "refused", why: "timed_out", what: `no process was ready within ${timeoutMs} ms` }), timeoutMs);
      const tell = (known: Known): void => {
        clearTimeout(timer);
        stop.removeEventListener("abort", onStop);
        this.waiting.delete(tell);
        resolve(known);
      };
      stop.addEventListener("abort", onStop);
      this.waiting.add(tell);
    });
  }

  /** To all who wait. */
  refuse(refusal: Known & { readonly kind: "refused" }): void {
    for (const tell of [...this.waiting]) tell(refusal);
  }

  /** A session of another worker goes on here, or of this one after it was forgotten. */
  greet(session: ReturnedSession): void {
    if (this.bytes === undefined) return void this.ungreeted.add(session);
    const revision = revisionOf(this.bytes);
    // Revisions are dates. A client that speaks an older one than the process gets what it knows; not the other way round.
    if (revision !== undefined && session.revision !== undefined && revision < session.revision) return session.end(`the server speaks ${revision} now, and the session ${session.revision}`);
    for (const message of listChangesOf(this.bytes)) session.give(message);
  }

  leave(asker: Asker): void {
    const ungreeted: Set<Asker> = this.ungreeted;
    ungreeted.delete(asker);
  }

  /** Those who are still to be greeted are now another's to greet. */
  takeUngreeted(): readonly ReturnedSession[] {
    const ungreeted = [...this.ungreeted];
    this.ungreeted.clear();
    return ungreeted;
  }

  /** To a client's `initialize`: what the process said, with the client's id, in the older of the two's revisions. */
  answerTo(id: Buffer, message: Buffer): Buffer {
    const answer = this.bytes as Buffer; // Sessions are opened once it is known.
    const versionSpan = memberOf(answer, ["result", "protocolVersion"]);
    const asked = memberOf(message, ["params", "protocolVersion"]);
    let negotiated = answer;
    if (versionSpan !== undefined && asked !== undefined) {
      const [ours, theirs] = [versionOf(rawOf(answer, versionSpan)), versionOf(rawOf(message, asked))];
      // Revisions are dates. An older client gets what it knows: later revisions only add.
      if (ours !== undefined && theirs !== undefined && legacyVersions.includes(theirs) && theirs < ours) negotiated = withId(answer, versionSpan, rawOf(message, asked));
    }
    const envelope = readEnvelope(negotiated);
    return envelope.kind === "response" && envelope.id !== undefined ? withId(negotiated, envelope.id, id) : negotiated;
  }
}

const legacyVersions: readonly string[] = ["2025-06-18", "2025-03-26", "2024-11-05"];
const QUOTE = 0x22;

function versionOf(raw: Buffer): string | undefined {
  return raw[0] === QUOTE ? (JSON.parse(raw.toString("utf8")) as string) : undefined;
}
