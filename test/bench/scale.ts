/** Bench: ten thousand servers with three endpoints each, to a new Envoy, and again after the xds-server's restart. */

import { ask } from "../e2e/ask.js";
import { startMesh } from "../e2e/mesh.js";
import { until } from "../e2e/until.js";
import { memoryOf, ms, median, startBackend, type Bench } from "./bench.js";
import { manyServers } from "./many.js";
import { startXdsTap, type Flow, type Times, type XdsTap } from "./xds-tap.js";

const servers = 10_000;
const rounds = 3;
const quietMs = 3_000;

export const scale: Bench = {
  name: "scale",
  run: async (open, say) => {
    const backendPort = await startBackend(open);
    let tap: XdsTap | undefined;
    say(`starting with ${servers} servers`);
    const mesh = await open(startMesh({
      registryText: manyServers(servers, backendPort, 3),
      startLimitMs: 180_000,
      xdsThrough: async (port) => (tap = await open(startXdsTap(port))).port,
    }));
    const flows = tap;
    if (flows === undefined) throw new Error("the mesh did not ask for the tap");
    const isServed = async (): Promise<boolean> => (await ask(mesh.gatewayUrl, `/server-${servers - 1}`, { method: "POST" })).status === 200;
    const untilQuiet = (): Promise<unknown> => until("the streams to be quiet", () => performance.now() - Math.max(flows.fromEnvoy.lastAtMs, flows.fromXdsServer.lastAtMs) > quietMs, 120_000);
    await untilQuiet();

    const totals: number[] = [];
    const clustersAndEndpoints: number[] = [];
    const applied: number[] = [];
    for (let round = 0; round < rounds; round++) {
      say(`a new Envoy, ${round + 1} of ${rounds}`);
      await mesh.kill("envoy-1");
      flows.reset();
      mesh.restart("envoy-1");
      await until("the last server to be served", isServed, 120_000);
      await untilQuiet();
      totals.push(flows.fromEnvoy.lastAtMs - flows.fromXdsServer.firstAtMs);
      const endpointsAfterClusters = Math.max(timesOf(flows.fromEnvoy, "Cluster").lastAtMs, timesOf(flows.fromEnvoy, "ClusterLoadAssignment").lastAtMs);
      clustersAndEndpoints.push(endpointsAfterClusters - timesOf(flows.fromXdsServer, "Cluster").firstAtMs);
      applied.push(await clustersAppliedMs(mesh) + timesOf(flows.fromEnvoy, "ClusterLoadAssignment").lastAtMs - timesOf(flows.fromXdsServer, "ClusterLoadAssignment").lastAtMs);
    }
    const sent = flows.fromXdsServer.bytes;
    const memory = memoryOf(mesh.child("xds-server").pid);

    say("restarting the xds-server");
    await mesh.kill("xds-server");
    flows.reset();
    mesh.restart("xds-server");
    await until("GET /readyz to be 200", async () => (await ask(mesh.adminUrl, "/readyz")).status === 200, 120_000);
    await untilQuiet();
    const again = flows.fromXdsServer;
    const envoyMemory = memoryOf(mesh.child("envoy-1").pid);

    return {
      title: `${servers} servers × 3 endpoints`,
      columns: ["what", "figure", "aim"],
      rows: [
        ["clusters and endpoints: first send → last ACK, ms (median)", ms(median(clustersAndEndpoints)), ""],
        ["Envoy's own time for them, ms (median)", ms(median(applied)), ""],
        ["ratio", (median(clustersAndEndpoints) / median(applied)).toFixed(2), "≤ 1.15"],
        ["everything, scopes and routes too: first send → last ACK, ms (median)", ms(median(totals)), ""],
        ["bytes sent to a new Envoy", String(sent), ""],
        ["bytes sent to the same Envoy after the xds-server's restart", `${again.bytes} in ${again.frames} frames`, "no resources"],
        ["xds-server memory, MB (now; peak)", `${memory.nowMb.toFixed(0)}; ${memory.peakMb.toFixed(0)}`, "< 250"],
        ["Envoy memory, MB", envoyMemory.nowMb.toFixed(0), ""],
      ],
      notes: [
        `Times of the messages between Envoy and the xds-server; ${rounds} fresh Envoys.`,
        "Envoy's own time: its cds.update_duration, and from the last endpoints sent to their ACK.",
      ],
    };
  },
};

async function clustersAppliedMs(mesh: { envoyAdmin(path: string): Promise<string> }): Promise<number> {
  const text = await mesh.envoyAdmin("/stats/prometheus?filter=cds.update_duration");
  return [...text.matchAll(/^envoy_cluster_manager_cds_update_duration_sum\{.*\} ([\d.e+]+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
}

function timesOf(flow: Flow, type: string): Times {
  const times = flow.byType.get(type);
  if (times === undefined) throw new Error(`no message about ${type} went by`);
  return times;
}
