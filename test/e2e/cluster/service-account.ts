/** A kubeconfig for a ServiceAccount that may do what is given and no more, so that a test finds out which rights are used. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { stringify } from "yaml";
import type { TestNamespace } from "./cluster.js";

export interface Rule { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly verbs: readonly string[]; readonly resourceNames?: readonly string[] }

export class ServiceAccount {
  readonly #namespace: TestNamespace;
  readonly #name: string;
  #folder = "";

  constructor(namespace: TestNamespace, name: string) {
    this.#namespace = namespace;
    this.#name = name;
  }

  get kubeconfigFile(): string {
    return join(this.#folder, "config");
  }

  /** The context's namespace is the test's. */
  async start(): Promise<this> {
    const { api, name: namespace } = this.#namespace;
    await this.#namespace.apply({ kind: "ServiceAccount", metadata: { name: this.#name } });
    // The answer of a token request has the token in its status.
    const { status } = (await api.ask({ method: "POST", path: `${this.#namespace.path("ServiceAccount", this.#name)}/token`, body: { spec: { expirationSeconds: 3_600 } } })) as { readonly status: { readonly token: string } };
    const own = new KubeConfig();
    own.loadFromDefault();
    const cluster = own.getCurrentCluster();
    if (cluster === null) throw new Error("KUBECONFIG has no current cluster");
    this.#folder = await mkdtemp(join(tmpdir(), "mcp-mesh-account-"));
    const authority = cluster.caData === undefined ? { "certificate-authority": cluster.caFile } : { "certificate-authority-data": cluster.caData };
    await writeFile(this.kubeconfigFile, stringify({
      apiVersion: "v1", kind: "Config", "current-context": "test",
      clusters: [{ name: "test", cluster: { server: cluster.server, ...authority } }],
      users: [{ name: "test", user: { token: status.token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
    }), { mode: 0o600 });
    return this;
  }

  /** In its own namespace. */
  async allow(...rules: readonly Rule[]): Promise<void> {
    const { name: namespace } = this.#namespace;
    await this.#namespace.apply({ kind: "Role", metadata: { name: this.#name }, rules });
    await this.#namespace.apply({
      kind: "RoleBinding",
      metadata: { name: this.#name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: this.#name },
      subjects: [{ kind: "ServiceAccount", name: this.#name, namespace }],
    });
  }

  async stop(): Promise<void> {
    if (this.#folder !== "") await rm(this.#folder, { recursive: true, force: true });
  }
}
