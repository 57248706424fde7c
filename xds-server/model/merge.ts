/** What each source sees → one Model, and the problems of all. */

import { toKubernetesServers } from "./kubernetes-servers.js";
import type { BridgesView, Checked, KubernetesView, Model, RegistryView, SessionKeysView } from "./model.js";

/** Workers count only for what the registry still names: a server that left it leaves Envoy before the bridges stop it. */
export function merge(registry: RegistryView, bridges: BridgesView, sessionKeys: SessionKeysView, kubernetes: KubernetesView): Checked<Model> {
  const { value: servers, problems } = toKubernetesServers(registry, kubernetes);
  const stdioServers = servers.filter(({ runsAs }) => runsAs.kind === "stdio");
  const workers = new Map(stdioServers.flatMap(({ id }) => {
    const reported = bridges.workers.get(id);
    return reported === undefined ? [] : [[id, reported] as const];
  }));
  return {
    value: { gateway: registry.gateway, servers, workers, sessionKeys: sessionKeys.keys },
    problems: [...registry.problems, ...bridges.problems, ...sessionKeys.problems, ...kubernetes.problems, ...problems],
  };
}
