/** A cluster as far as the lifecycle speaks to it: its API over real HTTP, and a controller that makes and ends pods at once. */

import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface FakeObject {
  kind?: string;
  metadata: { name: string; namespace: string; uid?: string; resourceVersion?: string; generation?: number; labels?: Record<string, string>; deletionTimestamp?: string; ownerReferences?: readonly object[] };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [other: string]: unknown;
}

export interface Asked { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly body: unknown }

interface Refusal { readonly method: string; readonly path: RegExp; readonly status: number; times: number }

const resources = ["deployments", "statefulsets", "services", "pods", "events", "horizontalpodautoscalers"] as const;
type Resource = (typeof resources)[number];

export class FakeCluster {
  readonly asked: Asked[] = [];
  /** False: pods never become ready. */
  podsBecomeReady = true;
  /** True: nothing comes of a scale until a pod is deleted. */
  controllersAreSlow = false;
  /** Lines by `pod/container`; such a log goes on as long as it is followed. */
  readonly logLines = new Map<string, readonly string[]>();
  readonly #objects = new Map<Resource, Map<string, FakeObject>>(resources.map((resource) => [resource, new Map<string, FakeObject>()]));
  readonly #history: { readonly of: Resource; readonly event: string; readonly object: FakeObject; readonly version: number }[] = [];
  readonly #watchers = new Set<{ readonly resource: Resource; readonly matches: (object: FakeObject) => boolean; readonly response: ServerResponse }>();
  readonly #followers = new Set<ServerResponse>();
  readonly #refusals: Refusal[] = [];
  readonly #httpServer = createServer((request, response) => void this.#answer(request, response));
  readonly #folder = mkdtempSync(join(tmpdir(), "mcp-mesh-fake-cluster-"));
  readonly #news = new EventEmitter();
  #version = 100;
  #pods = 0;

  get url(): string {
    return `http://127.0.0.1:${(this.#httpServer.address() as AddressInfo).port}`; // A TCP server's address is never a string.
  }

  get kubeconfig(): string {
    return join(this.#folder, "kubeconfig");
  }

  async start(): Promise<void> {
    this.#httpServer.listen(0, "127.0.0.1");
    await once(this.#httpServer, "listening");
    writeFileSync(this.kubeconfig, JSON.stringify({
      apiVersion: "v1", kind: "Config", "current-context": "fake",
      clusters: [{ name: "fake", cluster: { server: this.url, "insecure-skip-tls-verify": true } }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "me", namespace: "mcp" } }, { name: "other", context: { cluster: "fake", user: "me", namespace: "other" } }],
      users: [{ name: "me", user: {} }],
    }));
  }

