/** The life of one stream: hands what comes in to its conversation, and writes out what that answers. */

import { status, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { Node__Output } from "../../protos/gen/envoy/config/core/v3/Node.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { isCompletelyInSync, toClientStatus, type ClientNode, type ClientStatus } from "./client-status.js";
import { Conversation, type StreamEvent } from "./conversation.js";
import type { DeltaRequest, Protocol, SotwRequest } from "./discovery.js";
import { toClientNode } from "./requests.js";
import { toResponseBytes } from "./response-bytes.js";

/** Envoy itself gives up waiting for a cluster's endpoints after 15 s. */
const patienceMs = 10_000;

export interface AdsStreamOptions<Request extends { readonly node?: Node__Output }> {
  readonly call: ServerDuplexStream<Request, Buffer>;
  readonly protocol: Protocol;
  readonly toRequest: (request: Request) => DeltaRequest | SotwRequest;
  readonly snapshot: Snapshot | undefined;
  readonly log: Logger;
  readonly now: () => number;
  readonly onChange: () => void;
  readonly onRefusal: (typeUrl: string) => void;
  readonly onEnd: (stream: AdsStream) => void;
}

export interface AdsStream {
  readonly status: () => ClientStatus;
  readonly take: (event: StreamEvent) => void;
  readonly end: (reason: string) => void;
}

export function startAdsStream<Request extends { readonly node?: Node__Output }>(options: AdsStreamOptions<Request>): AdsStream {
  const { call, protocol, toRequest, now, onChange, onRefusal, onEnd } = options;
  const conversation = new Conversation({ snapshot: options.snapshot, patienceMs });
  const connectedAtMs = now();
  const peer = call.getPeer();
  let log = options.log.child({ peer });
  let node: ClientNode = { id: "", userAgentName: "", userAgentVersion: "" };
  let hasBeenInSync = false;
  let isEnded = false;
  let timer: NodeJS.Timeout | undefined;

  const stream: AdsStream = {
    status: () => toClientStatus({ node, peer, connectedAtMs, protocol, conversation, hasBeenInSync }),
    take: guarded(take),
    end: (reason) => endWith(status.UNAVAILABLE, reason),
  };

  call.on("data", guarded((request: Request) => {
    if (request.node !== undefined) {
      node = toClientNode(request.node);
      log = options.log.child({ peer, node: node.id });
      log.info({ userAgent: node.userAgentName, protocol }, "client connected");
    }
    const plain = toRequest(request);
    if (plain.refusal !== undefined) {
      log.warn({ typeUrl: plain.typeUrl, refusal: plain.refusal }, "client refused a response and keeps what it has");
      onRefusal(plain.typeUrl);
    }
    take(plain);
  }));
  call.on("drain", () => call.resume());
  call.on("end", () => {
    call.end();
    finish();
  });
  call.on("cancelled", finish);
  call.on("error", finish);
  return stream;

  function take(event: StreamEvent): void {
    if (isEnded) return;
    for (const reply of conversation.take(event, now())) {
      // A client that does not read is not listened to either: what waits to be written stays bounded.
      if (!call.write(toResponseBytes(protocol, reply))) call.pause();
    }
    hasBeenInSync ||= isCompletelyInSync(node, conversation);
    clearTimeout(timer);
    const { wakeInMs } = conversation;
    if (wakeInMs !== undefined) timer = setTimeout(() => stream.take({ kind: "time" }), wakeInMs);
    onChange();
  }

  /** A bug met by one stream ends that stream, never the process with all the others. */
  function guarded<Argument>(run: (argument: Argument) => void): (argument: Argument) => void {
    return (argument) => {
      try {
        run(argument);
      } catch (error) {
        log.error({ err: error }, "a stream failed and is ended, its client will connect again");
        endWith(status.INTERNAL, "the xds-server failed on this stream");
      }
    };
  }

  function endWith(code: status, details: string): void {
    if (isEnded) return;
    finish();
    call.emit("error", { code, details });
  }

  function finish(): void {
    if (isEnded) return;
    isEnded = true;
    clearTimeout(timer);
    if (node.id !== "") log.info("client disconnected");
    onEnd(stream);
    onChange();
  }
}
