/** The loop of the control plane: views → merge → translate → publish. */

import type { Logger } from "pino";
import { merge } from "./model/merge.js";
import type { BridgesView, Checked, Gateway, KubernetesView, Model, Problem, RegistryView, SessionKeysView } from "./model/model.js";
import { makeSnapshot } from "./snapshot/make-snapshot.js";
import type { Resources } from "./snapshot/resources.js";
import type { SnapshotStore } from "./snapshot/snapshot-store.js";
import type { Source } from "./sources/source.js";
import { latest } from "./latest.js";

export interface PipelineParts {
  readonly registry: Source<RegistryView>;
  readonly bridges: Source<BridgesView>;
  readonly sessionKeys: Source<SessionKeysView>;
  readonly kubernetes: Source<KubernetesView>;
  /** What was given on the command line wins over the registry. */
  readonly gatewayOverride: Partial<Pick<Gateway, "host" | "port">>;
  /** Adds the mesh's own MCP server to what the sources see. */
  readonly joinTools: (checked: Checked<Model>) => Checked<Model>;
  /** Allowed beside what the registry allows. */
  readonly moreAllowedHosts: readonly string[];
  readonly translate: (model: Model) => Resources;
  readonly store: SnapshotStore;
  readonly log: Logger;
  /** Called after every round, with what is now in force. */
  readonly onRound: (round: Round) => void;
}

export interface Round {
  readonly model: Model;
  /** Of the sources and of whatever could not be served. */
  readonly problems: readonly Problem[];
  readonly registry: RegistryView;
  readonly kubernetes: KubernetesView;
  /** False: Envoy is told nothing yet. */
  readonly isSettled: boolean;
}

/** Long enough for a burst of file events to be one change, short enough not to be felt. */
const calmMs = 2;

export async function runPipeline(parts: PipelineParts, stop: AbortSignal): Promise<void> {
  const { registry, bridges, sessionKeys, kubernetes, store, log } = parts;
  const withOverride = overriding(parts.gatewayOverride, parts.moreAllowedHosts);
  const streams = [(signal: AbortSignal) => registry.views(signal), (signal: AbortSignal) => bridges.views(signal), (signal: AbortSignal) => sessionKeys.views(signal), (signal: AbortSignal) => kubernetes.views(signal)] as const;
  for await (const [registryView, bridgesView, keysView, kubernetesView] of latest<[RegistryView, BridgesView, SessionKeysView, KubernetesView]>(streams, calmMs, stop)) {
    const { value: model, problems } = parts.joinTools(merge({ ...registryView, gateway: withOverride(registryView.gateway) }, bridgesView, keysView, kubernetesView));
    const resources = parts.translate(model);
    const isSettled = bridgesView.settled && kubernetesView.settled;
    const { value: snapshot, problems: misfits } = makeSnapshot(isSettled ? resources : forBridgesOnly(resources), store.current);
    for (const misfit of misfits) log.error({ problem: misfit }, "a resource cannot be served as it is");
    store.publish(snapshot);
    parts.onRound({ model, problems: [...problems, ...misfits], registry: registryView, kubernetes: kubernetesView, isSettled });
  }
}

/** Until the bridges had time to report, and Kubernetes to answer, Envoy is told nothing: it keeps the routes that it has. */
function forBridgesOnly(resources: Resources): Resources {
  return { clusters: undefined, endpoints: undefined, listeners: undefined, scopes: undefined, routes: undefined, stdioServers: resources.stdioServers };
}

/** Gives the same object for the same object, as everything after it relies on. */
function overriding(override: PipelineParts["gatewayOverride"], moreAllowedHosts: readonly string[]): (gateway: Gateway) => Gateway {
  let last: { from: Gateway; to: Gateway } | undefined;
  return (gateway) => {
    if (last?.from !== gateway) last = { from: gateway, to: { ...gateway, ...override, allowedHosts: [...gateway.allowedHosts, ...moreAllowedHosts] } };
    return last.to;
  };
}
