/** A process that many sessions ask at once: whatever the ids, and in whatever order it answers, each gets its own. */

import { expect } from "chai";
import fc from "fast-check";
import { pino } from "pino";
import { readEnvelope, rawOf } from "../../../stdio-bridge/jsonrpc/envelope.js";
import { idKey } from "../../../stdio-bridge/jsonrpc/message-id.js";
import type { SendOutcome } from "../../../stdio-bridge/process/mcp-process.js";
import { SharedProcess, sharedProcessTimes } from "../../../stdio-bridge/session/shared-process.js";
import type { Asker, SharedRequest } from "../../../stdio-bridge/session/shared-request.js";

/** A session that keeps what it hears. */
class Listening implements Asker {
  readonly heard: string[] = [];
  answered(_request: SharedRequest, message: Buffer): void {
    this.heard.push(message.toString());
  }
  failed(request: SharedRequest, what: string): void {
    this.heard.push(`${request.id.toString()} failed: ${what}`);
  }
  refused(request: SharedRequest): void {
    this.heard.push(`${request.id.toString()} refused`);
  }
  askedBy(_process: unknown, message: Buffer): string | undefined {
    this.heard.push(message.toString());
    return undefined;
  }
  cancelledBy(): boolean {
    return false;
  }
  lost(): void {
    this.heard.push("lost");
  }
  give(message: Buffer): string | undefined {
    this.heard.push(message.toString());
    return undefined;
  }
}

/** A process whose other end is this test. */
class Stage {
  readonly sent: string[] = [];
  readonly happened: string[] = [];
  sends: SendOutcome = "sent";
  readonly process: SharedProcess;

  constructor() {
    const send = (message: Buffer): SendOutcome => {
      if (this.sends === "sent") this.sent.push(message.toString());
      return this.sends;
    };
    this.process = new SharedProcess(
      { pid: 1, send, pause: () => undefined, resume: () => undefined, worked: () => void this.happened.push("worked"), release: () => void this.happened.push("released") },
      pino({ level: "silent" }), sharedProcessTimes,
      {
        onServing: (_, answer) => void this.happened.push(`serving ${answer.toString()}`),
        onRefused: (_, what) => void this.happened.push(`refused: ${what}`),
        onFreed: () => undefined,
        onNews: (_, message) => void this.happened.push(message.toString()),
        onEnd: () => void this.happened.push("ended"),
      },
    );
    this.says('{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"}}');
  }

