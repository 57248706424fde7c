/** A session's bookkeeping: who hears what, within which bounds. */

import { expect } from "chai";
import { Listening, Stage } from "./stage.js";

const request = (id: string, extra = ""): string => `{"jsonrpc":"2.0","id":${id},"method":"a"${extra}}`;
const answer = (id: string): string => `{"jsonrpc":"2.0","id":${id},"result":{}}`;

describe("session", () => {
  it("gives each answer to who asked, with the id as it was asked", () => {
    const stage = new Stage();
    const [one, two] = [new Listening(), new Listening()];
    stage.ask(request("1.0"), one);
    stage.ask(request('"1"'), two);
    stage.fromProcess(answer('"1"'));
    stage.fromProcess(answer("1"));
    expect([one.heard, two.heard]).to.deep.equal([[answer("1.0")], [answer('"1"')]]);
  });

  it("drops answers to nobody, and second answers", () => {
    const stage = new Stage();
    const caller = new Listening();
    stage.ask(request("1"), caller);
    for (const id of ["2", "null", "1", "1"]) stage.fromProcess(answer(id));
    expect(caller.heard).to.deep.equal([answer("1")]);
  });

  it("has room for so many open requests", () => {
    const stage = new Stage({ maxOpenRequests: 2 });
    expect(["1", "2", "3"].map((id) => stage.ask(request(id), new Listening()))).to.deep.equal(["sent", "sent", "too_many_requests"]);
    stage.fromProcess(answer("1"));
    expect(stage.ask(request("3"), new Listening())).to.equal("sent");
  });

  it("does not wait for an answer to what could not be sent", () => {
    const stage = new Stage();
    stage.sends = "not_reading";
    expect(stage.ask(request("1"), new Listening())).to.equal("not_reading");
    stage.sends = "gone";
    expect(stage.ask(request("1"), new Listening())).to.equal("ended");
    expect(stage.session.openRequests).to.equal(0);
  });

  it("gives progress to the request with the token, and without one to whom it gives the rest", () => {
    const stage = new Stage();
    const [one, two] = [new Listening(), new Listening()];
    stage.ask(request("1", ',"params":{"_meta":{"progressToken":1}}'), one);
    stage.ask(request("2", ',"params":{"_meta":{"progressToken":"1"}}'), two);
    const progress = (token: string): string => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token}}}`;
    for (const token of ["1", '"1"', "7"]) stage.fromProcess(progress(token));
    expect([one.heard, two.heard]).to.deep.equal([[progress("1")], [progress('"1"'), progress("7")]]);
    stage.fromProcess(answer("1"));
    stage.fromProcess(progress("1"));
    expect(two.heard.at(-1)).to.equal(progress("1"));
  });

  it("prefers the stream of its own for what belongs to no request", () => {
    const stage = new Stage();
    const caller = new Listening();
    stage.ask(request("1"), caller);
    const heard = stage.listen();
    stage.fromProcess('{"jsonrpc":"2.0","method":"notifications/message"}');
    expect([heard.length, caller.heard.length]).to.deep.equal([1, 0]);
  });

  it("keeps what has no way yet, within its bounds, and refuses the process' requests beyond them", () => {
    const stage = new Stage({ outbox: { maxMessages: 2, maxBytes: 1_000 } });
    for (const id of ["1", "2", "3"]) stage.fromProcess(`{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`);
    expect(stage.sent).to.have.length(1);
    expect(JSON.parse(stage.sent[0] ?? "")).to.have.property("id", 3);
    expect(stage.listen()).to.have.length(2);
  });

  it("keeps no more bytes than it may", () => {
    const stage = new Stage({ outbox: { maxMessages: 100, maxBytes: 100 } });
    for (let i = 0; i < 10; i++) stage.fromProcess(`{"jsonrpc":"2.0","method":"notifications/message","params":{"n":${i}}}`);
    expect(stage.listen()).to.have.length(1);
  });

  it("lets a client owe so many answers", () => {
    const stage = new Stage({ maxServerRequests: 1 });
    stage.listen();
    stage.fromProcess(request("1"));
    stage.fromProcess(request("2"));
    expect(stage.sent.map((text) => (JSON.parse(text) as { id: unknown }).id)).to.deep.equal([2]);
    stage.tell(answer("1"));
    stage.fromProcess(request("3"));
    expect(stage.sent.at(-1)).to.equal(answer("1"));
  });

  it("passes on only answers that the process waits for, once", () => {
    const stage = new Stage();
    stage.listen();
    stage.fromProcess(request("1"));
    for (const id of ["2", "1", "1"]) stage.tell(answer(id));
    expect(stage.sent).to.deep.equal([answer("1")]);
  });

  it("forgets a request of the process that it has cancelled", () => {
    const stage = new Stage();
    stage.listen();
    stage.fromProcess(request("1"));
    stage.fromProcess('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}');
    stage.tell(answer("1"));
    expect(stage.sent).to.deep.equal([]);
  });

  it("answers all who wait when it ends with its process, and closes its stream", () => {
    const stage = new Stage();
    const [one, two] = [new Listening(), new Listening(false)];
    stage.ask(request("1"), one);
    stage.ask(request("2"), two);
    const heard = stage.listen();
    stage.session.processEnded({ kind: "exited", code: 1 });
    for (const [caller, id] of [[one, 1], [two, 2]] as const) {
      expect(caller.heard.map((text) => JSON.parse(text) as unknown)).to.deep.equal([{ jsonrpc: "2.0", id, error: { code: -32000, message: "the server process ended with exit code 1" } }]);
    }
    expect(heard).to.deep.equal(["closed"]);
    expect(stage.ended).to.have.length(1);
    expect(stage.ask(request("3"), new Listening())).to.equal("ended");
    stage.session.end("again");
    expect(stage.ended).to.have.length(1);
  });

  it("lets the process wait while any stream to the client is full", () => {
    const stage = new Stage();
    stage.session.slow();
    stage.session.slow();
    stage.session.flowing();
    expect(stage.flow).to.deep.equal(["pause"]);
    stage.session.flowing();
    expect(stage.flow).to.deep.equal(["pause", "resume"]);
  });

  it("is idle when nobody waits and nobody listens", () => {
    const stage = new Stage();
    const later = performance.now() + 1_000;
    expect(stage.session.idleMs(later)).to.be.greaterThan(0);
    const caller = new Listening();
    stage.ask(request("1"), caller);
    expect(stage.session.idleMs(later)).to.equal(0);
    // Its client has gone: nobody waits for the answer.
    caller.isOpen = caller.canStream = false;
    expect(stage.session.idleMs(later)).to.be.greaterThan(0);
    stage.listen();
    expect(stage.session.idleMs(later)).to.equal(0);
  });
});
