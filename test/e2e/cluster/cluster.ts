/** The Kubernetes cluster that `KUBECONFIG` names, for tests: a namespace of one's own, objects in it, and what there is to wait for. */

import { randomBytes } from "node:crypto";
import { connectKubernetes, type KubernetesApi } from "../../../xds-server/kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../../xds-server/kubernetes/kubernetes-error.js";
import { until } from "../until.js";
import { provideImage } from "./test-image.js";

export interface Cluster {
  readonly api: KubernetesApi;
  /** The image of test/e2e/cluster/image. */
  readonly image: string;
}

/** Skips the block, and says why, where there is no cluster, or no way to get the image of these tests into it. */
export async function clusterOrSkip(context: Mocha.Context): Promise<Cluster> {
  const cluster = await findCluster();
  if ("missing" in cluster) {
    console.error(`\n  SKIPPED: ${cluster.missing}\n`);
    return context.skip();
  }
  return cluster;
}

async function findCluster(): Promise<Cluster | { readonly missing: string }> {
  // Nobody's own cluster is meant by accident.
  if (process.env["KUBECONFIG"] === undefined) return { missing: "KUBECONFIG names no cluster" };
  try {
    const api = connectKubernetes();
    await api.ask({ path: "/version", timeoutMs: 5_000 });
    const provided = await provideImage(api);
    return "missing" in provided ? provided : { api, image: provided.image };
  } catch (error) {
    if (error instanceof KubernetesError && (error.code === "no_cluster" || error.code === "unreachable" || error.code === "timeout")) return { missing: error.message };
    throw error;
  }
}

export interface Objects { readonly kind: string; readonly metadata: { readonly name: string; readonly [field: string]: unknown }; readonly [field: string]: unknown }

/** Where the objects of a kind are, below a namespace. */
const collections: Readonly<Record<string, string>> = {
  Deployment: "/apis/apps/v1/namespaces/NAMESPACE/deployments",
  StatefulSet: "/apis/apps/v1/namespaces/NAMESPACE/statefulsets",
  Service: "/api/v1/namespaces/NAMESPACE/services",
  Pod: "/api/v1/namespaces/NAMESPACE/pods",
  ConfigMap: "/api/v1/namespaces/NAMESPACE/configmaps",
  Secret: "/api/v1/namespaces/NAMESPACE/secrets",
  ServiceAccount: "/api/v1/namespaces/NAMESPACE/serviceaccounts",
  EndpointSlice: "/apis/discovery.k8s.io/v1/namespaces/NAMESPACE/endpointslices",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings",
  HorizontalPodAutoscaler: "/apis/autoscaling/v2/namespaces/NAMESPACE/horizontalpodautoscalers",
  ResourceQuota: "/api/v1/namespaces/NAMESPACE/resourcequotas",
  ReplicaSet: "/apis/apps/v1/namespaces/NAMESPACE/replicasets",
  PodDisruptionBudget: "/apis/policy/v1/namespaces/NAMESPACE/poddisruptionbudgets",
  Lease: "/apis/coordination.k8s.io/v1/namespaces/NAMESPACE/leases",
};

export interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: { readonly podIP?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[]; readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[] };
}

/** A namespace with a name of its own; `stop` removes it with all that is in it. */
export class TestNamespace {
  readonly name: string;
  readonly api: KubernetesApi;

  constructor(api: KubernetesApi, prefix: string) {
    this.api = api;
    this.name = `${prefix}-${randomBytes(3).toString("hex")}`;
  }

