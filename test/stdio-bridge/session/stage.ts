/** A session between a client and a process that are both the test. */

import { expect } from "chai";
import { pino } from "pino";
import { readEnvelope } from "../../../stdio-bridge/jsonrpc/envelope.js";
import type { SendOutcome } from "../../../stdio-bridge/process/mcp-process.js";
import type { Caller } from "../../../stdio-bridge/session/pending.js";
import type { Tenant } from "../../../stdio-bridge/pool/pool.js";
import { Tally } from "../../../stdio-bridge/process/tally.js";
import type { AskOutcome } from "../../../stdio-bridge/session/client-session.js";
import { Identity } from "../../../stdio-bridge/session/identity.js";
import { SessionIds } from "../../../stdio-bridge/session/session-ids.js";
import { Session, sessionLimits, type SessionLimits } from "../../../stdio-bridge/session/session.js";

/** A client's open POST that keeps what it is given. */
export class Listening implements Caller {
  readonly heard: string[] = [];
  /** Of `heard`, what was an answer. */
  readonly answers: string[] = [];
  isOpen = true;
  canStream: boolean;

  constructor(canStream = true) {
    this.canStream = canStream;
  }

  stream(message: Buffer): void {
    this.heard.push(message.toString());
  }

  answer(message: Buffer): void {
    this.heard.push(message.toString());
    this.answers.push(message.toString());
    this.isOpen = this.canStream = false;
  }

  refuse(message: Buffer): void {
    this.answer(message);
  }
}

/** A session whose process is this test. */
export class Stage {
  readonly sent: string[] = [];
  readonly released: boolean[] = [];
  readonly flow: string[] = [];
  readonly ended: Session[] = [];
  sends: SendOutcome = "sent";
  onLoss: "go_on" | "forget" | "end" = "end";
  /** Who hears the process that was leased last. */
  next: Tenant | undefined;
  readonly session: Session;

  constructor(limits: Partial<SessionLimits> = {}) {
    const send = (message: Buffer): SendOutcome => {
      if (this.sends === "sent") this.sent.push(message.toString());
      return this.sends;
    };
    const lease = { pid: 1, send, pause: () => void this.flow.push("pause"), resume: () => void this.flow.push("resume"), worked: () => undefined, release: () => void this.released.push(true) };
    const log = pino({ level: "silent" });
    const ids = new SessionIds("odd", { keys: [{ id: 1, key: Buffer.alloc(32) }], endOnLoss: false, maxAgeMs: 60_000 });
    this.session = new Session(new Identity({ ids, log, onNamed: () => undefined }), lease, {
      limits: { ...sessionLimits, ...limits },
      log,
      tally: new Tally(),
      leaseProcess: (seat) => Promise.resolve({ kind: "leased", tenant: (this.next = seat(lease)) }),
      onLoss: () => this.onLoss,
      onOver: (session) => this.ended.push(session),
    });
  }

  ask(text: string, caller: Caller): AskOutcome {
    const message = Buffer.from(text), envelope = readEnvelope(message);
    if (envelope.kind !== "request") throw new Error(`no request: ${text}`);
    return this.session.ask(message, envelope, caller);
  }

  tell(text: string): void {
    const message = Buffer.from(text), envelope = readEnvelope(message);
    if (envelope.kind !== "notification" && envelope.kind !== "response") throw new Error(`neither notification nor answer: ${text}`);
    this.session.tell(message, envelope);
  }

  fromProcess(text: string): void {
    const message = Buffer.from(text);
    this.session.receive(message, readEnvelope(message));
  }

  listen(): string[] {
    const heard: string[] = [];
    expect(this.session.listen({ send: (message) => void heard.push(message.toString()), close: () => void heard.push("closed") })).to.equal(true);
    return heard;
  }
}

