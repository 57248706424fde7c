/** What the pods read at their start: a ConfigMap for plain files, a Secret for everything that nobody else is to read. */

import type { V1ConfigMap, V1EnvVar, V1Secret, V1Volume, V1VolumeMount } from "@kubernetes/client-node";
import type { CreatedServer, PlanContext } from "./created-server.js";
import { fingerprint } from "./fingerprint.js";
import { toFileKey, toMetadata } from "./metadata.js";
import type { KubernetesObject } from "./kubernetes-object.js";

/** The API's types, with the metadata that we need of every object. */
export type Planned<T> = Omit<T, "metadata" | "apiVersion" | "kind"> & KubernetesObject;

export interface Configuration {
  readonly objects: readonly KubernetesObject[];
  readonly env: readonly V1EnvVar[];
  readonly volumes: readonly V1Volume[];
  readonly mounts: readonly V1VolumeMount[];
  /** Absent: there is nothing that could change. */
  readonly version?: string;
}

export function toConfiguration(server: CreatedServer, context: PlanContext): Configuration {
  const { env, secretEnv } = server.workload;
  const files = Object.entries(server.workload.configFiles).sort(byName);
  const plainFiles = files.filter(([, { isSecret }]) => !isSecret);
  const secretFiles = files.filter(([, { isSecret }]) => isSecret);
  const data = Object.fromEntries(plainFiles.map(([path, { content }]) => [toFileKey(path), content]));
  const secretVariables = Object.entries(secretEnv).sort(byName);
  const secrets = Object.fromEntries([
    ...secretVariables.flatMap(([name, value]) => (value.kind === "value" ? [[name, value.value] as const] : [])),
    ...secretFiles.map(([path, { content }]) => [toFileKey(path), content] as const),
  ]);
  const configMap: Planned<V1ConfigMap> = { apiVersion: "v1", kind: "ConfigMap", metadata: toMetadata(server, context, "ConfigMap"), data };
  // As base64, since a Secret's stringData is written only and would be given back by nobody.
  const secret: Planned<V1Secret> = { apiVersion: "v1", kind: "Secret", metadata: toMetadata(server, context, "Secret"), type: "Opaque", data: Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, Buffer.from(value).toString("base64")])) };
  const hasFiles = plainFiles.length > 0;
  const hasSecrets = Object.keys(secrets).length > 0;
  return {
    objects: [...(hasFiles ? [configMap] : []), ...(hasSecrets ? [secret] : [])],
    env: [
      ...Object.entries(env).sort(byName).map(([name, value]) => ({ name, value: withoutReferences(value) })),
      ...secretVariables.map(([name, value]) => ({ name, valueFrom: { secretKeyRef: value.kind === "value" ? { name: server.name, key: name } : { name: value.secret, key: value.key } } })),
    ],
    volumes: [
      ...(hasFiles ? [{ name: "config", configMap: { name: server.name } }] : []),
      ...(secretFiles.length > 0 ? [{ name: "secret-config", secret: { secretName: server.name } }] : []),
    ],
    mounts: files.map(([path, { isSecret }]) => ({ name: isSecret ? "secret-config" : "config", mountPath: path, subPath: toFileKey(path), readOnly: true })),
    ...(hasFiles || hasSecrets ? { version: fingerprint([data, secrets]) } : {}),
  };
}

/** Kubernetes would put other variables in the place of `$(NAME)`; the registry's texts are meant as they are. */
export function withoutReferences(value: string): string {
  return value.replaceAll("$(", "$$$$(");
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