  async start(): Promise<this> {
    await this.api.ask({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: this.name } } });
    // Pods can be made from the moment that the controllers have given the namespace its account.
    await until(`the account of ${this.name}`, () => this.has("ServiceAccount", "default"));
    return this;
  }

  /** Creates the object, or changes it to be as given. */
  async apply(object: Objects): Promise<void> {
    await this.api.ask({ method: "PATCH", path: this.path(object.kind, object.metadata.name), query: { fieldManager: "mcp-mesh-test", force: true }, contentType: "application/apply-patch+yaml", body: { apiVersion: apiVersionOf(object.kind), ...object } });
  }

  async patch(kind: string, name: string, change: object): Promise<void> {
    await this.api.ask({ method: "PATCH", path: this.path(kind, name), contentType: "application/merge-patch+json", body: change });
  }

  async remove(kind: string, name: string, gracePeriodSeconds?: number): Promise<void> {
    await this.api.ask({ method: "DELETE", path: this.path(kind, name), query: { gracePeriodSeconds } });
  }

  async has(kind: string, name: string): Promise<boolean> {
    try {
      await this.api.ask({ path: this.path(kind, name) });
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.code === "not_found") return false;
      throw error;
    }
  }

  async scale(deployment: string, replicas: number): Promise<void> {
    await this.patch("Deployment", deployment, { spec: { replicas } });
  }

  /** Those of a Deployment made here, that are not about to end. */
  async pods(name: string): Promise<readonly Pod[]> {
    // The API server answers for a collection with a list.
    const { items } = (await this.api.ask({ path: this.path("Pod"), query: { labelSelector: `app.kubernetes.io/name=${name}` } })) as { readonly items: readonly Pod[] };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async untilReady(name: string, count: number): Promise<readonly Pod[]> {
    return until(`${count} ready pods of ${name}`, async () => {
      const pods = await this.pods(name);
      return pods.length === count && pods.every(isReady) && pods;
    }, 60_000);
  }

  path(kind: string, name?: string): string {
    const collection = collections[kind];
    if (collection === undefined) throw new Error(`the tests know no collection of ${kind}`);
    return collection.replace("NAMESPACE", this.name) + (name === undefined ? "" : `/${name}`);
  }

  /** Everything that is there, of every kind that the tests know, by kind and name. */
  async everything(): Promise<readonly string[]> {
    const lists = await Promise.all(Object.keys(collections).map(async (kind) => {
      // The API server answers for a collection with a list.
      const { items } = (await this.api.ask({ path: this.path(kind) })) as { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
      return items.map(({ metadata }) => `${kind} ${metadata.name}`);
    }));
    return lists.flat().sort();
  }

  /** Tests read what they expect out of it; a wrong shape fails there. */
  async read<T>(kind: string, name: string): Promise<T> {
    return (await this.api.ask({ path: this.path(kind, name) })) as T;
  }

  async stop(): Promise<void> {
    await this.api.ask({ method: "DELETE", path: `/api/v1/namespaces/${this.name}` });
  }
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
}

function apiVersionOf(kind: string): string {
  const [, group] = /^\/(?:apis\/([^/]+\/[^/]+)|api\/v1)/.exec(collections[kind] ?? "") ?? [];
  return group ?? "v1";
}

export interface McpDeployment {
  readonly name: string;
  readonly image: string;
  readonly replicas?: number;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly graceSeconds?: number;
  /** So many failed probes in a row make a pod unready; on a busy machine one may be late. Default 1. */
  readonly failedProbes?: number;
  /** Of the Service, beside those that select its pods. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Deployment of pod-server.mjs, or of another program in the image, and its Service with the port `mcp`. */
export function mcpDeployment({ name, image, replicas = 1, command, env = {}, graceSeconds = 10, failedProbes = 1, labels = {}, annotations = {} }: McpDeployment): readonly Objects[] {
  const own = { "app.kubernetes.io/name": name };
  return [
    {
      kind: "Deployment",
      metadata: { name, labels: own },
      spec: {
        replicas,
        selector: { matchLabels: own },
        template: {
          metadata: { labels: own },
          spec: {
            terminationGracePeriodSeconds: graceSeconds,
            // Else the server is process 1 of its pod, which no process of the pod can kill.
            shareProcessNamespace: true,
            containers: [{
              name: "server",
              image,
              ...(command === undefined ? {} : { command }),
              env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
              ports: [{ name: "mcp", containerPort: 8080 }],
              readinessProbe: { ...(command === undefined ? { httpGet: { path: "/healthz", port: "mcp" } } : { tcpSocket: { port: "mcp" } }), periodSeconds: 1, failureThreshold: failedProbes },
            }],
          },
        },
      },
    },
    { kind: "Service", metadata: { name, labels: { ...own, ...labels }, annotations }, spec: { selector: own, ports: [{ name: "mcp", port: 80, targetPort: "mcp" }] } },
  ];
}
