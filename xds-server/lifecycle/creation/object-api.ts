/** What is asked of the Kubernetes API for one object: read it, apply it, delete it. */

import type { KubernetesApi } from "../../kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../kubernetes/kubernetes-error.js";
import { isCreatedKind, objectPath, type KubernetesObject } from "../plan/kubernetes-object.js";

export async function readObject(api: KubernetesApi, object: KubernetesObject, stop: AbortSignal): Promise<KubernetesObject | undefined> {
  try {
    return toObject(object, await api.ask({ path: pathOf(object), stop }));
  } catch (error) {
    if (error instanceof KubernetesError && error.code === "not_found") return undefined;
    throw error;
  }
}

/** Server-side apply: makes it, or changes what we have said of it before, and leaves what others say of it. */
export async function applyObject(api: KubernetesApi, object: KubernetesObject, manager: string, force: boolean, stop: AbortSignal): Promise<KubernetesObject> {
  const query = { fieldManager: manager, force, fieldValidation: "Strict" };
  // Every JSON text is YAML.
  return toObject(object, await api.ask({ method: "PATCH", path: pathOf(object), query, contentType: "application/apply-patch+yaml", body: object, stop }));
}

/** What has gone already is deleted; another object that has got the name since is not touched. */
export async function deleteObject(api: KubernetesApi, object: KubernetesObject, stop: AbortSignal): Promise<void> {
  const { uid } = object.metadata;
  const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background", ...(uid === undefined ? {} : { preconditions: { uid } }) };
  try {
    await api.ask({ method: "DELETE", path: pathOf(object), body, stop });
  } catch (error) {
    if (!(error instanceof KubernetesError) || (error.code !== "not_found" && error.code !== "conflict")) throw error;
  }
}

function pathOf({ kind, metadata: { namespace, name } }: KubernetesObject): string {
  // Plans and rendered charts hold no other kinds.
  if (!isCreatedKind(kind)) throw new Error(`${kind} is not made for any server`);
  return objectPath(kind, namespace, name);
}

/** Some answers leave out what was asked for. */
function toObject({ apiVersion, kind }: KubernetesObject, answer: unknown): KubernetesObject {
  return { ...(answer as KubernetesObject), apiVersion, kind };
}
