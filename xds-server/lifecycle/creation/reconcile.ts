/** One server: what is wanted for it is made, changed or deleted, and nothing of anybody else's. */

import type { KubernetesApi } from "../../kubernetes/kubernetes-api.js";
import type { CreatedServer, PlanContext } from "../plan/created-server.js";
import { objectKey, type KubernetesObject } from "../plan/kubernetes-object.js";
import { annotations, fieldManager, isAdopted, labels, replicasManager, standingOf, toRemovable } from "../plan/ownership.js";
import type { LiveDeployment } from "../plan/replicas.js";
import { toMark, toSteps, type Applied } from "../plan/steps.js";
import { CreationError } from "./creation-error.js";
import { applyObject, deleteObject, readObject } from "./object-api.js";
import type { OwnedObjects } from "./owned-objects.js";
import type { ToWanted } from "./wanted-objects.js";

export interface Workshop {
  readonly api: KubernetesApi;
  readonly owner: string;
  readonly owned: OwnedObjects;
  /** By key: what was wanted of an object when it was applied last. */
  readonly applied: Map<string, Applied>;
}

/** Gives what was done, in words. Throws KubernetesError and CreationError. */
export async function makeServer(workshop: Workshop, server: CreatedServer, toWanted: ToWanted, stop: AbortSignal): Promise<readonly string[]> {
  const { owner, owned, applied, api } = workshop;
  const done: string[] = [];
  // The second time everything knows the Deployment that it belongs to.
  for (const _ of ["make", "own"]) {
    const live = await look(workshop, server, toWanted({ owner, adopted: new Set() }), stop);
    const wanted = toWanted(toContext(live, owner));
    const steps = toSteps({ owner, workload: server.workload, wanted, live, applied });
    for (const step of steps) {
      const key = objectKey(step.object);
      switch (step.kind) {
        case "apply": {
          const there = live.get(key);
          const answer = await applyObject(api, step.object, fieldManager, step.force, stop);
          owned.take(answer);
          if (there === undefined || there.metadata.resourceVersion !== answer.metadata.resourceVersion) done.push(`${there === undefined ? "made" : "changed"} ${step.object.kind} ${step.object.metadata.name}`);
          applied.set(key, { wanted: step.wanted, live: toMark(answer) });
          break;
        }
        case "replicas":
          owned.take(await applyObject(api, step.object, replicasManager, true, stop));
          break;
        case "delete":
          await deleteObject(api, step.object, stop);
          forget(workshop, key);
          done.push(`deleted ${step.object.kind} ${step.object.metadata.name}`);
          break;
      }
    }
    if (steps.length === 0) break;
  }
  return done;
}

/** Deletes what was made for a server that nobody wants any more. Throws KubernetesError. */
export async function removeServer(workshop: Workshop, namespace: string, id: string, stop: AbortSignal): Promise<void> {
  const { api, owner, owned } = workshop;
  // The Deployment first: what belongs to it would else be made anew by whoever still sees it.
  for (const object of [...toRemovable(owned.of(namespace, id), owner)].sort((a, b) => Number(b.kind === "Deployment") - Number(a.kind === "Deployment"))) {
    await deleteObject(api, object, stop);
    forget(workshop, objectKey(object));
  }
}

/** What is there of what is wanted, and all that was made for the server. Throws CreationError where something is not ours. */
async function look({ api, owner, owned }: Workshop, server: CreatedServer, wanted: readonly KubernetesObject[], stop: AbortSignal): Promise<ReadonlyMap<string, KubernetesObject>> {
  const live = new Map(owned.of(server.namespace, server.id).map((object) => [objectKey(object), object]));
  for (const object of wanted) {
    const key = objectKey(object);
    const there = owned.get(key) ?? await readObject(api, object, stop);
    if (there === undefined) continue;
    if (standingOf(there, owner) === "foreign" || isOfAnother(there, server)) throw foreign(there, owner);
    live.set(key, there);
  }
  return live;
}

/** Two ids never have the same name, but a chart may name what it makes as it likes. */
function isOfAnother({ metadata }: KubernetesObject, { id }: CreatedServer): boolean {
  const other = metadata.annotations?.[annotations.id];
  return other !== undefined && other !== id && metadata.annotations?.[annotations.made] === "true";
}

function foreign({ kind, metadata }: KubernetesObject, owner: string): CreationError {
  const other = metadata.labels?.[labels.owner];
  const whose = other !== undefined && other !== owner ? `was made by another mesh, ${other}` : metadata.annotations?.[annotations.made] === "true" ? `was made for ${metadata.annotations[annotations.id] ?? "another server"}` : "is there already, and was not made by the mesh";
  return new CreationError("foreign", `the ${kind} ${metadata.namespace}/${metadata.name} ${whose}: nothing is made or changed, and its Service is only discovered`, `to let the registry rule it: kubectl -n ${metadata.namespace} annotate ${kind.toLowerCase()} ${metadata.name} ${annotations.adopt}=true (or =force, where others say otherwise); else give the server another id, or write service: ${metadata.name} instead`);
}

function toContext(live: ReadonlyMap<string, KubernetesObject>, owner: string): PlanContext {
  const adopted = new Set([...live].filter(([, object]) => isAdopted(object, owner)).map(([key]) => key));
  // What a list of Deployments holds is a Deployment.
  const deployment = [...live.values()].find(({ kind }) => kind === "Deployment") as LiveDeployment | undefined;
  const { uid, name } = deployment?.metadata ?? {};
  if (deployment === undefined || uid === undefined || name === undefined) return { owner, adopted };
  const { selector, template } = deployment.spec ?? {};
  const container = template?.spec?.containers?.[0]?.name;
  const isOthers = adopted.has(objectKey(deployment)) && container !== undefined;
  return { owner, adopted, deployment: { name, uid, ...(isOthers ? { adopted: { matchLabels: selector?.matchLabels ?? {}, container } } : {}) } };
}

function forget({ owned, applied }: Workshop, key: string): void {
  owned.forget(key);
  applied.delete(key);
}
