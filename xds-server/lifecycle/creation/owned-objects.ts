/** All that bears our label, and the pods of it, as watches see it: what has changed is told by the server it belongs to. */

import type { KubernetesApi } from "../../kubernetes/kubernetes-api.js";
import type { KubernetesError } from "../../kubernetes/kubernetes-error.js";
import { watchObjects, type WatchedObject } from "../../kubernetes/watch-objects.js";
import { collectionPath, createdKindNames, createdKinds, objectKey, type CreatedKind, type KubernetesObject } from "../plan/kubernetes-object.js";
import { labels, serverIdOf } from "../plan/ownership.js";
import type { PodState } from "../plan/troubles.js";
import { ServerIndex } from "./server-index.js";

export interface OwnedObjectsOptions {
  readonly api: KubernetesApi;
  readonly owner: string;
  /** Something of these servers has changed; keys as `serverKey` makes them. `isFirst`: another kind has been listed. */
  readonly onChange: (keys: ReadonlySet<string>, isFirst: boolean) => void;
  /** Why a list may be out of date, by what is listed; undefined: it is true again. */
  readonly onTrouble: (what: string, error: KubernetesError | undefined) => void;
}

/** A pod, with the metadata by which its server is found. */
export type OwnedPod = PodState & WatchedObject & Pick<KubernetesObject, "metadata">;

export class OwnedObjects {
  readonly #options: OwnedObjectsOptions;
  readonly #objects = new ServerIndex<KubernetesObject>();
  readonly #pods = new ServerIndex<OwnedPod>();
  /** By namespace, or "" for the whole cluster: the kinds that have been listed. */
  readonly #listed = new Map<string, Set<string>>();

  constructor(options: OwnedObjectsOptions) {
    this.#options = options;
  }

  get(key: string): KubernetesObject | undefined {
    return this.#objects.get(key);
  }

  of(namespace: string, id: string): readonly KubernetesObject[] {
    return this.#objects.of(serverKey(namespace, id));
  }

  pods(namespace: string, id: string): readonly OwnedPod[] {
    return this.#pods.of(serverKey(namespace, id));
  }

  /** Of every server that something is there of. */
  keys(): ReadonlySet<string> {
    return this.#objects.servers();
  }

  /** Everything of a namespace has been listed at least once: what is not here is not there. */
  isListed(namespace: string): boolean {
    const wanted = createdKindNames.length + 1;
    return [namespace, ""].some((scope) => this.#listed.get(scope)?.size === wanted);
  }

  /** What the API server has answered is newer than what the watch has told so far. */
  take(object: KubernetesObject): void {
    this.#objects.set(objectKey(object), object, keyOf(object));
  }

  forget(key: string): void {
    this.#objects.delete(key);
  }

  /** `namespace` undefined: the whole cluster. Resolves when `stop` is aborted. */
  async watch(namespace: string | undefined, stop: AbortSignal): Promise<void> {
    await Promise.all([
      ...createdKindNames.map((kind) => this.#watchKind(kind, namespace, stop)),
      this.#watchInto<OwnedPod>("pods", collectionPath("Service", namespace).replace(/services$/, "pods"), namespace, this.#pods, (pod) => `${pod.metadata.namespace}/${pod.metadata.name}`, (pod) => pod, stop),
    ]);
  }

  #watchKind(kind: CreatedKind, namespace: string | undefined, stop: AbortSignal): Promise<void> {
    // The items of a list do not say what they are.
    const named = (object: KubernetesObject): KubernetesObject => ({ ...object, apiVersion: createdKinds[kind].apiVersion, kind });
    return this.#watchInto<KubernetesObject>(createdKinds[kind].plural, collectionPath(kind, namespace), namespace, this.#objects, objectKey, named, stop);
  }

  #watchInto<T extends Pick<KubernetesObject, "metadata">>(what: string, path: string, namespace: string | undefined, into: ServerIndex<T>, toKey: (object: T) => string, toObject: (object: T) => T, stop: AbortSignal): Promise<void> {
    const { api, owner, onChange, onTrouble } = this.#options;
    let before: ReadonlyMap<string, T> = new Map();
    return watchObjects<T>({
      api,
      path,
      query: { labelSelector: `${labels.owner}=${owner}` },
      stop,
      onTrouble: (error) => onTrouble(`${what}${namespace === undefined ? "" : ` of ${namespace}`}`, error),
      onChange: (objects) => {
        const changed = new Set<string>();
        for (const [name, object] of objects) {
          if (before.get(name) === object) continue;
          const server = keyOf(object);
          into.set(toKey(toObject(object)), toObject(object), server);
          if (server !== undefined) changed.add(server);
        }
        for (const [name, object] of before) {
          if (objects.has(name)) continue;
          const server = keyOf(object);
          into.delete(toKey(toObject(object)));
          if (server !== undefined) changed.add(server);
        }
        before = new Map(objects);
        const listed = this.#listed.get(namespace ?? "") ?? new Set();
        const isFirst = !listed.has(what);
        listed.add(what);
        this.#listed.set(namespace ?? "", listed);
        if (changed.size > 0 || isFirst) onChange(changed, isFirst);
      },
    });
  }
}

export function serverKey(namespace: string, id: string): string {
  return `${namespace}/${id}`;
}

function keyOf(object: Pick<KubernetesObject, "metadata">): string | undefined {
  const id = serverIdOf(object);
  return id === undefined ? undefined : serverKey(object.metadata.namespace, id);
}
