/** What /status says, for what the parts know. */

import { readEnvoyClusters } from "../../../xds-server/admin/envoy-clusters.js";
import { toStatus, type StatusInput } from "../../../xds-server/admin/status.js";
import type { Gateway, HttpServer, McpServer, StdioServer, WorkerEndpoint } from "../../../xds-server/model/model.js";
import type { KubernetesErrorCode } from "../../../xds-server/kubernetes/kubernetes-error.js";
import type { KubernetesStatus } from "../../../xds-server/sources/kubernetes/kubernetes-source.js";
import { golden } from "../../golden.js";

/** A case names what it is about; the rest is the same in all. */
interface Case extends Partial<Omit<StatusInput, "model" | "envoyClusters" | "kubernetes">> {
  readonly gateway?: Partial<Gateway>;
  readonly http?: Readonly<Record<string, Partial<HttpServer> & Partial<Pick<McpServer, "description" | "labels" | "policy">>>>;
  readonly stdio?: Readonly<Record<string, Partial<StdioServer>>>;
  readonly workers?: Readonly<Record<string, readonly WorkerEndpoint[]>>;
  /** As Envoy's admin answers. */
  readonly clusters?: unknown;
  readonly nothingServed?: boolean;
  readonly kubernetes?: Omit<KubernetesStatus, "failures"> & { readonly failures: Readonly<Record<string, number>> };
}

const gatewayBefore: Gateway = { host: "127.0.0.1", port: 8000, allowedHosts: [], maxRequestBytes: 10_485_760, accessLog: true };
const httpBefore: HttpServer = {
  kind: "http",
  endpoints: [],
  path: "/mcp",
  basePath: "",
  loadBalancing: "round_robin",
  healthCheck: { type: "off" },
  sessionAffinity: { by: "auto" },
  circuitBreaker: { maxConnections: 1, maxPendingRequests: 1, maxRequests: 1, maxRetries: 1 },
  retries: { attempts: 0 },
  timeouts: { connectMs: 1_000 },
  requestHeaders: [{ name: "authorization", value: "Bearer do-not-show" }],
  dnsRefreshMs: 5_000,
  hostHeader: { kind: "auto" },
};
const stdioBefore: StdioServer = {
  kind: "stdio",
  command: ["mcp-server", "--token", "do-not-show"],
  env: { TOKEN: "do-not-show" },
  pool: { min: 1, max: 2, idleTimeoutMs: 1, queueMax: 1, queueTimeoutMs: 1 },
  maxMessageBytes: 1_000,
  onLoss: "reinitialize",
  sessionMaxAgeMs: 1,
};
const inputBefore: Omit<StatusInput, "model" | "envoyClusters"> = {
  version: "0.1.0",
  startedAtMs: Date.UTC(2026, 6, 28),
  readiness: { ready: true, reasons: [] },
  problems: [],
  registry: { files: ["registry.yaml"], reloads: { ok: 1, failed: 0 }, lastReadAtMs: Date.UTC(2026, 6, 28, 0, 0, 1) },
  snapshots: { published: 1, lastPublishedAtMs: Date.UTC(2026, 6, 28, 0, 0, 2) },
  clients: [], refusals: new Map(),
  bridges: [],
};

golden<Case>("test/testdata/admin-status", (input) => {
  const { gateway, http = {}, stdio = {}, workers = {}, clusters, nothingServed = false, kubernetes, ...rest } = input;
  const model = {
    gateway: { ...gatewayBefore, ...gateway },
    servers: [
      ...Object.entries(http).map(([id, { description, labels, policy, ...fields }]) => toServer(id, { ...httpBefore, ...fields }, { description, labels, policy })),
      ...Object.entries(stdio).map(([id, fields]) => toServer(id, { ...stdioBefore, ...fields }, {})),
    ],
    workers: new Map(Object.entries(workers)),
    sessionKeys: [Buffer.from("do-not-show")],
  };
  const envoyClusters = clusters === undefined ? undefined : readEnvoyClusters(clusters);
  const seen = kubernetes === undefined ? undefined : { ...kubernetes, failures: new Map(Object.entries(kubernetes.failures)) as ReadonlyMap<KubernetesErrorCode, number> }; // The cases name codes.
  return toStatus({ ...inputBefore, ...rest, kubernetes: seen, model: nothingServed ? undefined : model, envoyClusters });
});

function toServer(id: string, runsAs: McpServer["runsAs"], said: { description?: string | undefined; labels?: McpServer["labels"] | undefined; policy?: McpServer["policy"] | undefined }): McpServer {
  const policy = said.policy ?? { accessLog: true, auth: { kind: "api_keys", keys: [{ client: "me", key: "do-not-show" }] } };
  return { id, labels: said.labels ?? {}, runsAs, policy, ...(said.description === undefined ? {} : { description: said.description }) };
}