  ask(asker: Asker, id: string, token?: string): SharedRequest {
    const message = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"m","params":{"of":${id}${token === undefined ? "" : `,"_meta":{"progressToken":${token}}`}}}`);
    const envelope = readEnvelope(message);
    if (envelope.kind !== "request") throw new Error("no request");
    const request: SharedRequest = {
      asker, message, envelope, uri: undefined, key: idKey(rawOf(message, envelope.id)), id: rawOf(message, envelope.id),
      token: envelope.progressToken === undefined ? undefined : rawOf(message, envelope.progressToken),
      caller: { isOpen: true, canStream: false, stream: () => undefined, answer: () => undefined, refuse: () => undefined },
      place: { kind: "waiting", timer: undefined },
    };
    expect(this.process.ask(request)).to.equal("sent");
    return request;
  }

  says(text: string): void {
    const message = Buffer.from(text);
    this.process.receive(message, readEnvelope(message));
  }

  stop(): void {
    this.process.processEnded({ kind: "exited", code: 0 });
  }
}

describe("shared process", () => {
  let stage: Stage;
  beforeEach(() => void (stage = new Stage()));
  afterEach(() => stage.stop());

  it("is initialised once, and keeps what it said", () => {
    expect(stage.sent.map((text) => (JSON.parse(text) as { method: string }).method)).to.deep.equal(["initialize", "notifications/initialized"]);
    expect(stage.happened).to.deep.equal(['serving {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"}}']);
  });

  it("gives each its own, whatever the ids and tokens, in whatever order", () => {
    const id = fc.oneof(fc.integer().map(String), fc.constantFrom("0", "1", '"1"', "1.0", "-1", "12345678901234567890", '"\\u0061\\""'), fc.string().map((text) => JSON.stringify(text)));
    fc.assert(fc.property(fc.array(fc.tuple(id, fc.option(id, { nil: undefined }), fc.nat({ max: 3 }), fc.nat()), { maxLength: 30 }), (questions) => {
      const crowd = new Stage();
      const askers = Array.from({ length: 4 }, () => new Listening());
      const expected = askers.map((): string[] => []);
      const open = questions.map(([ownId, token, who, order]) => {
        crowd.ask(askers[who] as Listening, ownId, token); // There are four.
        const { id: number } = JSON.parse(crowd.sent.at(-1) ?? "") as { id: number };
        return { ownId, token, who, order, number };
      });
      for (const { ownId, token, who, number } of open.sort((a, b) => a.order - b.order)) {
        const progress = (raw: string): string => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1.0,"progressToken":${raw}}}`;
        const answer = (raw: string): string => `{"jsonrpc":"2.0","result":{"x":1e400},"id":${raw}}`;
        crowd.says(progress(String(number)));
        crowd.says(answer(String(number)));
        crowd.says(answer(String(number)));
        if (token !== undefined) expected[who]?.push(progress(token));
        expected[who]?.push(answer(ownId));
      }
      expect(askers.map(({ heard }) => heard)).to.deep.equal(expected);
      crowd.stop();
      expect(askers.map(({ heard }) => heard)).to.deep.equal(expected);
    }));
  });

  it("finds its question though the process writes the number in another way", () => {
    const asker = new Listening();
    stage.ask(asker, '"a"');
    stage.says('{"jsonrpc":"2.0","id":2.0,"result":{}}');
    expect(asker.heard).to.deep.equal(['{"jsonrpc":"2.0","id":"a","result":{}}']);
  });

  for (const id of ['"2"', "null", "3", "-2", "1"]) {
    it(`drops an answer to ${id}, which nobody asked`, () => {
      const asker = new Listening();
      stage.ask(asker, "9");
      stage.says(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
      expect(asker.heard).to.deep.equal([]);
    });
  }

  it("asks the only one that it can mean, and nobody when there are two, or when one has just cancelled", () => {
    const [a, b] = [new Listening(), new Listening()];
    const question = '{"jsonrpc":"2.0","id":"q","method":"sampling/createMessage"}';
    const refusals = (): number => stage.sent.filter((text) => text.includes("not certain")).length;
    stage.says(question);
    expect(refusals()).to.equal(1);
    stage.ask(a, "1");
    const second = stage.ask(a, "2");
    stage.says(question);
    expect([a.heard.length, refusals()]).to.deep.equal([1, 1]);
    const other = stage.ask(b, "1");
    stage.says(question);
    expect([b.heard.length, refusals()]).to.deep.equal([0, 2]);
    for (const { place } of [other, second]) if (place.kind === "sent") stage.process.forget(place.number);
    stage.says(question);
    expect([a.heard.length, b.heard.length, refusals()]).to.deep.equal([1, 0, 3]);
  });

  it("answers a ping by itself", () => {
    stage.says('{"jsonrpc":"2.0","id":"p","method":"ping"}');
    expect(stage.sent.at(-1)).to.equal('{"jsonrpc":"2.0","result":{},"id":"p"}');
  });

  it("tells all who wait when it dies", () => {
    const [a, b] = [new Listening(), new Listening()];
    stage.ask(a, "1");
    stage.ask(b, '"1"');
    stage.process.processEnded({ kind: "killed", signal: "SIGKILL" });
    expect([a.heard, b.heard]).to.deep.equal([["1 failed: the server process was ended by SIGKILL"], ['"1" failed: the server process was ended by SIGKILL']]);
    expect(stage.happened.at(-1)).to.equal("ended");
  });

  it("goes when its last request is answered, once it is to go", () => {
    const asker = new Listening();
    stage.ask(asker, "1");
    stage.process.retire();
    expect(stage.process.isServing).to.equal(false);
    stage.says('{"jsonrpc":"2.0","id":2,"result":{}}');
    expect(asker.heard).to.have.length(1);
    expect(stage.happened.slice(-2)).to.deep.equal(["released", "ended"]);
  });
});
