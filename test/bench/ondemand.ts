/** Bench: ten thousand servers, all sent to Envoy at once, and each sent when it is first asked for. */

import { Agent } from "node:http";
import { rpc } from "../e2e/ask.js";
import { startMesh, type Mesh } from "../e2e/mesh.js";
import { until } from "../e2e/until.js";
import { memoryOf, ms, quantile, median, startBackend, type Bench } from "./bench.js";
import { manyServers } from "./many.js";

const servers = 10_000;
const touched = 500;
const rounds = 3;

interface Measured {
  readonly firstRequestMs: number;
  readonly allMs: number;
  readonly untouchedMb: number;
  readonly touchedMb: number;
  readonly xdsServerMb: number;
  readonly firstTouchMs: readonly number[];
  readonly laterMs: readonly number[];
}

export const ondemand: Bench = {
  name: "ondemand",
  run: async (open, say) => {
    const backendPort = await startBackend(open);
    const registryText = manyServers(servers, backendPort, 3);
    const measured: Measured[] = [];
    for (const eagerServers of [servers, 0]) {
      say(eagerServers === 0 ? "on demand" : "eager");
      const mesh = await startMesh({ registryText, startLimitMs: 180_000, isQuiet: true, env: { MCP_MESH_EAGER_SERVERS: String(eagerServers) } });
      try {
        measured.push(await measure(mesh));
      } finally {
        await mesh.stop();
      }
    }
    const row = (what: string, of: (one: Measured) => number, write: (value: number) => string = ms): string[] => [what, ...measured.map((one) => write(of(one)))];
    const mb = (value: number): string => value.toFixed(0);
    return {
      title: `${servers} servers × 3 endpoints, eager and on demand`,
      columns: ["what", "eager", "on demand"],
      rows: [
        row("start of a new Envoy → first request served, ms (median)", ({ firstRequestMs }) => firstRequestMs),
        row("start of a new Envoy → it has taken everything, ms (median)", ({ allMs }) => allMs),
        row("Envoy memory, no server used, MB", ({ untouchedMb }) => untouchedMb, mb),
        row(`Envoy memory, ${touched} servers used, MB`, ({ touchedMb }) => touchedMb, mb),
        row("xds-server memory, MB", ({ xdsServerMb }) => xdsServerMb, mb),
        row("first request for a server, p50 ms", ({ firstTouchMs }) => median(firstTouchMs)),
        row("first request for a server, p99 ms", ({ firstTouchMs }) => quantile(firstTouchMs, 0.99)),
        row("later request, p50 ms", ({ laterMs }) => median(laterMs)),
      ],
      notes: [`${rounds} fresh Envoys each; ${touched} servers asked one after the other over one connection.`],
    };
  },
};

async function measure(mesh: Mesh): Promise<Measured> {
  const firsts: number[] = [];
  const alls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await mesh.kill("envoy-1");
    const startMs = performance.now();
    mesh.restart("envoy-1");
    await until("the last server to be served", async () => (await rpc(mesh.gatewayUrl, `/server-${servers - 1}`, "ping")).status === 200, 120_000);
    firsts.push(performance.now() - startMs);
    await until("Envoy to have everything", () => hasEverything(mesh), 120_000);
    alls.push(performance.now() - startMs);
  }
  const envoyMb = (): number => memoryOf(mesh.child("envoy-1").pid).nowMb;
  const untouchedMb = envoyMb();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const firstTouchMs = await askEach(mesh, agent);
  const laterMs = await askEach(mesh, agent);
  agent.destroy();
  return { firstRequestMs: median(firsts), allMs: median(alls), untouchedMb, touchedMb: envoyMb(), xdsServerMb: memoryOf(mesh.child("xds-server").pid).nowMb, firstTouchMs, laterMs };
}

async function hasEverything(mesh: Mesh): Promise<boolean> {
  const { proxies } = (await mesh.status()) as unknown as { readonly proxies: readonly { readonly inSync: boolean; readonly types: readonly { readonly type: string; readonly acked: number }[] }[] };
  return proxies.length === 1 && proxies.every(({ inSync, types }) => inSync && types.some(({ type, acked }) => type === "RouteConfiguration" && acked > servers));
}

async function askEach(mesh: Mesh, agent: Agent): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < touched; index++) {
    const startMs = performance.now();
    const { status, body } = await rpc(mesh.gatewayUrl, `/server-${index}`, "ping", { agent });
    if (status !== 200) throw new Error(`server-${index}: ${status} ${body}`);
    times.push(performance.now() - startMs);
  }
  return times;
}
