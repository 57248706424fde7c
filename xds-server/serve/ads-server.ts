/** The gRPC server that Envoys, bridges and other xDS clients connect to: streams in and out, no decision is taken here. */

import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { Server, ServerCredentials, setLogger, type ServerDuplexStream, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { DeltaDiscoveryRequest__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js";
import type { DiscoveryRequest__Output } from "../../protos/gen/envoy/service/discovery/v3/DiscoveryRequest.js";
import { aggregatedDiscoveryService } from "../../protos/services.js";
import type { Snapshot, TypeUrl } from "../snapshot/snapshot.js";
import type { SnapshotStore } from "../snapshot/snapshot-store.js";
import { startAdsStream, type AdsStream } from "./ads-stream.js";
import type { ClientStatus } from "./client-status.js";
import { toDeltaRequest, toSotwRequest } from "./requests.js";
import { toSnapshotChanges } from "./snapshot-changes.js";
import { additionOrder, isServedType } from "./type-order.js";

export interface XdsServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** PEM files. Clients must show a certificate of this authority. */
  readonly tls?: XdsTls;
  /** Without TLS only loopback addresses are served, unless the network is said to be private. */
  readonly allowInsecure?: boolean;
  readonly store: SnapshotStore;
  /** Served on the same port. */
  readonly extraServices?: readonly ExtraService[];
  readonly log: Logger;
  readonly now: () => number;
}

export interface XdsTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

export interface ExtraService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

export interface XdsServer {
  readonly port: number;
  clients(): readonly ClientStatus[];
  /** How often clients have refused a response of each type. */
  refusals(): ReadonlyMap<TypeUrl, number>;
  /** `listener` is called after every change of `clients()`, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Ends the streams, so that clients look for another server or wait for this one, and after `graceMs` the connections. */
  stop(graceMs: number): Promise<void>;
}

export class XdsServerError extends Error {
  readonly code: "insecure" | "unreadable-certificate" | "cannot-listen";

  constructor(code: XdsServerError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "XdsServerError";
    this.code = code;
  }
}

/** The names of 60,000 resources are 5 MB, above the default limit of 4 MiB. */
const maxMessageBytes = 256 * 1024 * 1024;

const grpcOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": -1,
  // A client that is gone without a word is noticed within 40 s.
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

export async function startXdsServer(options: XdsServerOptions): Promise<XdsServer> {
  const { store, log, now, extraServices = [] } = options;
  const credentials = await toCredentials(options);
  // The library would write to stderr what it also throws.
  setLogger({ error: (message: unknown) => log.debug({ grpc: String(message) }, "message of the gRPC library") });
  const streams = new Set<AdsStream>();
  const listeners = new Set<() => void>();
  const refusals = new Map<TypeUrl, number>(additionOrder.map((typeUrl) => [typeUrl, 0]));
  let snapshot = store.current;

  const common = {
    log,
    now,
    onChange: () => { for (const listener of [...listeners]) listener(); },
    onRefusal: (typeUrl: string) => {
      if (isServedType(typeUrl)) refusals.set(typeUrl, (refusals.get(typeUrl) ?? 0) + 1);
    },
    onEnd: (stream: AdsStream) => void streams.delete(stream),
  };
  const grpcServer = new Server(grpcOptions);
  // The responses are bytes already: the service passes a Buffer on as it is.
  grpcServer.addService(aggregatedDiscoveryService, {
    DeltaAggregatedResources: (call: ServerDuplexStream<DeltaDiscoveryRequest__Output, Buffer>) => {
      streams.add(startAdsStream({ ...common, call, protocol: "delta", toRequest: toDeltaRequest, snapshot }));
    },
    StreamAggregatedResources: (call: ServerDuplexStream<DiscoveryRequest__Output, Buffer>) => {
      streams.add(startAdsStream({ ...common, call, protocol: "sotw", toRequest: toSotwRequest, snapshot }));
    },
  });
  for (const { definition, implementation } of extraServices) grpcServer.addService(definition, implementation);
  const port = await listen(grpcServer, options, credentials);

  const unsubscribe = store.subscribe((next: Snapshot) => {
    const changes = toSnapshotChanges(snapshot, next);
    snapshot = next;
    for (const stream of [...streams]) stream.take({ kind: "snapshot", snapshot: next, changes });
  });

  return {
    port,
    clients: () => [...streams].map((stream) => stream.status()),
    refusals: () => refusals,
    onChange(listener) {
      const own = (): void => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    async stop(graceMs) {
      unsubscribe();
      for (const stream of [...streams]) stream.end("the xds-server stops");
      await shutDown(grpcServer, graceMs);
    },
  };
}

async function toCredentials({ host, port, tls, allowInsecure = false }: XdsServerOptions): Promise<ServerCredentials> {
  if (tls === undefined) {
    if (allowInsecure || isLoopback(host)) return ServerCredentials.createInsecure();
    throw new XdsServerError(
      "insecure",
      `xDS on ${toAddress(host, port)} without TLS would hand every configuration to whoever connects: listen on 127.0.0.1, give certificates, or allow it for a private network`,
    );
  }
  const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(readCertificate));
  if (ca === undefined || cert === undefined || key === undefined) throw new Error("three files were read");
  try {
    // Else each client would meet the error, and we never.
    createSecureContext({ ca, cert, key });
  } catch (error) {
    throw new XdsServerError("unreadable-certificate", `the certificate "${tls.certFile}", its key "${tls.keyFile}" and the authority "${tls.caFile}" cannot be used together: ${String(error)}`, error);
  }
  return ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
}

async function readCertificate(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new XdsServerError("unreadable-certificate", `the file "${file}", needed for TLS on the xDS port, cannot be read`, error);
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function toAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

async function listen(grpcServer: Server, { host, port }: XdsServerOptions, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    grpcServer.bindAsync(toAddress(host, port), credentials, (error, boundPort) => {
      if (error === null) resolve(boundPort);
      else reject(new XdsServerError("cannot-listen", `cannot listen on ${toAddress(host, port)} for xDS: ${error.message}`, error));
    });
  });
}

async function shutDown(grpcServer: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      grpcServer.forceShutdown();
      resolve();
    }, graceMs);
    grpcServer.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
