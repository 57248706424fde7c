/** What the two streams to the xds-server share: how to reach it, and how to come back after it was gone. */

import { credentials, type ChannelCredentials, type ClientOptions } from "@grpc/grpc-js";

export interface Tls { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer }

export function makeCredentials(tls: Tls | undefined): ChannelCredentials {
  return tls === undefined ? credentials.createInsecure() : credentials.createSsl(tls.ca, tls.key, tls.cert);
}

export const clientOptions: Partial<ClientOptions> = {
  // The first response names every server: it may be large.
  "grpc.max_receive_message_length": -1,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.keepalive_permit_without_calls": 1,
  // An xds-server that is back waits 5 s for the bridges before it lets Envoy go on without them: both pauses together must end before.
  "grpc.initial_reconnect_backoff_ms": 200,
  "grpc.max_reconnect_backoff_ms": 1_500,
  // When all xds-servers behind a name have been replaced, the new ones are looked for at once; the usual pause is 30 s.
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
};

const firstRetryMs = 200, maxRetryMs = 2_000;

/** Runs one attempt after the other until stopped, each later than the one before until one has worked. */
export class Retry {
  private readonly attempt: () => void;
  /** In a row. */
  failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(attempt: () => void) {
    this.attempt = attempt;
  }

  get stopped(): boolean {
    return this.isStopped;
  }

  worked(): void {
    this.failures = 0;
  }

  /** Spread over half to whole of the time, so that many bridges do not come at once. */
  failed(): void {
    if (this.isStopped) return;
    const full = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.failures, 10));
    this.failures++;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.attempt, full * (0.5 + Math.random() / 2));
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }
}
