/** Bench: from what the Kubernetes API tells of a pod to the first request that it answers, among thousands of others. */

import { Agent } from "node:http";
import { ask } from "../e2e/ask.js";
import { startReplicas } from "../e2e/fixtures/replica.js";
import { startMesh } from "../e2e/mesh.js";
import { FakeKubernetes } from "../xds-server/kubernetes/fake-kubernetes.js";
import { ms, quantile, type Bench } from "./bench.js";

const repeats = 40;
const servicesPath = "/api/v1/namespaces/bench/services";
const slicesPath = "/apis/discovery.k8s.io/v1/namespaces/bench/endpointslices";
/** As Kubernetes cuts them. */
const perSlice = 100;

export const pods: Bench = {
  name: "pods",
  run: async (open, say) => {
    const rows: string[][] = [];
    for (const { endpoints, services } of [{ endpoints: 1, services: 1 }, { endpoints: 5_000, services: 50 }, { endpoints: 5_000, services: 1 }]) {
      say(`starting with ${endpoints} endpoints of ${services} services`);
      const kubernetes = await open(new FakeKubernetes().start());
      const replicas = await Promise.all((await startReplicas(["a", "b"])).map((replica) => open(replica)));
      fill(kubernetes, endpoints, services);
      const entries = Object.fromEntries(Array.from({ length: services }, (_, index) => [`s${index}`, { service: `s${index}` }]));
      const mesh = await open(startMesh({ servers: entries, logLevel: "info", env: { MCP_MESH_KUBECONFIG: await kubernetes.writeKubeconfig("bench") } }));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const times: number[] = [];
      for (let repeat = 0; repeat < repeats; repeat++) {
        const { name, port } = replicas[repeat % 2] ?? { name: "", port: 0 };
        const begin = performance.now();
        // Of all endpoints it alone is ready.
        kubernetes.set(slicesPath, "s0-ready", slice("s0", port, [{ addresses: ["127.0.0.1"] }]));
        while ((await ask(mesh.gatewayUrl, "/s0", { method: "POST", body: "{}", agent })).headers["x-replica"] !== name);
        times.push(performance.now() - begin);
      }
      agent.destroy();
      await mesh.stop();
      rows.push([String(endpoints), String(services), ms(quantile(times, 0.5)), ms(quantile(times, 0.9)), ms(Math.max(...times)), "200"]);
    }
    return {
      title: "Pod ready → its first answer through Envoy",
      columns: ["endpoints", "of services", "p50 ms", "p90 ms", "max ms", "aim"],
      rows,
      notes: [`${repeats} times: an EndpointSlice's only ready endpoint is another one, until that answers. The API is a small one of the test's; all other endpoints are draining.`],
    };
  },
};

function fill(kubernetes: FakeKubernetes, endpoints: number, services: number): void {
  for (let index = 0; index < services; index++) {
    kubernetes.set(servicesPath, `s${index}`, { spec: { ports: [{ name: "mcp", port: 80 }] } });
    for (let begin = 0; begin < endpoints / services - 1; begin += perSlice) {
      const count = Math.min(perSlice, endpoints / services - 1 - begin);
      kubernetes.set(slicesPath, `s${index}-${begin}`, slice(`s${index}`, 8080, Array.from({ length: count }, (_, offset) => ({ addresses: [`10.${index}.${Math.floor((begin + offset) / 250)}.${(begin + offset) % 250}`], conditions: { ready: false, serving: true, terminating: true } }))));
    }
  }
}

function slice(service: string, port: number, endpoints: readonly object[]): object {
  return { metadata: { labels: { "kubernetes.io/service-name": service } }, addressType: "IPv4", ports: [{ name: "mcp", port }], endpoints };
}
