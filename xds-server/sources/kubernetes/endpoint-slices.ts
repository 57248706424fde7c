/** Services and EndpointSlices as the API sends them → the endpoints of each port of a Service (pure). */

import type { HttpEndpoint, KubernetesPort, KubernetesService } from "../../model/model.js";

/** What is kept of an EndpointSlice (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/). */
export interface Slice {
  /** `namespace/name` of the Service that it is of. Absent: of none. */
  readonly service?: string;
  readonly family: "IPv4" | "IPv6" | "FQDN";
  /** The empty name is that of a Service's only port. */
  readonly ports: ReadonlyMap<string, number>;
  readonly endpoints: readonly SliceEndpoint[];
}

export interface SliceEndpoint {
  readonly host: string;
  readonly health: NonNullable<HttpEndpoint["health"]>;
  readonly zone?: string;
  /** What answers there: the same pod has an address of each family. */
  readonly target?: string;
}

/** What is kept of a Service. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly externalName?: string;
  /** The family that counts where an endpoint has an address of each. */
  readonly family: "IPv4" | "IPv6";
  /** Present: the Service says by its label that it is an MCP server. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What we look at of an object, as the API defines it. */
interface SliceObject {
  readonly metadata: ObjectMeta;
  readonly addressType: Slice["family"];
  readonly ports?: readonly { readonly name?: string | null; readonly port?: number | null; readonly protocol?: string | null }[] | null;
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean | null; readonly serving?: boolean | null; readonly terminating?: boolean | null };
    readonly zone?: string | null;
    readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly uid?: string } | null;
  }[] | null;
}

interface ServiceObject {
  readonly metadata: ObjectMeta & { readonly creationTimestamp?: string };
  readonly spec?: {
    readonly type?: string;
    readonly externalName?: string;
    readonly ipFamilies?: readonly string[];
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  };
}

interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const serviceNameLabel = "kubernetes.io/service-name";
export const componentLabel = "app.kubernetes.io/component";
export const component = "mcp-server";
const managedByLabel = "app.kubernetes.io/managed-by";
export const annotationPrefix = "mcp-mesh.io/";

export function toSlice(object: object): Slice {
  // The API server sends objects of the collection that was asked for.
  const { metadata, addressType, ports, endpoints } = object as SliceObject;
  const serviceName = metadata.labels?.[serviceNameLabel];
  return {
    ...(serviceName === undefined || serviceName === "" ? {} : { service: `${metadata.namespace ?? ""}/${serviceName}` }),
    family: addressType,
    ports: new Map((ports ?? []).flatMap(({ name, port, protocol }) => (isTcp(protocol) && typeof port === "number" ? [[name ?? "", port] as const] : []))),
    endpoints: (endpoints ?? []).flatMap((endpoint) => toSliceEndpoint(endpoint)),
  };
}

export function toService(object: object): Service {
  // The API server sends objects of the collection that was asked for.
  const { metadata, spec = {} } = object as ServiceObject;
  const { labels = {} } = metadata;
  // What was made from an entry of the registry is served as that entry says, or not any more.
  const isDiscovered = labels[componentLabel] === component && labels[managedByLabel] !== "mcp-mesh";
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name.startsWith(annotationPrefix));
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    createdAt: metadata.creationTimestamp ?? "",
    ports: (spec.ports ?? []).filter(({ protocol }) => isTcp(protocol)).map(({ name = "", port }) => ({ name, port })),
    ...(spec.type === "ExternalName" && spec.externalName !== undefined ? { externalName: spec.externalName } : {}),
    family: spec.ipFamilies?.[0] === "IPv6" ? "IPv6" : "IPv4",
    ...(isDiscovered ? { annotations: Object.fromEntries(annotations) } : {}),
  };
}

/** `slices` in an order that does not hang on when they came. */
export function toKubernetesService(service: Service, slices: readonly Slice[]): KubernetesService {
  const ports = service.ports.map(({ name, port }): KubernetesPort => ({ ...(name === "" ? {} : { name }), port, endpoints: toEndpoints(name, service.family, slices) }));
  return { ports, ...(service.externalName === undefined ? {} : { externalName: service.externalName }) };
}

function toEndpoints(portName: string, family: Service["family"], slices: readonly Slice[]): readonly HttpEndpoint[] {
  const byTarget = new Map<string, { readonly slice: Slice; readonly endpoint: SliceEndpoint; readonly port: number }>();
  for (const slice of slices) {
    // Where it listens is each slice's to say: during a change of the Service, pods of both kinds are there.
    const port = slice.ports.get(portName);
    if (port === undefined) continue;
    for (const endpoint of slice.endpoints) {
      const target = endpoint.target ?? `${endpoint.host}:${port}`;
      const other = byTarget.get(target);
      if (other === undefined || isBetter(slice, endpoint, other.slice, other.endpoint, family)) byTarget.set(target, { slice, endpoint, port });
    }
  }
  const byAddress = new Map<string, HttpEndpoint>();
  for (const { endpoint, port } of byTarget.values()) {
    const address = `${endpoint.host}:${port}`;
    // An address that one pod is leaving may already be another's.
    if (byAddress.get(address)?.health === "healthy") continue;
    byAddress.set(address, toHttpEndpoint(endpoint, port));
  }
  return [...byAddress.values()];
}

const madeOf = new WeakMap<SliceEndpoint, HttpEndpoint>();

/** The same object for an endpoint whose slice has not changed, so that nothing is made anew of it. */
function toHttpEndpoint(endpoint: SliceEndpoint, port: number): HttpEndpoint {
  const known = madeOf.get(endpoint);
  if (known?.port === port) return known;
  const { host, health, zone } = endpoint;
  const made = { host, port, weight: 1, priority: 0, ...(zone === undefined ? {} : { zone }), health };
  madeOf.set(endpoint, made);
  return made;
}

/** The same pod twice: by another family, or in another slice while it moves there. What ends does not begin again. */
function isBetter(slice: Slice, endpoint: SliceEndpoint, otherSlice: Slice, other: SliceEndpoint, family: Service["family"]): boolean {
  if (slice.family !== otherSlice.family) return slice.family === family;
  return endpoint.health === "draining" && other.health === "healthy";
}

/**
 * Unset conditions mean ready. A pod that is ending and still answers keeps its sessions; one that is not ready,
 * ending or not, is out. Where a Service publishes pods that are not ready, the API server calls them ready.
 */
function toSliceEndpoint({ addresses, conditions = {}, zone, targetRef }: NonNullable<SliceObject["endpoints"]>[number]): readonly SliceEndpoint[] {
  const [host] = addresses;
  const isReady = conditions.ready !== false;
  const isServing = conditions.serving ?? isReady;
  const isEnding = conditions.terminating === true;
  if (host === undefined || (isEnding ? !isServing : !isReady)) return [];
  const target = targetRef?.uid ?? (targetRef?.name === undefined ? undefined : `${targetRef.kind ?? ""} ${targetRef.namespace ?? ""}/${targetRef.name}`);
  return [{
    host,
    health: isEnding ? "draining" : "healthy",
    ...(zone === undefined || zone === null || zone === "" ? {} : { zone }),
    ...(target === undefined ? {} : { target }),
  }];
}

function isTcp(protocol: string | null | undefined): boolean {
  return protocol === undefined || protocol === null || protocol === "TCP";
}
