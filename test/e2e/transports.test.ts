/** End to end: every transport to both kinds of stdio servers, through Envoy to two workers, spoken by clients of both SDK generations. */

import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { ask, open } from "./ask.js";
import { EventReader } from "./fixtures/streams.js";
import { generations, laterGeneration, transportNames, type SomeClient } from "./generations.js";
import { closedAfterEach, closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

describe("e2e: transports of stdio servers", function () {
  this.timeout(60_000);
  const opened = closedAfterwards();
  const openedHere = closedAfterEach();
  let mesh: Mesh;

  before(async function () {
    this.timeout(90_000);
    mesh = await opened(startMesh({ workers: 2 }));
    const entry = { type: "stdio", cmd: [process.execPath, join(projectRoot, "node_modules/@modelcontextprotocol/server-everything/dist/index.js"), "stdio"] };
    await mesh.serve({ own: { ...entry, pool: { min: 1, max: 12 } }, shared: { ...entry, isolation: "shared", pool: { min: 1, max: 1 } } });
    for (const id of ["own", "shared"]) await mesh.untilServed(id);
  });

  const cases = ["own", "shared"].flatMap((id) => [
    ...transportNames.flatMap((transport) => generations.map((generation) => ({ id, transport, generation, subscribes: true }))),
    // The revision without sessions has one transport, and listens where others subscribe.
    { id, transport: "Streamable HTTP" as const, generation: laterGeneration({ pin: "2026-07-28" }), subscribes: false },
  ]);
  for (const { id, transport, generation, subscribes } of cases) {
    const connect = (name?: string): Promise<SomeClient> => openedHere(generation.connect(mesh.gatewayUrl, id, transport, name));

    describe(`${transport}, ${id === "own" ? "a process a session" : "shared processes"}, ${generation.name}`, () => {
      it("many clients at once: each gets its own answers, and its own questions", async () => {
        const names = ["ann", "ben", "cleo", "dan"];
        const clients = await Promise.all(names.map((name) => connect(name)));
        await Promise.all(clients.flatMap((client, who) => Array.from({ length: 5 }, async (_, index) => {
          const message = `${who}-${index}`;
          expect(await client.text("echo", { message })).to.equal(`Echo: ${message}`);
        })));
        // One after the other: which of several clients a shared process means is not always certain.
        for (const [index, client] of clients.entries()) {
          expect(await client.text("trigger-sampling-request", { prompt: "who?" })).to.contain(`sampled by ${names[index]}`);
          expect(await client.text("trigger-elicitation-request")).to.contain(`"name": "${names[index]}"`);
        }
      });

      it("progress comes to who asked, step by step", async () => {
        const clients = await Promise.all([connect(), connect()]);
        const told = await Promise.all(clients.map(async (client) => {
          const steps: number[] = [];
          await client.text("trigger-long-running-operation", { duration: 0.3, steps: 3 }, { onprogress: ({ progress }) => steps.push(progress) });
          return steps;
        }));
        // The last comes together with the answer, and then the SDK may have forgotten the listener already.
        for (const steps of told) expect([[1, 2, 3], [1, 2]]).to.deep.include(steps);
      });

      if (subscribes) it("a subscriber hears of its resource, another does not", async () => {
        const [client, other] = await Promise.all([connect(), connect()]);
        const [uri = "", otherUri = ""] = await client.resourceUris();
        const heardByOther: string[] = [];
        await other.subscribe(otherUri, (updated) => heardByOther.push(updated));
        const heard = new Promise<string>((resolve) => void client.subscribe(uri, resolve).then(() => client.text("toggle-subscriber-updates")));
        expect(await heard).to.equal(uri);
        expect(heardByOther).to.not.include(uri);
        await client.text("toggle-subscriber-updates");
      });
    });
  }

  it("HTTP+SSE: the endpoint is the gateway's path, and a session of a worker that is not there is not found", async () => {
    const stream = await open(mesh.gatewayUrl, "/own/sse", { headers: { accept: "text/event-stream" } });
    const reader = new EventReader(stream);
    const data = await reader.next();
    expect(data).to.match(/^\/own\/messages\?sessionId=/);
    stream.destroy();
    const gone = `${Buffer.from("127.0.0.1:1").toString("base64")};UV:${Buffer.from("x").toString("base64")}`;
    const message = { method: "POST", headers: { "content-type": "application/json" }, body: '{"jsonrpc":"2.0","id":"gone","method":"ping"}' };
    const unknown = await ask(mesh.gatewayUrl, `/own/messages?sessionId=${gone}`, message);
    expect(unknown.status).to.equal(404);
    expect(JSON.parse(unknown.body)).to.include({ id: "gone" });
    expect((await ask(mesh.gatewayUrl, "/own/messages", message)).status).to.equal(400);
  });

  // After the others: what a cancelled call still asks may be anyone's, so a shared process' questions are refused for a while.
  describe("a cancelled call ends, and the session goes on", () => {
    for (const { id, transport, generation } of cases) {
      it(`${transport}, ${id}, ${generation.name}`, async () => {
        const client = await openedHere(generation.connect(mesh.gatewayUrl, id, transport));
        const stop = new AbortController();
        const call = client.text("trigger-long-running-operation", { duration: 30, steps: 60 }, { signal: stop.signal, onprogress: () => stop.abort() });
        expect(await call.then(() => undefined, (thrown: unknown) => thrown)).to.be.instanceOf(Error);
        expect(await client.text("echo", { message: "still here" })).to.equal("Echo: still here");
      });
    }
  });
});
