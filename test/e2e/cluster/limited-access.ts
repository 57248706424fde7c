/** A kubeconfig for one who may do in a namespace what a role says, and nothing else anywhere. */

import { writeFile } from "node:fs/promises";
import { KubeConfig } from "@kubernetes/client-node";
import type { TestNamespace } from "./cluster.js";

export interface Rule { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly verbs: readonly string[] }

const made = ["get", "list", "watch", "create", "patch", "delete"];

/** Of an xds-server that creates, in each namespace where it does. */
export const creationRules: readonly Rule[] = [
  { apiGroups: [""], resources: ["services", "configmaps", "secrets", "serviceaccounts"], verbs: made },
  { apiGroups: ["apps"], resources: ["deployments"], verbs: made },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: made },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: made },
  { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
];

/** Of the same, where the Lease is. */
export const leaseRules: readonly Rule[] = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] }];

/** Writes the kubeconfig to `file`; its own namespace is this one. */
export async function limitedAccess(namespace: TestNamespace, name: string, rules: readonly Rule[], file: string): Promise<void> {
  await namespace.apply({ kind: "ServiceAccount", metadata: { name } });
  await namespace.apply({ kind: "Role", metadata: { name }, rules });
  await namespace.apply({ kind: "RoleBinding", metadata: { name }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name }, subjects: [{ kind: "ServiceAccount", name, namespace: namespace.name }] });
  // The API server answers with a TokenRequest that holds the token.
  const { status } = (await namespace.api.ask({ method: "POST", path: `${namespace.path("ServiceAccount", name)}/token`, body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} } })) as { readonly status: { readonly token: string } };
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) throw new Error("no cluster is known");
  const limited = new KubeConfig();
  limited.loadFromOptions({ clusters: [cluster], users: [{ name, token: status.token }], contexts: [{ name, user: name, cluster: cluster.name, namespace: namespace.name }], currentContext: name });
  await writeFile(file, limited.exportConfig(), { mode: 0o600 });
}
