/** What a chart is told of a server: the names that `helm create` has made usual, and only what the registry says. */

import type { CreatedServer } from "./created-server.js";

export function toChartValues({ id, name, path, workload }: CreatedServer): Readonly<Record<string, unknown>> {
  const { madeFrom, replicas, autoscaling, port, resources, serviceAccount, user } = workload;
  const secretEnv = Object.entries(workload.secretEnv);
  const given = <T>(field: string, value: T | undefined, isEmpty = value === undefined): Readonly<Record<string, T | undefined>> => (isEmpty ? {} : { [field]: value });
  return {
    fullnameOverride: name,
    mcp: { id, path },
    ...(madeFrom.image === undefined ? {} : { image: toImageValues(madeFrom.image) }),
    ...given("command", workload.command),
    ...given("args", workload.args),
    ...given("replicaCount", replicas),
    ...(autoscaling === undefined ? {} : { autoscaling: { enabled: true, minReplicas: autoscaling.min, maxReplicas: autoscaling.max, targetCPUUtilizationPercentage: autoscaling.cpuPercent } }),
    ...(port === undefined ? {} : { port, service: { port } }),
    ...given("env", workload.env, Object.keys(workload.env).length === 0),
    ...given("secrets", Object.fromEntries(secretEnv.flatMap(([variable, value]) => (value.kind === "value" ? [[variable, value.value]] : []))), !secretEnv.some(([, { kind }]) => kind === "value")),
    ...given("secretRefs", Object.fromEntries(secretEnv.flatMap(([variable, value]) => (value.kind === "reference" ? [[variable, { name: value.secret, key: value.key }]] : []))), !secretEnv.some(([, { kind }]) => kind === "reference")),
    ...given("configFiles", Object.fromEntries(Object.entries(workload.configFiles).map(([file, { content }]) => [file, content])), Object.keys(workload.configFiles).length === 0),
    ...given("writablePaths", workload.writablePaths, workload.writablePaths.length === 0),
    ...given("readinessPath", workload.readinessPath),
    ...given("resources", resources),
    ...given("terminationGracePeriodSeconds", workload.gracePeriodSeconds),
    ...(user === undefined ? {} : { podSecurityContext: { runAsUser: user, runAsGroup: user, fsGroup: user } }),
    ...(serviceAccount === undefined ? {} : { serviceAccount: { create: false, name: serviceAccount } }),
    ...given("imagePullSecrets", workload.imagePullSecrets.map((secret) => ({ name: secret })), workload.imagePullSecrets.length === 0),
    ...given("nodeSelector", workload.nodeSelector, Object.keys(workload.nodeSelector).length === 0),
  };
}

/** `registry:5000/team/server:1.2` has a tag behind its last slash, or a digest, which is never only a part of it. */
function toImageValues(image: string): Readonly<Record<string, string>> {
  const at = image.indexOf("@");
  if (at >= 0) return { repository: image.slice(0, at), digest: image.slice(at + 1) };
  const colon = image.indexOf(":", image.lastIndexOf("/") + 1);
  return colon < 0 ? { repository: image } : { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
}
