/** Any conversation through a session: each answer goes to its asker, once, and nothing is lost, doubled or altered on the way. */

import { expect } from "chai";
import fc from "fast-check";
import { idKey } from "../../../stdio-bridge/jsonrpc/message-id.js";
import { Listening, Stage } from "./stage.js";

type Step =
  | { readonly do: "ask"; readonly id: string; readonly hasToken: boolean; readonly streams: boolean }
  /** Of what was asked so far, open or not; `rewrites`: the process writes the id in its own way. */
  | { readonly do: "answer"; readonly which: number; readonly rewrites: boolean }
  | { readonly do: "progress" | "cancel" | "client answers"; readonly which: number }
  | { readonly do: "process asks"; readonly id: string }
  | { readonly do: "process tells" | "listen" | "unlisten" };

const id = fc.oneof(fc.nat({ max: 5 }).map(String), fc.constantFrom('"1"', "1.0", "-0", "-7", '"\\u0061"', '"a"', "12345678901234567890", "1e2", '"\\ud800"', '""'), fc.string().map((text) => JSON.stringify(text)));
const which = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("ask" as const), id, hasToken: fc.boolean(), streams: fc.boolean() }),
  fc.record({ do: fc.constant("ask" as const), id, hasToken: fc.boolean(), streams: fc.boolean() }),
  fc.record({ do: fc.constant("answer" as const), which, rewrites: fc.boolean() }),
  fc.record({ do: fc.constantFrom("progress" as const, "cancel" as const, "client answers" as const), which }),
  fc.record({ do: fc.constant("process asks" as const), id }),
  fc.record({ do: fc.constantFrom("process tells" as const, "listen" as const, "unlisten" as const, "listen" as const) }),
);

interface Asked {
  readonly id: string;
  readonly nonce: number;
  readonly hasToken: boolean;
  readonly caller: Listening;
  /** What the caller is to hear at last; absent: an error. */
  answer: string | undefined;
  isOpen: boolean;
}

/** Both ends of a session, and what is to be expected of the middle. */
class Conversation {
  readonly stage = new Stage();
  readonly asked: Asked[] = [];
  readonly refused: Listening[] = [];
  /** Every stream that belonged to no request. */
  private readonly listeners: { readonly heard: string[]; readonly listener: Parameters<Stage["session"]["listen"]>[0] }[] = [];
  private isListening = false;
  private readonly fromProcess: string[] = [];
  private readonly toProcess: string[] = [];
  /** By the id's key: what the process has asked, and the client has not answered. */
  private readonly owed = new Map<string, string>();
  private nonce = 0;