  async stop(): Promise<void> {
    this.#httpServer.closeAllConnections();
    this.#httpServer.close();
    await once(this.#httpServer, "close");
    rmSync(this.#folder, { recursive: true });
  }

  /** As if nothing had ever been there. */
  clear(): void {
    for (const objects of this.#objects.values()) objects.clear();
    this.asked.length = 0;
    this.#refusals.length = 0;
    this.logLines.clear();
    this.podsBecomeReady = true;
    this.controllersAreSlow = false;
  }

  refuse(method: string, path: RegExp, status: number, times = Infinity): void {
    this.#refusals.push({ method, path, status, times });
  }

  /** A server with pods as its replicas say. */
  addServer(name: string, { kind = "Deployment", replicas = 1, namespace = "mcp", labels = { "app.kubernetes.io/component": "mcp-server" } }: { readonly kind?: "Deployment" | "StatefulSet"; readonly replicas?: number; readonly namespace?: string; readonly labels?: Record<string, string> } = {}): void {
    const resource = kind === "Deployment" ? "deployments" : "statefulsets";
    const workload: FakeObject = {
      metadata: { name, namespace, uid: `uid-${namespace}-${name}`, generation: 1, labels },
      spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main" }] } } },
    };
    this.put(resource, workload);
    this.#control(resource, workload);
  }

  put(resource: Resource, object: FakeObject): void {
    const objects = this.#of(resource);
    const key = keyOf(object);
    const type = objects.has(key) ? "MODIFIED" : "ADDED";
    object.metadata.resourceVersion = String((this.#version += 1));
    objects.set(key, object);
    this.#tell(resource, type, object);
  }

  remove(resource: Resource, namespace: string, name: string): void {
    const object = this.#of(resource).get(`${namespace}/${name}`);
    if (object === undefined) return;
    this.#of(resource).delete(`${namespace}/${name}`);
    object.metadata.resourceVersion = String((this.#version += 1));
    this.#tell(resource, "DELETED", object);
  }

  get(resource: Resource, name: string, namespace = "mcp"): FakeObject | undefined {
    return this.#of(resource).get(`${namespace}/${name}`);
  }

  /** What has been waiting for readiness has it now. */
  makeReady(): void {
    this.podsBecomeReady = true;
    this.#controlAll();
  }

  #controlAll(): void {
    for (const resource of ["deployments", "statefulsets"] as const) for (const workload of this.#of(resource).values()) this.#control(resource, workload);
  }

  namesOf(resource: Resource): readonly string[] {
    return [...this.#of(resource).values()].map(({ metadata: { name } }) => name);
  }

  /** Ends every watch, as an API server does that restarts. */
  async dropWatches(): Promise<void> {
    const closed = [...this.#watchers].map(async ({ response }) => {
      response.end();
      await once(response, "close");
    });
    await Promise.all(closed);
  }

  /** Resolves once what has been asked so far is as wanted. */
  async whenAsked(isEnough: (asked: readonly Asked[]) => boolean): Promise<void> {
    while (!isEnough(this.asked)) await once(this.#news, "asked");
  }

  async whenNobodyWatches(resource: Resource): Promise<void> {
    while ([...this.#watchers].some((watcher) => watcher.resource === resource)) await once(this.#news, "closed");
  }

  #of(resource: Resource): Map<string, FakeObject> {
    const objects = this.#objects.get(resource);
    if (objects === undefined) throw new Error(`no ${resource} here`);
    return objects;
  }

  #tell(resource: Resource, type: string, object: FakeObject): void {
    const event = `${JSON.stringify({ type, object })}\n`;
    this.#history.push({ of: resource, event, object, version: this.#version });
    for (const watcher of this.#watchers) if (watcher.resource === resource && watcher.matches(object)) watcher.response.write(event);
  }

  /** What the controllers and the kubelet do, in no time. */
  #control(resource: "deployments" | "statefulsets", workload: FakeObject): void {
    const { name, namespace, generation = 1, uid } = workload.metadata;
    const replicas = Number(workload.spec?.["replicas"] ?? 1);
    const pods = this.#podsOf(name, namespace);
    for (const pod of pods.slice(replicas)) this.remove("pods", namespace, pod.metadata.name);
    for (let missing = replicas - pods.length; missing > 0; missing -= 1) {
      this.#pods += 1;
      const owner = resource === "deployments" ? { kind: "ReplicaSet", name: `${name}-abc`, uid: "rs", controller: true } : { kind: "StatefulSet", name, uid, controller: true };
      this.put("pods", {
        metadata: { name: `${name}-abc-${String(this.#pods).padStart(5, "0")}`, namespace, uid: `pod-${this.#pods}`, labels: { app: name, "pod-template-hash": "abc" }, ownerReferences: [owner] },
        status: { containerStatuses: [{ name: "main", ready: this.podsBecomeReady, state: this.podsBecomeReady ? { running: {} } : { waiting: { reason: "ImagePullBackOff", message: "no such image" } } }] },
      });
    }
    const ready = this.podsBecomeReady ? replicas : Math.min(replicas, Number(workload.status?.["readyReplicas"] ?? 0));
    this.put(resource, { ...workload, status: { observedGeneration: generation, replicas, readyReplicas: ready, availableReplicas: ready, updatedReplicas: replicas } });
  }

  #podsOf(name: string, namespace: string): readonly FakeObject[] {
    return [...this.#of("pods").values()].filter((pod) => pod.metadata.namespace === namespace && pod.metadata.labels?.["app"] === name && pod.metadata.ownerReferences !== undefined);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const body = await text(request);
    const { method = "GET" } = request;
    this.asked.push({ method, path: url.pathname, query: url.searchParams, body: body === "" ? undefined : JSON.parse(body) });
    this.#news.emit("asked");
    const refusal = this.#refusals.find((one) => one.method === method && one.times > 0 && one.path.test(url.pathname));
    if (refusal !== undefined) {
      refusal.times -= 1;
      return status(response, refusal.status, "refused by the test");
    }
    const [, namespace, resource = "", name = "", part] = /^\/apis?(?:\/\w+)?\/v\d(?:\/namespaces\/([^/]+))?\/(\w+)(?:\/([^/]+))?(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    if (!isResource(resource)) return status(response, 404, `no ${url.pathname}`);
    const object = namespace === undefined ? undefined : this.#of(resource).get(`${namespace}/${name}`);
    if (name === "") return this.#list(resource, namespace, url.searchParams, response);
    if (object === undefined) return status(response, 404, `${resource} "${name}" not found`);
    if (part === "scale" && (resource === "deployments" || resource === "statefulsets")) return this.#scale(resource, object, JSON.parse(body) as ScalePatch, response);
    if (part === "log") return this.#log(object, url.searchParams, response);
    if (method === "DELETE") {
      this.remove(resource, object.metadata.namespace, name);
      if (resource === "pods") this.#controlAll();
      return json(response, object);
    }
    status(response, 405, "not here");
  }

  #list(resource: Resource, namespace: string | undefined, query: URLSearchParams, response: ServerResponse): void {
    const labels = (query.get("labelSelector") ?? "").split(",").filter((one) => one !== "").map((one) => one.split("="));
    const [, onlyName] = /^metadata\.name=(.*)$/.exec(query.get("fieldSelector") ?? "") ?? [];
    const matches = (object: FakeObject): boolean =>
      (namespace === undefined || object.metadata.namespace === namespace) && (onlyName === undefined || object.metadata.name === onlyName) && labels.every(([key = "", value]) => object.metadata.labels?.[key] === value);
    if (query.get("watch") !== "true") return json(response, { metadata: { resourceVersion: String(this.#version) }, items: [...this.#of(resource).values()].filter(matches) });
    const watcher = { resource, matches, response };
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    // What has happened between the list and this watch is told first, as the API server does.
    for (const { of, event, object, version } of this.#history) if (of === resource && matches(object) && version > Number(query.get("resourceVersion"))) response.write(event);
    this.#watchers.add(watcher);
    response.once("close", () => {
      this.#watchers.delete(watcher);
      this.#news.emit("closed");
    });
  }

  #scale(resource: "deployments" | "statefulsets", workload: FakeObject, { metadata, spec }: ScalePatch, response: ServerResponse): void {
    if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== workload.metadata.resourceVersion) return status(response, 409, "the object has been modified");
    const changed = { ...workload, metadata: { ...workload.metadata, generation: (workload.metadata.generation ?? 1) + 1 }, spec: { ...workload.spec, replicas: spec.replicas } };
    this.put(resource, changed);
    json(response, { spec });
    if (!this.controllersAreSlow) setImmediate(() => this.#control(resource, changed));
  }

  #log({ metadata: { name } }: FakeObject, query: URLSearchParams, response: ServerResponse): void {
    const lines = this.logLines.get(`${name}/${query.get("container") ?? ""}`) ?? [];
    const tail = query.get("tailLines");
    response.writeHead(200, { "content-type": "text/plain" }).flushHeaders();
    for (const line of tail === null ? lines : lines.slice(-Number(tail))) response.write(`${line}\n`);
    if (query.get("follow") !== "true") return void response.end();
    this.#followers.add(response);
    response.once("close", () => this.#followers.delete(response));
  }
}

interface ScalePatch { readonly metadata?: { readonly resourceVersion?: string }; readonly spec: { readonly replicas: number } }

function isResource(text: string): text is Resource {
  return resources.some((resource) => resource === text);
}

function keyOf({ metadata: { namespace, name } }: FakeObject): string {
  return `${namespace}/${name}`;
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function status(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify({ kind: "Status", status: "Failure", code, message, reason: code === 403 ? "Forbidden" : "Unknown" }));
}
