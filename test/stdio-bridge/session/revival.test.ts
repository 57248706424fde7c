/** A session between two processes: what waits, what is sent to the next one, and what becomes of it when there is none. */

import { expect } from "chai";
import { pino } from "pino";
import { readEnvelope } from "../../../stdio-bridge/jsonrpc/envelope.js";
import type { Lease, LeaseOutcome, Tenant } from "../../../stdio-bridge/pool/pool.js";
import { Tally } from "../../../stdio-bridge/process/tally.js";
import type { AskOutcome } from "../../../stdio-bridge/session/client-session.js";
import { Identity } from "../../../stdio-bridge/session/identity.js";
import type { Caller, RefusalReason } from "../../../stdio-bridge/session/pending.js";
import { SessionIds } from "../../../stdio-bridge/session/session-ids.js";
import { Session, sessionLimits } from "../../../stdio-bridge/session/session.js";

class Asking implements Caller {
  isOpen = true;
  canStream = false;
  readonly heard: string[] = [];
  refusedFor: RefusalReason | undefined;

  stream(message: Buffer): void {
    this.heard.push(message.toString());
  }

  answer(message: Buffer): void {
    this.heard.push(message.toString());
  }

  refuse(message: Buffer, why?: RefusalReason): void {
    this.refusedFor = why;
    this.heard.push(message.toString());
  }
}

/** What a pool gave out, as the process sees it. */
interface Given { readonly tenant: Tenant; readonly sent: string[]; isReleased: boolean }

class Stage {
  readonly given: Given[] = [];
  readonly over: string[] = [];
  onLoss: "go_on" | "forget" | "end" = "go_on";
  /** What the pool says; absent: it gives a process. */
  refusal: LeaseOutcome<Tenant> & { kind: "refused" } | undefined;
  readonly session: Session;

  constructor() {
    const log = pino({ level: "silent" });
    const ids = new SessionIds("odd", { keys: [{ id: 1, key: Buffer.alloc(32) }], endOnLoss: false, maxAgeMs: 60_000 });
    const first = this.give((lease) => {
      const session: Session = new Session(new Identity({ ids, log, onNamed: () => undefined }), lease, {
        limits: sessionLimits,
        log,
        tally: new Tally(),
        leaseProcess: (seat) => Promise.resolve(this.refusal ?? { kind: "leased", tenant: this.give(seat).tenant }),
        onLoss: () => this.onLoss,
        onOver: (_, how) => this.over.push(how),
      });
      return session;
    });
    this.session = first.tenant as Session; // It was just seated.
    stages.push(this);
  }

  private give(seat: (lease: Lease) => Tenant): Given {
    const sent: string[] = [];
    const given: Given = { tenant: seat({ pid: 1, send: (message) => { sent.push(message.toString()); return "sent"; }, pause: () => undefined, resume: () => undefined, worked: () => undefined, release: () => void (given.isReleased = true) }), sent, isReleased: false };
    this.given.push(given);
    return given;
  }

  ask(text: string, caller: Caller = new Asking()): AskOutcome {
    const message = Buffer.from(text), envelope = readEnvelope(message);
    if (envelope.kind !== "request") throw new Error(`no request: ${text}`);
    return this.session.ask(message, envelope, caller);
  }

  tell(text: string): void {
    const message = Buffer.from(text), envelope = readEnvelope(message);
    if (envelope.kind !== "notification") throw new Error(`no notification: ${text}`);
    this.session.tell(message, envelope);
  }

  says(text: string, process = this.given.at(-1)): void {
    const message = Buffer.from(text);
    process?.tenant.receive(message, readEnvelope(message));
  }

  begin(): this {
    this.ask('{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}');
    this.says('{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}');
    return this;
  }

  die(): this {
    this.given.at(-1)?.tenant.processEnded({ kind: "exited", code: 1 });
    return this;
  }

  initialized(revision = "2025-11-25"): void {
    this.says(`{"jsonrpc":"2.0","id":"mcp-mesh-initialize","result":{"protocolVersion":"${revision}"}}`);
  }
}