  play(next: Step): void {
    const nonce = this.nonce++;
    switch (next.do) {
      case "ask": return this.ask(next, nonce);
      case "answer": return this.answer(next.which, next.rewrites);
      case "progress": return this.progress(next.which, nonce);
      case "cancel": return this.cancel(next.which);
      case "process tells": return this.say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"nonce":${nonce},"x":1.0}}`);
      case "process asks": return this.processAsks(next.id, nonce);
      case "client answers": return this.clientAnswers(next.which);
      case "listen": return this.listen();
      case "unlisten": return this.unlisten();
    }
  }

  /** Whoever still waits hears of the end, and nobody else anything. */
  check(): void {
    this.stage.session.end("the test is over");
    for (const { caller, answer, id: asAsked } of this.asked) {
      expect(caller.answers).to.have.length(1);
      if (answer !== undefined) expect(caller.answers).to.deep.equal([answer]);
      else expect(caller.answers[0]).to.match(/"error"/).and.satisfy((text: string) => text.endsWith(`"id":${asAsked}}`));
    }
    expect(this.refused.flatMap(({ answers, heard }) => [...answers, ...heard])).to.deep.equal([]);
    expect(this.stage.sent.filter((text) => !text.includes('"error"'))).to.deep.equal(this.toProcess);
    // What the process said reached one place at the most, as it was said.
    const heard = this.heard();
    expect(heard.filter((text) => !this.fromProcess.includes(text))).to.deep.equal([]);
    expect(new Set(heard).size).to.equal(heard.length);
  }

  private heard(): readonly string[] {
    return [...this.listeners.flatMap(({ heard }) => heard.filter((text) => text !== "closed")), ...this.asked.flatMap(({ caller }) => caller.heard.filter((text) => !caller.answers.includes(text)))];
  }

  private ask({ id: ownId, hasToken, streams }: Step & { do: "ask" }, nonce: number): void {
    const caller = new Listening(streams);
    const text = `{"jsonrpc":"2.0","id":${ownId},"method":"m","params":{"nonce":${nonce},"e":1e400${hasToken ? `,"_meta":{"progressToken":"t${nonce}"}` : ""}}}`;
    const isOpen = this.asked.some((asked) => asked.isOpen && idKey(Buffer.from(asked.id)) === idKey(Buffer.from(ownId)));
    expect(this.stage.ask(text, caller)).to.equal(isOpen ? "duplicate_id" : "sent");
    if (isOpen) return void this.refused.push(caller);
    this.toProcess.push(text);
    this.asked.push({ id: ownId, nonce, hasToken, caller, answer: undefined, isOpen: true });
  }

  private answer(index: number, rewrites: boolean): void {
    const asked = this.asked[index % this.asked.length];
    if (asked === undefined) return;
    // The process answers what it was asked last under this id, for the older one was over by then.
    const current = this.asked.findLast(({ id: other }) => idKey(Buffer.from(other)) === idKey(Buffer.from(asked.id))) ?? asked;
    const toText = (raw: string): string => `{"jsonrpc":"2.0","result":{"of":${current.nonce},"x":[1.0,12345678901234567890]},"id":${raw}}`;
    if (current.isOpen) current.answer = toText(current.id);
    current.isOpen = false;
    this.stage.fromProcess(toText(rewrites ? JSON.stringify(JSON.parse(current.id)) : current.id));
  }

  private progress(index: number, nonce: number): void {
    const asked = this.asked[index % this.asked.length];
    if (asked === undefined) return;
    const text = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t${asked.nonce}","nonce":${nonce}}}`;
    this.say(text);
    if (asked.isOpen && asked.hasToken && asked.caller.canStream) expect(asked.caller.heard.at(-1)).to.equal(text);
  }

  private cancel(index: number): void {
    const asked = this.asked[index % this.asked.length];
    if (asked === undefined || !asked.isOpen) return;
    asked.isOpen = false;
    const text = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${asked.id}}}`;
    this.stage.tell(text);
    this.toProcess.push(text);
  }

  private say(text: string): void {
    this.fromProcess.push(text);
    this.stage.fromProcess(text);
    if (this.isListening && !text.includes("progress")) expect(this.listeners.at(-1)?.heard.at(-1)).to.equal(text);
  }

  private processAsks(ownId: string, nonce: number): void {
    if (this.owed.has(idKey(Buffer.from(ownId)))) return;
    const before = this.stage.sent.length;
    this.say(`{"jsonrpc":"2.0","id":${ownId},"method":"roots/list","params":{"nonce":${nonce}}}`);
    // Refused at once where the client leaves no way.
    if (this.stage.sent.length === before) this.owed.set(idKey(Buffer.from(ownId)), ownId);
  }

  private clientAnswers(index: number): void {
    const [key, ownId] = [...this.owed][index % this.owed.size] ?? [];
    if (key === undefined || ownId === undefined) return;
    this.owed.delete(key);
    const toText = (raw: string): string => `{"jsonrpc":"2.0","id":${raw},"result":{"roots":[],"x":-0}}`;
    this.stage.tell(toText(JSON.stringify(JSON.parse(ownId))));
    this.toProcess.push(toText(ownId));
    // A second answer is nobody's.
    this.stage.tell(toText(ownId));
  }

  private listen(): void {
    if (this.isListening) return;
    const heard: string[] = [];
    const listener = { send: (message: Buffer) => void heard.push(message.toString()), close: () => void heard.push("closed") };
    this.isListening = true;
    this.listeners.push({ heard, listener });
    expect(this.stage.session.listen(listener)).to.equal(true);
  }

  private unlisten(): void {
    const last = this.listeners.at(-1);
    if (!this.isListening || last === undefined) return;
    this.isListening = false;
    this.stage.session.unlisten(last.listener);
  }
}

describe("session: any conversation", () => {
  it("gives each answer to its asker, once, and alters nothing", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const conversation = new Conversation();
      for (const next of steps) conversation.play(next);
      conversation.check();
    }), { numRuns: 1_000 });
  });
});
