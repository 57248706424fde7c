/** A snapshot: everything that is served at one moment, encoded once, each resource named by a hash of its content. */

/** The resource types served, in the order in which additions are sent; removals go the other way round. */
export const typeUrls = {
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  endpoints: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  scope: "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
  routes: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  stdioServer: "type.googleapis.com/mcp_mesh.v1.StdioServer",
} as const;

export type TypeUrl = (typeof typeUrls)[keyof typeof typeUrls];

export interface EncodedResource {
  readonly name: string;
  /** A hash of the content, the same after a restart. */
  readonly version: string;
  /** A serialized google.protobuf.Any that holds the resource. */
  readonly any: Uint8Array;
  /** What it cannot do without; absent where there is nothing. */
  readonly references?: readonly Reference[];
  /** What is really so could not be found out yet: for clients that have nothing of this name, and no reason to take anything away. */
  readonly isGuess?: true;
}

/** Another resource, by type and name. */
export interface Reference {
  readonly typeUrl: TypeUrl;
  readonly name: string;
}

export interface Snapshot {
  /** By type and name. A type that is absent is not known yet: nothing is said of it to anybody. */
  readonly byType: ReadonlyMap<TypeUrl, ReadonlyMap<string, EncodedResource>>;
  /**
   * Present: there are so many clusters that a delta client that asks for all gets only those named here. Each other one it
   * gets when it asks for it by name, and keeps.
   */
  readonly eagerClusters?: ReadonlySet<string>;
}
