/** End to end: sessions of stdio servers outlive their process, their worker and all workers, for real clients through two Envoys. */

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { ask, callTool, open, openSession, rpc, toolText } from "./ask.js";
import { generations, type SomeClient } from "./generations.js";
import { closedAfterEach, closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

const workers = ["bridge-1", "bridge-2", "bridge-3"] as const;

describe("e2e: sessions survive", () => {
  const opened = closedAfterwards();
  const openedHere = closedAfterEach();
  let mesh: Mesh, keyFolder: string;

  before(async function () {
    this.timeout(120_000);
    keyFolder = await mkdtemp(join(tmpdir(), "mcp-mesh-keys-"));
    const keyFile = join(keyFolder, "keys");
    await writeFile(keyFile, randomBytes(32).toString("hex"));
    mesh = await opened(startMesh({ workers: workers.length, envoys: 2, env: { MCP_MESH_SESSION_KEY_FILE: keyFile } }));
    const entry = { type: "stdio", cmd: [process.execPath, join(projectRoot, "dist/test/e2e/fixtures/stdio-server.js")], pool: { min: 1, max: 40 } };
    await mesh.serve({ odd: entry, ends: { ...entry, on_loss: "terminate" } });
    for (const id of ["odd", "ends"]) await mesh.untilServed(id);
    await untilAllServe();
  });
  after(() => rm(keyFolder, { recursive: true }));

  const processOf = async (client: SomeClient): Promise<number> => Number(await client.text("pid"));
  const workerOf = async (client: SomeClient): Promise<number> => Number(await client.text("worker"));

  /** Every Envoy knows every worker, where it is now, as healthy, and no other. */
  async function untilAllServe(): Promise<void> {
    await until("GET /readyz to be 200", async () => (await ask(mesh.adminUrl, "/readyz")).status === 200, 40_000);
    for (const envoy of [1, 2]) {
      await until(`all workers to be known to Envoy ${envoy}`, async () => {
        const { bridges } = (await mesh.status()) as unknown as { readonly bridges: readonly { readonly host: string; readonly port: number }[] };
        const wanted = bridges.map(({ host, port }) => `${host}:${port}`).sort();
        const text = await mesh.envoyAdmin("/clusters", envoy);
        return wanted.length === workers.length && ["mcp/odd", "sessions/odd", "mcp/ends"].every((cluster) => healthyOf(text, cluster).join() === wanted.join());
      }, 40_000);
    }
  }

  const healthyOf = (clusters: string, name: string): readonly string[] =>
    clusters.split("\n").flatMap((line) => (line.startsWith(`${name}::`) && line.endsWith("::health_flags::healthy") ? [line.split("::")[1] ?? ""] : [])).sort();

  const nameOf = (pid: number): (typeof workers)[number] => {
    const name = workers.find((each) => mesh.child(each).pid === pid);
    if (name === undefined) throw new Error(`no worker has the process id ${pid}`);
    return name;
  };

  async function killWorker(pid: number): Promise<() => Promise<void>> {
    const name = nameOf(pid);
    await mesh.kill(name);
    return async () => {
      mesh.restart(name);
      await untilAllServe();
    };
  }

  const errorOf = (promise: Promise<unknown>): Promise<Error | undefined> => promise.then(() => undefined, (error: Error) => error);

  for (const generation of generations) {
    describe(`for ${generation.name}`, function () {
      this.timeout(90_000);

      it("the death of their process: what is open fails at once, the next call works at the same worker", async () => {
        const client = await openedHere(generation.connect(mesh.gatewayUrl, "odd"));
        const [pid, worker] = [await processOf(client), await workerOf(client)];
        const hanging = errorOf(client.text("hang"));
        const dying = errorOf(client.text("die"));
        expect((await dying)?.message).to.include("exit code 7");
        expect((await hanging)?.message).to.include("exit code 7");
        expect(await processOf(client)).not.to.equal(pid);
        expect(await workerOf(client)).to.equal(worker);
      });

      it("the death of their worker, with a stream open: what is open fails at once, the next call works at another", async () => {
        const client = await openedHere(generation.connect(mesh.gatewayUrl, "odd"));
        const worker = await workerOf(client);
        const hanging = errorOf(client.text("hang"));
        await until("the call to be open", async () => (await openRequests()) === 1);
        const restore = await killWorker(worker);
        expect(await hanging).to.be.instanceOf(Error);
        const next = await workerOf(client);
        expect(next).not.to.equal(worker);
        // There it stays.
        expect(await processOf(client)).to.equal(await processOf(client));
        await restore();
        expect(await processOf(client)).to.be.greaterThan(0);
      });

      it("the death of their worker, in the middle of an answer that is a stream: who comes back for it is told", async () => {
        const client = await openedHere(generation.connect(mesh.gatewayUrl, "odd"));
        const worker = await workerOf(client);
        let begins = (): void => undefined;
        const begun = new Promise<void>((resolve) => (begins = resolve));
        const toiling = errorOf(client.text("toil", {}, { onprogress: () => begins() }));
        await begun;
        const restore = await killWorker(worker);
        expect((await toiling)?.message).to.include("the request was lost with the worker that ran it");
        expect(await workerOf(client)).not.to.equal(worker);
        await restore();
      });

      it("the restart of all workers", async () => {
        const client = await openedHere(generation.connect(mesh.gatewayUrls[1] ?? "", "odd"));
        const pid = await processOf(client);
        await Promise.all(workers.map((name) => mesh.kill(name)));
        const error = await errorOf(client.text("pid"));
        expect(error?.message).to.match(/has no worker just now|cannot be reached/);
        for (const name of workers) mesh.restart(name);
        const next = await until("the session to go on", () => processOf(client), 40_000);
        expect(next).not.to.equal(pid);
        await untilAllServe();
        expect(await processOf(client)).to.be.greaterThan(0);
      });

      it("a restart of the xds-server, and then the death of their worker", async () => {
        const client = await openedHere(generation.connect(mesh.gatewayUrl, "odd"));
        const worker = await workerOf(client);
        await mesh.kill("xds-server");
        mesh.restart("xds-server");
        await untilAllServe();
        const restore = await killWorker(worker);
        expect(await workerOf(client)).not.to.equal(worker);
        await restore();
      });
    });
  }

  it("clients that keep their first id settle at one other worker each, through whichever Envoy, and spread over those that are left", async function () {
    this.timeout(120_000);
    const [one = "", two = ""] = mesh.gatewayUrls;
    let lastId = 0;
    const workerBy = async (base: string, session: string): Promise<number> => Number(toolText(await callTool(base, "/odd", "worker", {}, { id: ++lastId, headers: { "mcp-session-id": session } })));
    const sessions = await Promise.all(Array.from({ length: 36 }, () => openSession(one, "/odd")));
    const homes = await Promise.all(sessions.map((session) => workerBy(two, session)));
    const held = (worker: number): number => homes.filter((home) => home === worker).length;
    const lost = homes.reduce((most, home) => (held(home) > held(most) ? home : most));
    const moving = sessions.filter((_, index) => homes[index] === lost);
    expect(moving.length).to.be.at.least(12);
    const restore = await killWorker(lost);
    // Also while one Envoy may know of it and the other not yet.
    await Promise.all(moving.flatMap((session) => [workerBy(one, session), workerBy(two, session)]));
    await until("both Envoys to know", async () => (await Promise.all([1, 2].map((envoy) => mesh.envoyAdmin("/clusters", envoy)))).every((text) => healthyOf(text, "sessions/odd").length === 2));
    const places = await Promise.all(moving.map(async (session) => new Set([await workerBy(one, session), await workerBy(two, session), await workerBy(one, session)])));
    expect(places.every((found) => found.size === 1)).to.equal(true);
    expect(new Set(places.flatMap((found) => [...found])).size).to.equal(2);
    // The others stay where they were.
    for (const [index, session] of sessions.entries()) if (homes[index] !== lost) expect(await workerBy(two, session)).to.equal(homes[index]);

    // A stream and the end of a session lead to the same place as its requests.
    const [session = "", ...others] = moving;
    const stream = await open(two, "/odd", { headers: { accept: "text/event-stream", "mcp-session-id": session } });
    expect(stream.statusCode).to.equal(200);
    const pid = Number(toolText(await callTool(one, "/odd", "pid", {}, { headers: { "mcp-session-id": session } })));
    process.kill(pid, "SIGKILL");
    await until("another process", async () => Number(toolText(await callTool(one, "/odd", "pid", {}, { headers: { "mcp-session-id": session } }))) !== pid);
    expect(await firstEventOf(stream)).to.include("list_changed");
    stream.destroy();
    expect((await ask(two, "/odd", { method: "DELETE", headers: { "mcp-session-id": session } })).status).to.equal(204);
    const ended = await rpc(one, "/odd", "ping", { id: "ended", headers: { "mcp-session-id": session } });
    expect([ended.status, ended.message.id, ended.message.error?.code]).to.deep.equal([404, "ended", -32001]);
    await restore();
    await Promise.all([...others, ...sessions.filter((_, index) => homes[index] !== lost)].map((each) => ask(one, "/odd", { method: "DELETE", headers: { "mcp-session-id": each } })));
  });

  it("the loss of their worker while the xds-server is gone too, so that no Envoy is told of it", async function () {
    this.timeout(90_000);
    const sessions = await Promise.all(Array.from({ length: 12 }, () => openSession(mesh.gatewayUrl, "/odd")));
    const workerBy = async (base: string, session: string): Promise<number> => Number(toolText(await callTool(base, "/odd", "worker", {}, { headers: { "mcp-session-id": session } })));
    const homes = await Promise.all(sessions.map((session) => workerBy(mesh.gatewayUrl, session)));
    await mesh.kill("xds-server");
    const lost = homes[0] ?? 0;
    const name = nameOf(lost);
    await mesh.kill(name);
    for (const [index, session] of sessions.entries()) {
      const places = new Set<number>();
      for (const base of [...mesh.gatewayUrls, ...mesh.gatewayUrls]) places.add(await workerBy(base, session));
      expect([...places]).to.have.length(1);
      if (homes[index] === lost) expect([...places]).not.to.include(lost);
      else expect([...places]).to.deep.equal([homes[index]]);
    }
    mesh.restart("xds-server");
    mesh.restart(name);
    await untilAllServe();
    await Promise.all(sessions.map((session) => ask(mesh.gatewayUrl, "/odd", { method: "DELETE", headers: { "mcp-session-id": session } })));
  });

  it("on_loss: terminate ends them with 404", async function () {
    this.timeout(60_000);
    const session = await openSession(mesh.gatewayUrl, "/ends");
    const headers = { "mcp-session-id": session };
    const restore = await killWorker(Number(toolText(await callTool(mesh.gatewayUrl, "/ends", "worker", {}, { headers }))));
    const answer = await rpc(mesh.gatewayUrl, "/ends", "ping", { id: "lost", headers });
    expect([answer.status, answer.message.id, answer.message.error?.code]).to.deep.equal([404, "lost", -32001]);
    await restore();
  });

  it("no key is in the dump", async () => {
    const dump = (await ask(mesh.adminUrl, "/config_dump")).body;
    const keys = [...dump.matchAll(/"key": *("[^"]*")/g)].map(([, key]) => key);
    expect(keys).to.include('"[redacted]"');
    expect(dump).not.to.match(/"key": *"[A-Za-z0-9+/]{40,}=*"/);
  });

  async function openRequests(): Promise<number> {
    const { bridges } = (await mesh.status()) as unknown as { readonly bridges: readonly { readonly servers: readonly { readonly openRequests: number }[] }[] };
    return bridges.flatMap(({ servers }) => servers).reduce((sum, server) => sum + server.openRequests, 0);
  }
});

async function firstEventOf(stream: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
    const data = /^data: (.+)$/m.exec(text)?.[1];
    if (data !== undefined) return data;
  }
  throw new Error(`the stream ended with: ${text}`);
}
