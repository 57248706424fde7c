/** Who a session is: how its client has begun it, and the id that is made of that when it is first asked for. */

import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { rawOf } from "../jsonrpc/envelope.js";
import { memberOf } from "../jsonrpc/member.js";
import type { Beginning, SessionIds } from "./session-ids.js";

export interface IdentityNeeds {
  readonly ids: SessionIds;
  readonly log: Logger;
  /** An id was made: clients may ask for the session by it. */
  readonly onNamed: (id: string) => void;
}

/** What its id says of a session. */
export interface Rebuilt { readonly id: string; readonly uid: Buffer; readonly beginning: Beginning }

export class Identity {
  readonly uid: Buffer;
  /** The session was not begun at this worker, or was forgotten here since. */
  readonly isRebuilt: boolean;
  private readonly needs: IdentityNeeds;
  private params: Buffer | undefined;
  private revision: string | undefined;
  private known: string | undefined;

  /** `rebuilt`: from its id. */
  constructor(needs: IdentityNeeds, rebuilt?: Rebuilt) {
    this.needs = needs;
    this.isRebuilt = rebuilt !== undefined;
    this.uid = rebuilt?.uid ?? randomBytes(16);
    this.known = rebuilt?.id;
    this.params = rebuilt?.beginning.params;
    this.revision = rebuilt?.beginning.revision;
  }

  /** Made when it is first asked for: then it is known, mostly, what has to stand in it. */
  get id(): string {
    if (this.known !== undefined) return this.known;
    const { id, isWhole } = this.needs.ids.seal(this.uid, this.beginning);
    if (this.beginning !== undefined && !isWhole) {
      this.needs.log.debug({ paramsBytes: this.params?.length }, "the params of initialize are too long for a session id: the session will end with its process");
      this.params = undefined;
    }
    this.needs.onNamed(id);
    return (this.known = id);
  }

  get isNamed(): boolean {
    return this.known !== undefined;
  }

  /** Absent as long as it has not been begun, and where it cannot be done again. */
  get beginning(): Beginning | undefined {
    return this.params === undefined || this.revision === undefined ? undefined : { params: this.params, revision: this.revision };
  }

  noteInitialize(message: Buffer): void {
    const params = memberOf(message, ["params"]);
    // A copy: it lies in the body, which would be kept alive with it.
    this.params = params === undefined || params.end - params.start > maxKeptBytes ? undefined : Buffer.from(rawOf(message, params));
    this.revision = undefined;
  }

  /** Of the answer to `initialize`. `suffix`: what else has to be known of the revision to begin the session again. */
  noteAgreed(answer: Buffer, suffix = ""): void {
    const revision = revisionOf(answer);
    this.revision = revision === undefined ? undefined : `${revision}${suffix}`;
  }
}

/** The protocol revision that an answer to `initialize` names. */
export function revisionOf(answer: Buffer): string | undefined {
  const version = memberOf(answer, ["result", "protocolVersion"]);
  return version === undefined || answer[version.start] !== QUOTE ? undefined : (JSON.parse(answer.toString("utf8", version.start, version.end)) as string);
}

const QUOTE = 0x22;
const maxKeptBytes = 64 * 1024;
