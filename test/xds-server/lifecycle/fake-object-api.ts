/** As much of the Kubernetes API, without a wire, as creation needs: objects that are read, listed, watched, applied and deleted. */

import type { KubernetesApi, KubernetesRequest } from "../../../xds-server/kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../../xds-server/kubernetes/kubernetes-error.js";
import type { KubernetesObject } from "../../../xds-server/lifecycle/plan/kubernetes-object.js";

interface Watch { readonly path: string; readonly label: string; tell(line: string): void }

export class FakeObjectApi implements KubernetesApi {
  readonly url = "http://fake";
  readonly namespace = "own";
  /** Requests that change something, as `PATCH /path`. */
  readonly written: string[] = [];
  /** Asked before each of them; throws to refuse it. */
  onWrite: (request: KubernetesRequest) => void | Promise<void> = () => undefined;
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #watches = new Set<Watch>();
  #version = 1;

  async ask(request: KubernetesRequest): Promise<unknown> {
    const { method = "GET", path, body, query = {} } = request;
    request.stop?.throwIfAborted();
    if (method === "GET") {
      const found = this.#objects.get(path);
      if (found !== undefined) return found;
      if (/\/(leases|deployments|services|secrets|configmaps|serviceaccounts|horizontalpodautoscalers|poddisruptionbudgets)\/[^/]+$/.test(path)) throw new KubernetesError("not_found", `${path}: not found`, { status: 404 });
      return { metadata: { resourceVersion: String(this.#version) }, items: this.#list(path, String(query["labelSelector"] ?? "")) };
    }
    await this.onWrite(request);
    request.stop?.throwIfAborted();
    this.written.push(`${method} ${path}`);
    if (method === "DELETE") {
      this.put(path, undefined);
      return {};
    }
    return this.put(path, merged(this.#objects.get(path), body as KubernetesObject) as KubernetesObject);
  }

  async *lines({ path, query = {}, stop, onOpen }: KubernetesRequest & { readonly onOpen?: () => void }): AsyncGenerator<string> {
    const lines: string[] = [];
    let wake = (): void => undefined;
    const watch: Watch = { path, label: String(query["labelSelector"] ?? ""), tell: (line) => {
      lines.push(line);
      wake();
    } };
    this.#watches.add(watch);
    stop?.addEventListener("abort", () => wake(), { once: true });
    onOpen?.();
    try {
      while (stop?.aborted !== true) {
        yield* lines.splice(0);
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (lines.length > 0 || stop?.aborted === true) resolve();
        });
      }
    } finally {
      this.#watches.delete(watch);
    }
  }

  /** As anybody else may change, make or delete it. */
  put(path: string, object: object | undefined): unknown {
    const before = this.#objects.get(path);
    this.#version += 1;
    const [, namespace = ""] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    const given = (object ?? before ?? { metadata: {} }) as KubernetesObject;
    const full = { ...given, metadata: { uid: `uid-${this.#version}`, ...given.metadata, name: path.slice(path.lastIndexOf("/") + 1), namespace, resourceVersion: String(this.#version) } };
    if (object === undefined) this.#objects.delete(path);
    else this.#objects.set(path, full);
    const type = object === undefined ? "DELETED" : before === undefined ? "ADDED" : "MODIFIED";
    for (const watch of this.#watches) if (path.startsWith(`${watch.path}/`) && bears(full, watch.label)) watch.tell(JSON.stringify({ type, object: full }));
    return full;
  }

  get(path: string): KubernetesObject | undefined {
    return this.#objects.get(path);
  }

  paths(): readonly string[] {
    return [...this.#objects.keys()].sort();
  }

  #list(path: string, label: string): readonly KubernetesObject[] {
    return [...this.#objects].filter(([at, object]) => at.startsWith(`${path}/`) && bears(object, label)).map(([, object]) => object);
  }
}

function bears({ metadata }: KubernetesObject, selector: string): boolean {
  const [name = "", value] = selector.split("=");
  return selector === "" || metadata.labels?.[name] === value;
}

/** What is applied counts more; what is not said stays. */
function merged(before: unknown, now: unknown): unknown {
  if (typeof before !== "object" || typeof now !== "object" || before === null || now === null || Array.isArray(now)) return now;
  const result: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(now)) result[key] = merged(result[key], value);
  return result;
}