const stages: Stage[] = [];
const request = (id: number, method = "tools/call"): string => `{"jsonrpc":"2.0","id":${id},"method":"${method}"}`;
const begun = ['{"jsonrpc":"2.0","id":"mcp-mesh-initialize","method":"initialize","params":{"protocolVersion":"2025-11-25"}}', '{"jsonrpc":"2.0","method":"notifications/initialized"}'];
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("session between two processes", () => {
  afterEach(() => {
    for (const { session } of stages.splice(0)) session.end("the test is over");
  });

  it("leases one with the first request, and sends nothing of the client's before it is initialised", async () => {
    const stage = new Stage().begin().die();
    expect(stage.given).to.have.length(1);
    stage.ask(request(1));
    stage.ask(request(2));
    await settled();
    expect(stage.given).to.have.length(2);
    expect(stage.given[1]?.sent).to.deep.equal(begun.slice(0, 1));
    expect(stage.ask(request(2))).to.equal("duplicate_id");
    stage.initialized();
    expect(stage.given[1]?.sent).to.deep.equal([...begun, request(1), request(2)]);
    expect(stage.session.openRequests).to.equal(2);
  });

  it("does not send what was cancelled in the meantime, nor what nobody waits for any more", async () => {
    const stage = new Stage().begin().die();
    const [cancelled, gone, kept] = [new Asking(), new Asking(), new Asking()];
    stage.ask(request(1), cancelled);
    stage.ask(request(2), gone);
    stage.ask(request(3), kept);
    stage.tell('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}');
    gone.isOpen = false;
    await settled();
    stage.initialized();
    expect(stage.given[1]?.sent).to.deep.equal([...begun, request(3)]);
    expect(cancelled.heard.join()).to.include("cancelled by the client");
    expect(stage.session.openRequests).to.equal(1);
  });

  it("lets so much wait, and no more", () => {
    const stage = new Stage().begin().die();
    const large = `{"jsonrpc":"2.0","id":%,"method":"large","params":"${"x".repeat(9 * 1024 * 1024)}"}`;
    expect([1, 2, 3].map((id) => stage.ask(large.replace("%", String(id))))).to.deep.equal(["sent", "sent", "not_reading"]);
  });

  it("refuses what waits when there is no process, and tries again with the next request", async () => {
    const stage = new Stage().begin().die();
    stage.refusal = { kind: "refused", why: "timed_out", what: "all 4 are in use" };
    const refused = new Asking();
    stage.ask(request(1), refused);
    await settled();
    expect(refused).to.have.property("refusedFor", "no_room");
    expect(refused.heard.join()).to.include("the request was not run").and.include("all 4 are in use");
    expect([stage.over, stage.session.openRequests]).to.deep.equal([[], 0]);
    stage.refusal = undefined;
    stage.ask(request(1));
    await settled();
    stage.initialized();
    expect(stage.given[1]?.sent).to.deep.equal([...begun, request(1)]);
  });

  it("refuses what waits when the next three processes die too, and stays", async () => {
    const stage = new Stage().begin().die();
    const refused = new Asking();
    stage.ask(request(1), refused);
    for (let tries = 0; tries < 3; tries++) {
      expect(refused).to.have.property("refusedFor", undefined);
      await settled();
      stage.die();
    }
    expect(refused).to.have.property("refusedFor", "no_room");
    expect(refused.heard.join()).to.include("ended with exit code 1 before it had answered initialize");
    expect(stage.over).to.deep.equal([]);
  });

  for (const [what, answer] of [
    ["speaks another revision", '{"jsonrpc":"2.0","id":"mcp-mesh-initialize","result":{"protocolVersion":"2025-06-18"}}'],
    ["refuses initialize", '{"jsonrpc":"2.0","id":"mcp-mesh-initialize","error":{"code":1,"message":"no"}}'],
  ] as const) {
    it(`is over when the next process ${what}`, async () => {
      const stage = new Stage().begin().die();
      const refused = new Asking();
      stage.ask(request(1), refused);
      await settled();
      stage.says(answer);
      expect(refused).to.have.property("refusedFor", "session_ended");
      expect(refused.heard.join()).to.include('"code":-32001');
      expect([stage.over, stage.given[1]?.isReleased]).to.deep.equal([["ended"], true]);
      expect(stage.ask(request(2))).to.equal("ended");
    });
  }

  it("passes on what the next process says while it is initialised", async () => {
    const stage = new Stage().begin().die();
    const heard: string[] = [];
    stage.session.listen({ send: (message) => void heard.push(message.toString()), close: () => undefined });
    stage.ask(request(1));
    await settled();
    stage.says('{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"starting"}}');
    expect(heard).to.deep.equal(['{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"starting"}}']);
  });

  it("gives the next process back when it ends before that is ready, and answers who waits", async () => {
    const stage = new Stage().begin().die();
    const waiting = new Asking();
    stage.ask(request(1), waiting);
    await settled();
    stage.session.end("the client has ended it");
    expect(waiting.heard.join()).to.include("the session has ended");
    expect([stage.over, stage.given[1]?.isReleased]).to.deep.equal([["ended"], true]);
    stage.initialized();
    expect(stage.given[1]?.sent).to.have.length(1);
  });

  it("is forgotten where the next process would be shared, and ends where it is to, or was never begun", () => {
    const forgotten = new Stage().begin();
    forgotten.onLoss = "forget";
    expect(forgotten.die().over).to.deep.equal(["forgotten"]);
    const ended = new Stage().begin();
    ended.onLoss = "end";
    expect(ended.die().over).to.deep.equal(["ended"]);
    expect(new Stage().die().over).to.deep.equal(["ended"]);
  });
});
