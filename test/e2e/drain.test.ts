/** End to end: workers that are asked to end, one after the other, under load: no request is lost, and sessions go on at the other. */

import { Agent } from "node:http";
import { expect } from "chai";
import { oddServer } from "../stdio-bridge/bridge.js";
import { ask, openSession, rpc } from "./ask.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: draining", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;

  before(async function () {
    this.timeout(90_000);
    mesh = await opened(startMesh({ workers: 2, logLevel: "info" }));
    await mesh.serve({
      own: { type: "stdio", cmd: oddServer, pool: { min: 2, max: 16 } },
      shared: { type: "stdio", cmd: oddServer, isolation: "shared", pool: { min: 1, max: 2 } },
    });
    for (const id of ["own", "shared"]) await mesh.untilServed(id);
    await until("both workers to serve", areBothHealthy);
  });

  /** Both servers have two workers in good health. */
  async function areBothHealthy(): Promise<boolean> {
    const servers = (await mesh.status())["servers"] as readonly { readonly id: string; readonly endpoints: readonly { readonly health: string }[] }[];
    const ours = servers.filter(({ id }) => id === "own" || id === "shared");
    return ours.length === 2 && ours.every(({ endpoints }) => endpoints.filter(({ health }) => health === "healthy").length === 2);
  }

  it("loses no request while one worker after the other ends and begins anew", async function () {
    this.timeout(120_000);
    const load = startLoad(mesh.gatewayUrl);
    await load.more(50);
    for (const worker of ["bridge-1", "bridge-2"] as const) {
      await mesh.kill(worker, "SIGTERM");
      expect(mesh.child(worker).exitCode).to.equal(0);
      await load.more(50);
      mesh.restart(worker);
      await until("both workers to serve", areBothHealthy, 30_000);
      await load.more(50);
    }
    expect(await load.stop()).to.deep.equal([]);
  });
});

interface Load {
  /** Resolves when so many more calls have been answered. */
  more(count: number): Promise<void>;
  /** What went wrong. */
  stop(): Promise<readonly string[]>;
}

/** For each server three clients with one session each, and one that begins a session for every call. Each answer must hold its call's nonce. */
function startLoad(gatewayUrl: string): Load {
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  let calls = 0, isStopped = false;

  /** It takes a while to be answered, so that there is always something open. */
  async function call(path: string, session: string, nonce: string): Promise<void> {
    const { status, message, body } = await rpc(gatewayUrl, path, "later", { id: nonce, params: { text: nonce, ms: 50 }, headers: { "mcp-session-id": session }, agent });
    if (status !== 200 || message.id !== nonce || message.result?.["text"] !== nonce) failures.push(`${path} ${nonce}: ${status} ${body.slice(0, 300)}`);
    calls++;
  }

  async function runClient(path: string, name: string, begins: boolean): Promise<void> {
    let session = await openSession(gatewayUrl, path);
    for (let i = 0; !isStopped; i++) {
      await call(path, session, `${name}-${i}`);
      if (!begins) continue;
      await ask(gatewayUrl, path, { method: "DELETE", headers: { "mcp-session-id": session }, agent });
      session = await openSession(gatewayUrl, path);
    }
  }

  const clients = ["/own", "/shared"].flatMap((path) => [1, 2, 3, 4].map(async (number) => {
    await runClient(path, `${path.slice(1)}-${number}`, number === 4).catch((error: unknown) => failures.push(`${path} client ${number}: ${String(error)}`));
  }));
  return {
    more: async (count) => {
      const goal = calls + count;
      await until(`${count} more calls`, () => calls >= goal || failures.length > 0, 60_000);
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(clients);
      agent.destroy();
      return failures;
    },
  };
}
