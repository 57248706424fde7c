/** A session of an older client at processes of 2026-07-28: what it holds while it waits, and that it lets go of all of it. */

import { expect } from "chai";
import { pino } from "pino";
import { rawOf, readEnvelope, type RequestEnvelope, type NotificationEnvelope, type ResponseEnvelope } from "../../../stdio-bridge/jsonrpc/envelope.js";
import { elderVersions } from "../../../stdio-bridge/jsonrpc/revisions.js";
import type { AskOutcome } from "../../../stdio-bridge/session/client-session.js";
import type { ElderTimes } from "../../../stdio-bridge/session/elder-calls.js";
import { ElderSession, type Learnt } from "../../../stdio-bridge/session/elder-session.js";
import { Identity } from "../../../stdio-bridge/session/identity.js";
import type { Caller } from "../../../stdio-bridge/session/pending.js";
import { SessionIds } from "../../../stdio-bridge/session/session-ids.js";
import type { AskedProcess, SharedRequest } from "../../../stdio-bridge/session/shared-request.js";
import { Heard } from "../heard.js";

const log = pino({ level: "silent" });
const discovered = Buffer.from('{"supportedVersions":["2026-07-28"],"capabilities":{"resources":{"subscribe":true}}}');
const learnt: Learnt = { kind: "learnt", terms: { discovered, versions: elderVersions, serverName: "test" } };
const initialize = '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}}}}';
const wantsInput = (keys: readonly string[]): string => `{"resultType":"input_required","inputRequests":{${keys.map((key) => `"${key}":{"method":"elicitation/create","params":{}}`).join(",")}}}`;
const subscribe = (id: number): string => `{"jsonrpc":"2.0","id":${id},"method":"resources/subscribe","params":{"uri":"test:${id}"}}`;
const toolCall = (id: number): string => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"t"}}`;

const made: Elder[] = [];

/** A session between a client and a process that are both this test. */
class Elder {
  readonly heard = new Heard<string>();
  readonly submitted: SharedRequest[] = [];
  readonly withdrawn: SharedRequest[] = [];
  readonly over: string[] = [];
  readonly session: ElderSession;
  /** How often the process is retained. */
  retained = 0;
  private readonly process: AskedProcess;
  private lastNumber = 0;

  constructor({ times = {}, maxServerRequests = 100, known = true, learn = () => Promise.resolve(learnt) }: { times?: Partial<ElderTimes>; maxServerRequests?: number; known?: boolean; learn?: () => Promise<Learnt> } = {}) {
    const take = (request: SharedRequest): void => {
      this.submitted.push(request);
      request.place = { kind: "sent", process: this.process, number: ++this.lastNumber };
    };
    this.process = {
      isServing: true,
      ask: (request) => {
        take(request);
        return "sent";
      },
      tell: () => "sent", askItself: () => undefined, forget: () => undefined, keep: () => undefined,
      cancel: (number) => this.heard.hear(`cancelled ${number}`),
      retain: () => void this.retained++,
      letGo: () => void this.retained--,
    };
    const ids = new SessionIds("test", { keys: [{ id: 1, key: Buffer.alloc(32) }], endOnLoss: false, maxAgeMs: 60_000 });
    this.session = new ElderSession(new Identity({ ids, log, onNamed: () => undefined }), {
      host: { submit: take, withdraw: (request) => this.withdrawn.push(request) > 0, leave: () => undefined },
      terms: known && learnt.kind === "learnt" ? learnt.terms : undefined,
      learn, log,
      limits: { maxOpenRequests: 3, maxServerRequests, outbox: { maxMessages: 5, maxBytes: 1_000 } },
      times: { inputMs: 60_000, againMs: 1, ...times },
      onOver: (_, how) => this.over.push(how),
    });
    if (known) this.ask(initialize);
    made.push(this);
  }

  ask(text: string): AskOutcome {
    const message = Buffer.from(text);
    const hear = (prefix: string) => (told: Buffer): void => this.heard.hear(`${prefix}${told.toString()}`);
    const caller: Caller = { isOpen: true, canStream: true, stream: hear(""), answer: hear(""), refuse: hear("refused ") };
    return this.session.ask(message, readEnvelope(message) as RequestEnvelope, caller);
  }

  tell(text: string): void {
    const message = Buffer.from(text);
    this.session.tell(message, readEnvelope(message) as NotificationEnvelope | ResponseEnvelope);
  }

  /** The process answers the request that it got last, or another one. */
  answer(result: string, request = this.submitted.at(-1)): void {
    if (request === undefined) throw new Error("nothing was submitted");
    this.session.answered(request, Buffer.from(`{"jsonrpc":"2.0","result":${result},"id":${request.id.toString()}}`), "result");
  }

  /** The process says that it will tell of what it was asked for. */
  acknowledge(uris: readonly string[], request = this.submitted.at(-1)): void {
    const message = Buffer.from(JSON.stringify({ jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params: { notifications: { resourceSubscriptions: uris } } }));
    request?.listening?.hear(message, readEnvelope(message) as NotificationEnvelope);
  }

  last(): string {
    return this.heard.all.at(-1) ?? "nothing";
  }
}

describe("elder session", () => {
  afterEach(() => {
    for (const { session } of made.splice(0)) session.end("the test is over");
  });

  for (const { what, end, says } of [
    { what: "its client cancels the request", end: (elder: Elder) => elder.tell('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}'), says: /cancelled by the client/ },
    { what: "it ends", end: (elder: Elder) => elder.session.end("enough"), says: /the session has ended: enough/ },
    { what: "it is forgotten", end: (elder: Elder) => elder.session.forget("idle"), says: /the session has ended: idle/ },
  ]) {
    it(`keeps the process that has asked until ${what}`, () => {
      const elder = new Elder();
      elder.ask(toolCall(7));
      elder.answer(wantsInput(["a", "b"]));
      expect(elder.retained).to.equal(1);
      end(elder);
      expect(elder.retained).to.equal(0);
      expect(elder.heard.all.filter((text) => text.includes("notifications/cancelled"))).to.have.length(2);
      expect(elder.last()).to.match(says);
      // Too late.
      elder.tell('{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}');
      expect(elder.submitted).to.have.length(1);
    });
  }

  it("waits for its client only so long", async () => {
    const elder = new Elder({ times: { inputMs: 5 } });
    elder.ask(toolCall(7));
    elder.answer(wantsInput(["a"]));
    expect(await elder.heard.any((text) => text.includes('"error"'))).to.include("the client did not answer within 5 ms");
    expect(elder.retained).to.equal(0);
  });

  it("asks again with all answers, under the names of the process, in a request of another number", () => {
    const elder = new Elder();
    elder.ask(toolCall(7));
    elder.answer(wantsInput(["a", "b"]));
    elder.tell('{"jsonrpc":"2.0","id":2,"result":{"x":1.0}}');
    expect(elder.submitted).to.have.length(1);
    elder.tell('{"jsonrpc":"2.0","id":1,"result":{"x":-0}}');
    expect(elder.submitted).to.have.length(2);
    expect(elder.submitted.map(({ place }) => (place.kind === "sent" ? place.number : place.kind))).to.deep.equal([1, 2]);
    expect(elder.submitted[1]?.message.toString()).to.include('"inputResponses":{"a":{"x":-0},"b":{"x":1.0}}').and.not.include("requestState");
    elder.answer('{"resultType":"complete"}');
    expect(elder.last()).to.equal('{"jsonrpc":"2.0","result":{"resultType":"complete"},"id":7}');
    expect({ retained: elder.retained, open: elder.session.openRequests }).to.deep.equal({ retained: 0, open: 0 });
  });

  it("asks its client only so many questions at once", () => {
    const elder = new Elder({ maxServerRequests: 2 });
    elder.ask(toolCall(7));
    elder.answer(wantsInput(["a", "b"]));
    elder.ask(toolCall(8));
    elder.answer(wantsInput(["c"]));
    expect(elder.last()).to.include("the client owes 2 answers already").and.include('"id":8');
    expect(elder.retained).to.equal(1);
  });

  it("takes only so many requests, and none twice", () => {
    const elder = new Elder();
    expect([7, 7, 8, 9, 10].map((id) => elder.ask(toolCall(id)))).to.deep.equal(["sent", "duplicate_id", "sent", "sent", "too_many_requests"]);
  });

  it("answers who subscribes when the process has agreed, and hears by the newer of two that overlap", () => {
    const elder = new Elder();
    elder.session.listen({ send: (message) => elder.heard.hear(message.toString()), close: () => undefined });
    elder.ask(subscribe(1));
    elder.ask(subscribe(2));
    expect(elder.submitted).to.have.length(1);
    const [first] = elder.submitted;
    elder.acknowledge(["test:1"]);
    expect(elder.heard.all.at(-1)).to.equal('{"jsonrpc":"2.0","result":{},"id":1}');
    const second = elder.submitted[1];
    expect(second?.message.toString()).to.include('"resourceSubscriptions":["test:1","test:2"]');
    const update = Buffer.from('{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test:1"}}');
    const tell = (by: SharedRequest | undefined): void => by?.listening?.hear(update, readEnvelope(update) as NotificationEnvelope);
    tell(first);
    elder.acknowledge(["test:1", "test:2"]);
    // It was on its way by both when the older one was cancelled.
    tell(first);
    tell(second);
    expect(elder.heard.all.slice(2)).to.deep.equal([update.toString(), "cancelled 1", '{"jsonrpc":"2.0","result":{},"id":2}', update.toString()]);
  });

  it("says who cannot subscribe, and asks for the others nevertheless", () => {
    const elder = new Elder();
    elder.ask(subscribe(1));
    elder.ask(subscribe(2));
    const [first] = elder.submitted;
    if (first === undefined) throw new Error("nothing was submitted");
    elder.session.refused(first, "no room");
    expect(elder.last()).to.include("cannot subscribe: no room").and.include('"id":1');
    expect(elder.submitted[1]?.message.toString()).to.include('"resourceSubscriptions":["test:2"]');
    elder.acknowledge([]);
    expect(elder.last()).to.include("the server does not tell of changes of this resource").and.include('"id":2');
    elder.session.end("enough");
  });

  it("keeps what comes before it is known what the server is", async () => {
    let tell: (found: Learnt) => void = () => undefined;
    const elder = new Elder({ known: false, learn: () => new Promise((resolve) => (tell = resolve)) });
    expect([1, 2, 3, 4].map((id) => elder.ask(toolCall(id)))).to.deep.equal(["sent", "sent", "sent", "too_many_requests"]);
    expect(elder.session.openRequests).to.equal(3);
    tell(learnt);
    await Promise.resolve();
    expect(elder.submitted.map(({ id }) => id.toString())).to.deep.equal(["1", "2", "3"]);
  });

  it("refuses what came before when nobody can tell what the server is, and asks anew with the next", async () => {
    const elder = new Elder({ known: false, learn: () => Promise.resolve({ kind: "refused", why: "cannot_start", what: "no such command" }) });
    for (const id of [1, 2]) {
      elder.ask(toolCall(id));
      expect(await elder.heard.any((text) => text.includes(`"id":${id}`))).to.include("refused ").and.include("no such command");
    }
    elder.session.end("enough");
    expect(elder.over).to.deep.equal(["ended"]);
    expect(elder.ask(toolCall(3))).to.equal("ended");
  });

  it("keeps what it asks the process for to the bytes of its own request", () => {
    const elder = new Elder();
    elder.ask('{"jsonrpc":"2.0","id":"\\u0061","method":"tools/call","params":{"name":"t","_meta":{"progressToken":"p"}}}');
    const [request] = elder.submitted;
    expect([request?.id.toString(), request?.token?.toString()]).to.deep.equal(['"\\u0061"', '"p"']);
    if (request !== undefined) expect(rawOf(request.message, request.envelope.id).toString()).to.equal('"\\u0061"');
  });
});
