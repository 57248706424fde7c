/** Model → Resources: what Envoy and the bridges are to be told. */

import type { Cluster } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";
import type { ClusterLoadAssignment } from "../../protos/gen/envoy/config/endpoint/v3/ClusterLoadAssignment.js";
import type { RouteConfiguration } from "../../protos/gen/envoy/config/route/v3/RouteConfiguration.js";
import type { ScopedRouteConfiguration } from "../../protos/gen/envoy/config/route/v3/ScopedRouteConfiguration.js";
import type { StdioServer } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";
import type { Gateway, McpServer, Model, WorkerEndpoint } from "../model/model.js";
import type { Recipe, Resources } from "../snapshot/resources.js";
import { isResolvedByEnvoy, toCluster, toSessionsCluster, toTracingCluster } from "./clusters.js";
import { toLoadAssignment, toWorkersAssignment } from "./endpoints.js";
import { toListener } from "./listener.js";
import { serverResourceName, tracingClusterName } from "./names.js";
import { toIndex, toIndexScope, toRouteConfiguration, toScope } from "./routes.js";
import { toStdioServer } from "./stdio-servers.js";
import type { Surroundings } from "./surroundings.js";

/** What one server gives. The endpoints of a stdio server and what its bridges are told are not among it: they change without it. */
interface ServerRecipes {
  readonly clusters: readonly (() => Cluster)[];
  readonly scope: () => ScopedRouteConfiguration;
  readonly routes: () => RouteConfiguration;
  readonly endpoints?: () => ClusterLoadAssignment;
}

/**
 * Makes a translation that gives the same recipes for a server that is the same object: among 10,000
 * servers a change of one is then one translation and one encoding. What it returns depends on the model alone.
 */
export function makeTranslation(surroundings: Surroundings): (model: Model) => Resources {
  const byServer = new WeakMap<McpServer, { gateway: Gateway; isOnDemand: boolean; recipes: ServerRecipes }>();
  const stdioServers = new WeakMap<McpServer, { readonly keys: readonly Uint8Array[]; readonly recipe: () => StdioServer }>();
  const byWorkers = new WeakMap<readonly WorkerEndpoint[], Map<string, ClusterLoadAssignment>>();
  const listeners = memoLast(toListener);
  const indexes = memoLast((ids: string) => toIndex(ids === "" ? [] : ids.split("\n")));
  const tracingClusters = memoLast(toTracingCluster);
  const indexScope = toIndexScope();

  const recipesOf = (mcpServer: McpServer, gateway: Gateway, isOnDemand: boolean): ServerRecipes => {
    const known = byServer.get(mcpServer);
    const isSame = known !== undefined && isSameFor(mcpServer, known.gateway, gateway);
    if (isSame && known.isOnDemand === isOnDemand) return known.recipes;
    const before = isSame ? known.recipes : toServerRecipes(mcpServer, surroundings);
    const recipes = { ...before, routes: () => toRouteConfiguration(mcpServer, gateway, isOnDemand) };
    byServer.set(mcpServer, { gateway, isOnDemand, recipes });
    return recipes;
  };
  const assignmentOf = (serverId: string, workers: readonly WorkerEndpoint[]): ClusterLoadAssignment => {
    const known = byWorkers.get(workers) ?? new Map<string, ClusterLoadAssignment>();
    byWorkers.set(workers, known);
    const assignment = known.get(serverId) ?? toWorkersAssignment(serverId, workers);
    known.set(serverId, assignment);
    return assignment;
  };

  const stdioServerOf = (mcpServer: McpServer, keys: readonly Uint8Array[]): readonly (() => StdioServer)[] => {
    const { id, runsAs } = mcpServer;
    if (runsAs.kind !== "stdio") return [];
    const known = stdioServers.get(mcpServer);
    if (known?.keys === keys) return [known.recipe];
    const recipe = (): StdioServer => toStdioServer(id, runsAs, keys);
    stdioServers.set(mcpServer, { keys, recipe });
    return [recipe];
  };

  return (model) => {
    const routed = model.servers.filter((mcpServer) => isRouted(mcpServer, model));
    const isOnDemand = routed.length > (surroundings.eagerServers ?? Infinity);
    const all = routed.map((mcpServer) => recipesOf(mcpServer, model.gateway, isOnDemand));
    const { tracing } = model.gateway;
    const guessed = routed.filter(({ runsAs }) => runsAs.kind === "http" && runsAs.areEndpointsUnknown === true).map(({ id }) => serverResourceName(id));
    return {
      clusters: [...all.flatMap(({ clusters }) => clusters), ...(tracing === undefined ? [] : [tracingClusters(tracing)])],
      endpoints: routed.flatMap((mcpServer, index): Recipe<ClusterLoadAssignment>[] => {
        if (mcpServer.runsAs.kind === "stdio") return [assignmentOf(mcpServer.id, model.workers.get(mcpServer.id) ?? [])];
        const endpoints = all[index]?.endpoints;
        return endpoints === undefined ? [] : [endpoints];
      }),
      listeners: [listeners(model.gateway)],
      scopes: [indexScope, ...all.map(({ scope }) => scope)],
      routes: [indexes(routed.map(({ id }) => id).join("\n")), ...all.map(({ routes }) => routes)],
      ...(guessed.length === 0 ? {} : { guessedEndpoints: new Set(guessed) }),
      ...(isOnDemand ? { eagerClusters: new Set([tracingClusterName]) } : {}),
      stdioServers: model.servers.flatMap((mcpServer) => stdioServerOf(mcpServer, model.sessionKeys)),
    };
  };
}

/** A stdio server is routed from the moment that a bridge has taken it up; before, nothing could answer. */
function isRouted(mcpServer: McpServer, model: Model): boolean {
  return mcpServer.runsAs.kind === "http" || model.workers.has(mcpServer.id);
}

/** Of the gateway, only its rule for logs and, where a server has origins of its own, its hosts reach into a server. */
function isSameFor(mcpServer: McpServer, before: Gateway, now: Gateway): boolean {
  return before === now || (mcpServer.policy.cors === undefined && before.accessLog === now.accessLog);
}

/** All but the routes, which alone hang on the gateway and on the number of servers. */
function toServerRecipes(mcpServer: McpServer, surroundings: Surroundings): Omit<ServerRecipes, "routes"> {
  const { id, runsAs } = mcpServer;
  return {
    clusters: [() => toCluster(mcpServer, surroundings), ...(runsAs.kind === "stdio" ? [() => toSessionsCluster(id)] : [])],
    scope: () => toScope(mcpServer),
    ...(runsAs.kind === "http" && !isResolvedByEnvoy(runsAs) ? { endpoints: () => toLoadAssignment(id, runsAs) } : {}),
  };
}

function memoLast<Input, Output>(transform: (input: Input) => Output): (input: Input) => Output {
  let last: { input: Input; output: Output } | undefined;
  return (input) => {
    if (last?.input !== input) last = { input, output: transform(input) };
    return last.output;
  };
}
