/** A small Kubernetes API over real HTTP, for tests: lists in pages, watches, and whatever else it is told to do. */

import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { connectKubernetes, type KubernetesApi } from "../../../xds-server/kubernetes/kubernetes-api.js";

export interface KubernetesObject { readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown }; readonly [field: string]: unknown }

export interface Asked { readonly path: string; readonly query: URLSearchParams; readonly isWatch: boolean }

/** Undefined: the API answers as it should. */
export type Misbehave = (asked: Asked, response: ServerResponse) => boolean;

interface Change { readonly version: number; readonly path: string; readonly line: string }

export class FakeKubernetes {
  readonly asked: Asked[] = [];
  /** Asked first; true: it has answered itself. */
  misbehave: Misbehave = () => false;
  readonly #collections = new Map<string, Map<string, KubernetesObject>>();
  readonly #changes: Change[] = [];
  readonly #watches = new Set<{ readonly path: string; readonly response: ServerResponse }>();
  #version = 1;
  /** A watch from before this version has expired. */
  #oldest = 0;
  #server: Server | undefined;
  #port = 0;
  #folder = "";

  async start(): Promise<this> {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port; // A TCP server's address is never a string.
    return this;
  }

  /** By a kubeconfig, as everybody does it. */
  async connect(namespace = "own"): Promise<KubernetesApi> {
    return connectKubernetes({ kubeconfigFile: await this.writeKubeconfig(namespace) });
  }

  async writeKubeconfig(namespace: string, user: object = {}): Promise<string> {
    if (this.#folder === "") this.#folder = await mkdtemp(join(tmpdir(), "mcp-mesh-kubernetes-"));
    const kubeconfigFile = join(this.#folder, "config");
    const kubeconfig = {
      apiVersion: "v1", kind: "Config", "current-context": "fake",
      // The client takes HTTP without TLS for a mistake unless this says otherwise.
      clusters: [{ name: "fake", cluster: { server: `http://127.0.0.1:${this.#port}`, "insecure-skip-tls-verify": true } }],
      users: [{ name: "fake", user }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "fake", namespace } }],
    };
    await writeFile(kubeconfigFile, stringify(kubeconfig));
    return kubeconfigFile;
  }

  /** `collection` is the path of a namespace's objects; undefined: the object is gone. */
  set(collection: string, name: string, object: object | undefined): void {
    const namespace = /namespaces\/([^/]+)\//.exec(collection)?.[1] ?? "";
    this.#version += 1;
    const objects = this.#collections.get(collection) ?? new Map<string, KubernetesObject>();
    this.#collections.set(collection, objects);
    const before = objects.get(name);
    const { metadata, ...rest } = (object ?? before ?? {}) as { readonly metadata?: object };
    const full: KubernetesObject = { metadata: { ...metadata, name, namespace, resourceVersion: String(this.#version) }, ...rest };
    if (object === undefined) objects.delete(name);
    else objects.set(name, full);
    const type = object === undefined ? "DELETED" : before === undefined ? "ADDED" : "MODIFIED";
    const change = { version: this.#version, path: collection, line: `${JSON.stringify({ type, object: full })}\n` };
    this.#changes.push(change);
    for (const { path, response } of this.#watches) if (covers(path, collection)) response.write(change.line);
  }

  /** What was before is only to be had by a list. */
  forgetHistory(): void {
    this.#oldest = this.#version;
  }

  /** To all that watch, whatever it may be. */
  tell(text: string): void {
    for (const { response } of this.#watches) response.write(text);
  }

  /** As when a connection breaks. */
  cutWatches(): void {
    for (const { response } of this.#watches) response.destroy();
  }

  get watchCount(): number {
    return this.#watches.size;
  }

  /** Nothing listens any more; `start` brings it back on the same port, with all that it knows. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async stop(): Promise<void> {
    await this.down();
    if (this.#folder !== "") await rm(this.#folder, { recursive: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://fake");
    const asked = { path, query, isWatch: query.get("watch") === "true" };
    this.asked.push(asked);
    if (this.misbehave(asked, response)) return;
    if (asked.isWatch) this.#watch(path, Number(query.get("resourceVersion")), response);
    else this.#list(path, query, response);
  }

  #list(path: string, query: URLSearchParams, response: ServerResponse): void {
    const all = [...this.#collections].filter(([collection]) => covers(path, collection)).flatMap(([, objects]) => [...objects.values()]);
    const limit = Number(query.get("limit") ?? Infinity);
    const from = Number(query.get("continue") ?? 0);
    const next = from + limit < all.length ? String(from + limit) : undefined;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ metadata: { resourceVersion: String(this.#version), ...(next === undefined ? {} : { continue: next }) }, items: all.slice(from, from + limit) }));
  }

  #watch(path: string, version: number, response: ServerResponse): void {
    if (version < this.#oldest) return refuse(response, 410, "Expired", `too old resource version: ${version}`);
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    for (const change of this.#changes) if (change.version > version && covers(path, change.path)) response.write(change.line);
    const watch = { path, response };
    this.#watches.add(watch);
    response.on("close", () => this.#watches.delete(watch));
  }
}

export function refuse(response: ServerResponse, status: number, reason: string, message: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ kind: "Status", status: "Failure", reason, message, code: status }));
}

/** `/api/v1/services` covers those of every namespace. */
function covers(path: string, collection: string): boolean {
  return path === collection || path === collection.replace(/\/namespaces\/[^/]+/, "");
}
