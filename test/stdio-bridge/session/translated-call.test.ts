/** A call at an older process while its client is asked: it is kept for so long and no longer, and no answer is lost. */

import { expect } from "chai";
import { readEnvelope, type RequestEnvelope } from "../../../stdio-bridge/jsonrpc/envelope.js";
import { readClaims } from "../../../stdio-bridge/jsonrpc/modern-claims.js";
import type { ModernAsk } from "../../../stdio-bridge/session/passed-call.js";
import type { AskedProcess, SharedRequest } from "../../../stdio-bridge/session/shared-request.js";
import { TranslatedCall } from "../../../stdio-bridge/session/translated-call.js";
import { Heard } from "../heard.js";

function envelopeOf(message: Buffer): RequestEnvelope {
  const envelope = readEnvelope(message);
  if (envelope.kind !== "request") throw new Error("no request");
  return envelope;
}

/** A process and a client whose other ends are this test. */
class Stage {
  /** What the process hears. */
  readonly told = new Heard<string>();
  /** What the clients hear. */
  readonly answers = new Heard<string>();
  readonly ends = new Heard<string>();
  kept = 0;
  readonly call: TranslatedCall;
  private request: SharedRequest | undefined;
  private readonly process: AskedProcess = {
    isServing: true,
    ask: () => "sent",
    tell: (message) => {
      this.told.hear(message.toString());
      return "sent";
    },
    askItself: () => undefined,
    forget: () => undefined,
    cancel: (number, reason) => this.told.hear(`cancelled ${number}: ${reason}`),
    keep: (change) => void (this.kept += change),
    retain: () => undefined,
    letGo: () => undefined,
  };

  constructor(keptMs: number) {
    this.call = new TranslatedCall(this.ask("1"), {
      host: {
        submit: (request) => {
          this.request = request;
          request.place = { kind: "sent", process: this.process, number: 7 };
        },
        withdraw: () => false,
      },
      keptMs,
      seal: (callId) => Buffer.from(JSON.stringify(callId)),
      kept: () => 0,
      onEnd: () => this.ends.hear("ended"),
    });
    this.call.submit();
  }

  ask(id: string, more = ""): ModernAsk {
    const message = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"t"${more},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}`);
    const hear = (answer: Buffer): void => this.answers.hear(answer.toString());
    return {
      message, envelope: envelopeOf(message), claims: readClaims(message, "tools/call"), paramHeaders: {},
      caller: { isOpen: true, canStream: true, stream: hear, answer: hear, refuse: hear },
    };
  }

  /** The process asks its client. */
  asks(id: string): string | undefined {
    const message = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"elicitation/create","params":{"v":1.0}}`);
    return this.call.askedBy(this.process, message, envelopeOf(message));
  }

  /** The answer of the process, as a shared process brings it. */
  says(result: string): void {
    if (this.request === undefined) throw new Error("nothing was asked");
    this.call.answered(this.request, Buffer.from(`{"jsonrpc":"2.0","id":${this.request.id.toString()},"result":${result}}`), "result");
  }
}

describe("translated call", () => {
  it("asks for all that the process asks at once, and tells each answer to whom it is for", async () => {
    const stage = new Stage(10_000);
    expect([stage.asks("0"), stage.asks('"x"')]).to.deep.equal([undefined, undefined]);
    const asked = JSON.parse(await stage.answers.any(() => true)) as { readonly result: { readonly inputRequests: Readonly<Record<string, unknown>> } };
    expect(Object.values(asked.result.inputRequests)).to.deep.equal([{ method: "elicitation/create", params: { v: 1 } }, { method: "elicitation/create", params: { v: 1 } }]);
    expect(stage.kept).to.equal(1);
    const [first, second] = Object.keys(asked.result.inputRequests);
    stage.call.resume(stage.ask("2", `,"inputResponses":{"${first}":{"action":"accept","n":1e400},"${second}":7}`));
    expect(stage.kept).to.equal(0);
    expect(stage.told.all[0]).to.equal('{"jsonrpc":"2.0","id":0,"result":{"action":"accept","n":1e400}}');
    expect(stage.told.all[1]).to.include('"id":"x"').and.include('"error"');
    stage.says('{"a":1.0}');
    expect(stage.answers.all.at(-1)).to.equal('{"jsonrpc":"2.0","id":2,"result":{"a":1.0,"resultType":"complete"}}');
    expect(stage.ends.all).to.deep.equal(["ended"]);
  });

  it("keeps an answer that comes before the client does, for its next request", async () => {
    const stage = new Stage(10_000);
    stage.asks("0");
    await stage.answers.any(() => true);
    stage.says("{}");
    expect(stage.ends.all).to.deep.equal([]);
    stage.call.resume(stage.ask('"later"'));
    expect(stage.answers.all.at(-1)).to.equal('{"jsonrpc":"2.0","id":"later","result":{"resultType":"complete"}}');
    expect(stage.ends.all).to.deep.equal(["ended"]);
  });

  it("is given up when the client does not come back, and the process is told", async () => {
    const stage = new Stage(1);
    stage.asks("5");
    await stage.ends.any(() => true);
    expect(stage.told.all[0]).to.include("cancelled 7");
    expect(stage.told.all[1]).to.include('"id":5').and.include("did not come back");
    expect(stage.kept).to.equal(0);
  });

  it("is given up with an answer that nobody fetches", async () => {
    const stage = new Stage(5);
    stage.asks("5");
    await stage.answers.any(() => true);
    stage.says("{}");
    await stage.ends.any(() => true);
  });

  it("refuses what a client cannot be asked for", () => {
    const stage = new Stage(10_000);
    const ask = (method: string): string | undefined => {
      const message = Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"${method}"}`);
      return stage.call.askedBy({} as AskedProcess, message, envelopeOf(message)); // It is not spoken to.
    };
    expect(ask("sampling/createMessage")).to.equal("the client does not offer sampling");
    expect(ask("roots/list")).to.equal("the client does not offer roots");
    expect(ask("constructor")).to.include("nothing that a client");
  });
});
