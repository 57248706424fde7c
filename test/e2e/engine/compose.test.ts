/** docker compose: up, scale under load, kill each container under load, edit the registry, and down. */

import { readFile, rename, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { ask, initializeParams, rpc } from "../ask.js";
import { connectClient } from "../clients.js";
import { expectCalls, oneRegistry } from "../one-registry.js";
import { until } from "../until.js";
import { Compose, needEngine, type Container } from "./compose.js";
import { startLoad, type Load, type LoadedServer, type Outcome } from "./load.js";

const everything: LoadedServer = { path: "/everything", tool: "echo", args: { message: "over there" }, says: "over there" };
const memory: LoadedServer = { path: "/memory", tool: "read_graph", args: {}, says: "entities" };
const filesystem: LoadedServer = { path: "/filesystem", tool: "list_allowed_directories", args: {}, says: "/data" };

describe("docker compose", function () {
  this.timeout(300_000);
  let compose: Compose;
  let load: Load | undefined;

  before(async function () {
    this.timeout(15 * 60_000);
    await needEngine(this);
    compose = await Compose.make();
    await compose.build();
    const startedMs = performance.now();
    await compose.up();
    console.log(`      up --wait took ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  });
  afterEach(async function () {
    if (this.currentTest?.state === "failed") for (const service of ["xds-server", "stdio-bridge", "envoy"]) console.error((await compose.logs(service)).slice(-6_000));
    await load?.stop();
    load = undefined;
  });
  after(async () => compose?.stop());

  const begin = (servers: readonly LoadedServer[], clients = 4): Load => (load = startLoad({ url: compose.gatewayUrl, servers, clients }));
  const containersOf = async (service: string): Promise<readonly Container[]> => (await compose.containers()).filter((container) => container.service === service);
  const scale = (...services: readonly string[]): Promise<string> => compose.up("--no-recreate", ...services.flatMap((service) => ["--scale", service]));
  const only = async (service: string): Promise<string> => {
    const [container] = await containersOf(service);
    if (container === undefined) throw new Error(`no container of ${service}`);
    return container.name;
  };

  it("up --wait returns when calls work: SDK clients call an HTTP and the stdio servers at once", async () => {
    const [http, stdio] = [await connectClient(compose.gatewayUrl, "/everything"), await connectClient(compose.gatewayUrl, "/filesystem")];
    expect(await http.text("echo", { message: "in containers" })).to.include("in containers");
    expect(await stdio.text("list_allowed_directories")).to.include("/data");
    await Promise.all([http.stop(), stdio.stop()]);
    expect((await compose.containers()).map(({ service, state, health }) => `${service} ${state} ${health}`).sort()).to.deep.equal([
      "envoy running healthy", "everything running healthy", "stdio-bridge running healthy", "xds-server running healthy",
    ]);
  });

  it("scales an HTTP server up and down under load: nothing fails, and new sessions are spread evenly", async () => {
    const running = begin([everything], 6);
    await running.more(50);
    running.take();
    await scale("everything=3");
    const up = running.take();
    await until("three replicas to be in use", async () => {
      await running.more(30);
      return replicasOf(running.take(), "/everything").size === 3;
    }, 30_000);
    await running.more(300);
    const spread = [...replicasOf(running.take(), "/everything").values()];
    await scale("everything=1");
    await running.more(200);
    const down = running.take();
    console.log(`      sessions of three replicas: ${spread.join(", ")}; begun anew because their replica went: ${down.renewed}`);
    expect([...up.failures, ...down.failures]).to.deep.equal([]);
    expect(up.renewed).to.equal(0);
    expect(spread).to.have.length(3);
    // Round robin is exact for each Envoy thread, not across threads.
    for (const sessions of spread) expect(sessions).to.be.closeTo(spread.reduce((sum, one) => sum + one, 0) / 3, Math.max(...spread) * 0.35);
  });

  it("scales the bridge up and down under load: sessions go on at other workers", async () => {
    const running = begin([memory, filesystem]);
    await running.more(30);
    await scale("stdio-bridge=3");
    running.take();
    const workers = new Set<string>();
    const failures: string[] = [];
    await until("three workers to be in use", async () => {
      await running.more(20);
      const outcome = running.take();
      failures.push(...outcome.failures);
      for (const worker of replicasOf(outcome, "/memory").keys()) workers.add(worker);
      return workers.size === 3;
    }, 60_000);
    await scale("stdio-bridge=1");
    await running.more(100);
    const last = running.take();
    expect([...failures, ...last.failures]).to.deep.equal([]);
    expect(last.renewed).to.equal(0);
  });

  describe("kill -9 under load", () => {
    before(() => scale("everything=3", "stdio-bridge=2"));
    const all = [everything, memory, filesystem];

    it("of the xds-server fails nothing", async () => {
      const running = begin(all);
      await running.more(50);
      await compose.kill(await only("xds-server"));
      // It tells Envoy of the bridges only once it has heard them.
      await until("the mesh to be ready", async () => (await compose.compose(["exec", "--no-TTY", "xds-server", "mcp-mesh", "status"])).includes("ready"), 30_000);
      await running.more(100);
      const { failures, renewed } = running.take();
      expect(failures).to.deep.equal([]);
      expect(renewed).to.equal(0);
    });

    it("of a stdio bridge fails what was open at it, and its sessions go on", async () => {
      const clients = 4;
      const running = begin([memory, filesystem], clients);
      await running.more(50);
      await compose.kill(await only("stdio-bridge"));
      await running.more(100);
      const { failures, renewed } = running.take();
      console.log(`      ${failures.length} requests failed${failures.map((failure) => `\n        ${failure.slice(0, 160)}`).join("")}`);
      expect(renewed).to.equal(0);
      // Each client has one request open at most.
      expect(failures.length, failures.join("\n")).to.be.at.most(2 * clients);
    });

    it("of a replica fails what was open at it, and its clients begin anew", async () => {
      const clients = 6;
      const running = begin([everything], clients);
      await running.more(50);
      await compose.kill(await only("everything"));
      await running.more(200);
      const { failures, renewed } = running.take();
      console.log(`      ${failures.length} requests failed, ${renewed} sessions begun anew`);
      expect(failures.length, failures.join("\n")).to.be.at.most(clients);
    });

    it("of Envoy fails connections for a moment, and every session goes on", async () => {
      const [http, stdio] = [await connectClient(compose.gatewayUrl, "/everything"), await connectClient(compose.gatewayUrl, "/filesystem")];
      const running = begin(all);
      await running.more(50);
      await compose.kill(await only("envoy"));
      running.take();
      await running.more(200);
      const { failures, renewed } = running.take();
      expect(await http.text("echo", { message: "still" })).to.include("still");
      expect(await stdio.text("list_allowed_directories")).to.include("/data");
      await Promise.all([http.stop(), stdio.stop()]);
      expect(failures).to.deep.equal([]);
      expect(renewed).to.equal(0);
    });
  });

  describe("the registry", () => {
    it("is in force within a moment of an edit, also by editors that put a new file in its place", async () => {
      const text = await readFile(compose.registryFile, "utf8");
      expect((await rpc(compose.gatewayUrl, "/more", "ping")).status).to.equal(404);
      const written = `${text}\n  more: {endpoint: "http://everything:3001"}\n`;
      await writeFile(`${compose.registryFile}.new`, written);
      await rename(`${compose.registryFile}.new`, compose.registryFile);
      await until("the new server", async () => (await ask(compose.gatewayUrl, "/")).body.includes("/more"), 5_000);
      await writeFile(compose.registryFile, text);
      await until("it to be gone", async () => !(await ask(compose.gatewayUrl, "/")).body.includes("/more"), 5_000);
    });

    it("may be the very one that Kubernetes is given", async () => {
      const text = await readFile(compose.registryFile, "utf8");
      await writeFile(compose.registryFile, JSON.stringify(oneRegistry));
      await until("its calls to be answered", () => expectCalls(compose.gatewayUrl).then(() => true), 30_000);
      await writeFile(compose.registryFile, text);
      await until("the old one", async () => (await rpc(compose.gatewayUrl, "/memory", "initialize", { params: initializeParams })).status === 200, 20_000);
    });

    it("that cannot be read changes nothing, and is told with its line", async () => {
      const text = await readFile(compose.registryFile, "utf8");
      const running = begin([everything, memory]);
      await running.more(20);
      await writeFile(compose.registryFile, text.replace("endpoint: http://everything:3001", "endpoint: [http://everything:3001"));
      await until("the problem in the log", async () => /registry\.yaml:\d+/.test(await compose.logs("xds-server")), 10_000);
      await running.more(50);
      const { failures } = running.take();
      await writeFile(compose.registryFile, text);
      await until("it to be solved", async () => (await compose.logs("xds-server")).includes("solved: "), 10_000);
      expect(failures).to.deep.equal([]);
    });
  });

  describe("at the end", () => {
    it("stop ends every container by itself, with exit code 0, in less than ten seconds", async () => {
      const names = (await compose.containers()).map(({ name }) => name);
      const startedMs = performance.now();
      await compose.compose(["stop"]);
      console.log(`      stop took ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
      // A program that does not end in its time is killed, and its code is 137.
      expect(await Promise.all(names.map(async (name) => `${name} ${(await compose.inspect(name)).State.ExitCode}`))).to.deep.equal(names.map((name) => `${name} 0`));
      await compose.down();
      expect(await compose.containers()).to.deep.equal([]);
    });
  });
});

function replicasOf(outcome: Outcome, path: string): ReadonlyMap<string, number> {
  return outcome.sessions.get(path) ?? new Map();
}
