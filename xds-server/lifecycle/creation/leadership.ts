/** Of several xds-servers one writes: the one that holds a Lease, as long as it renews it in time. */

import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import type { KubernetesApi } from "../../kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../kubernetes/kubernetes-error.js";

export interface LeadershipOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly name: string;
  /** Another one for every process, also of one machine. */
  readonly identity: string;
  /** In milliseconds, on a clock that never goes back. */
  readonly now: () => number;
  /** For the times that others read in the Lease. */
  readonly date: () => Date;
  /** 0..1, so that several do not come at one moment. */
  readonly random: () => number;
  readonly log: Logger;
  readonly times?: LeaseTimes;
  /** `term` is aborted as soon as the Lease is no longer surely ours. */
  readonly onElected: (term: AbortSignal) => void;
  /** Who holds the Lease, or why nobody can tell. */
  readonly onState: (state: LeaderState) => void;
}

export type LeaderState =
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "leading"; readonly leader: string }
  | { readonly kind: "following"; readonly leader: string };

export interface LeaseTimes {
  /** Nobody else takes the Lease before it has not been renewed for so long. */
  readonly leaseMs: number;
  /** A leader that cannot renew it for so long stops to be one. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
  readonly askMs: number;
}

/** Those of Kubernetes' own controllers. */
const usualTimes: LeaseTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, askMs: 5_000 };

interface Lease {
  readonly apiVersion: "coordination.k8s.io/v1";
  readonly kind: "Lease";
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly spec?: { readonly holderIdentity?: string; readonly leaseDurationSeconds?: number; readonly acquireTime?: string; readonly renewTime?: string; readonly leaseTransitions?: number };
}

/** Resolves when `stop` is aborted; a Lease that is held then is given back, so that nobody has to wait for its end. */
export async function runLeadership(options: LeadershipOptions, stop: AbortSignal): Promise<void> {
  const { api, identity, now, random, log, onElected, onState, times = usualTimes } = options;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(options.namespace)}/leases`;
  let term: AbortController | undefined;
  let deadline: NodeJS.Timeout | undefined;
  /** The clocks of two machines may differ: what counts is how long we ourselves have seen no renewal. */
  let seen: { readonly version: string; readonly atMs: number } | undefined;

  const resign = (why: string): void => {
    clearTimeout(deadline);
    if (term === undefined) return;
    log.warn(why);
    onState({ kind: "unknown", why });
    term.abort();
    term = undefined;
  };
  const hold = (lease: Lease, sinceMs: number): void => {
    seen = { version: lease.metadata.resourceVersion ?? "", atMs: sinceMs };
    clearTimeout(deadline);
    // A timer, because a request that hangs must not keep up the belief that the Lease is ours.
    deadline = setTimeout(() => resign("the Lease could not be renewed in time: nothing is written until it is ours again"), Math.max(0, sinceMs + times.renewDeadlineMs - now()));
    if (term !== undefined) return;
    term = new AbortController();
    log.info({ lease: `${options.namespace}/${options.name}`, identity }, "this xds-server writes to Kubernetes now");
    onState({ kind: "leading", leader: identity });
    onElected(term.signal);
  };

  const round = async (): Promise<void> => {
    const startedAtMs = now();
    const lease = await readLease(options, path, stop);
    const renewTime = microTime(options.date());
    if (lease === undefined) {
      const made: Lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: options.name, namespace: options.namespace }, spec: { holderIdentity: identity, leaseDurationSeconds: seconds(times.leaseMs), acquireTime: renewTime, renewTime, leaseTransitions: 0 } };
      hold((await api.ask({ method: "POST", path, body: made, timeoutMs: times.askMs, stop })) as Lease, startedAtMs);
      return;
    }
    const { holderIdentity: holder = "", leaseDurationSeconds = seconds(times.leaseMs), leaseTransitions = 0, acquireTime } = lease.spec ?? {};
    const version = lease.metadata.resourceVersion ?? "";
    if (seen?.version !== version) seen = { version, atMs: startedAtMs };
    if (holder !== "" && holder !== identity && now() < seen.atMs + leaseDurationSeconds * 1_000) {
      resign("another xds-server holds the Lease: nothing more is written here");
      onState({ kind: "following", leader: holder });
      return;
    }
    const isOurs = holder === identity;
    const spec = { ...lease.spec, holderIdentity: identity, leaseDurationSeconds: seconds(times.leaseMs), acquireTime: isOurs ? acquireTime ?? renewTime : renewTime, renewTime, leaseTransitions: isOurs ? leaseTransitions : leaseTransitions + 1 };
    // With the version that was read: of two that try at once, one gets a conflict.
    const renewed = await api.ask({ method: "PUT", path: `${path}/${encodeURIComponent(options.name)}`, body: { ...lease, spec }, timeoutMs: times.askMs, stop });
    hold(renewed as Lease, startedAtMs);
  };

  while (!stop.aborted) {
    try {
      await round();
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      if (!stop.aborted && error.code !== "conflict" && term === undefined) onState({ kind: "unknown", why: error.message });
    }
    await pause(times.retryMs * (0.9 + 0.2 * random()), stop);
  }
  const wasLeading = term !== undefined;
  clearTimeout(deadline);
  term?.abort();
  if (wasLeading) await giveBack(options, path);
}

async function readLease({ api, name, times = usualTimes }: LeadershipOptions, path: string, stop: AbortSignal): Promise<Lease | undefined> {
  try {
    return (await api.ask({ path: `${path}/${encodeURIComponent(name)}`, timeoutMs: times.askMs, stop })) as Lease;
  } catch (error) {
    if (error instanceof KubernetesError && error.code === "not_found") return undefined;
    throw error;
  }
}

async function giveBack(options: LeadershipOptions, path: string): Promise<void> {
  try {
    const lease = await readLease(options, path, new AbortController().signal);
    if (lease?.spec?.holderIdentity !== options.identity) return;
    await options.api.ask({ method: "PUT", path: `${path}/${encodeURIComponent(options.name)}`, body: { ...lease, spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 } }, timeoutMs: 1_000 });
  } catch (error) {
    options.log.info({ err: error }, "the Lease could not be given back: the next xds-server waits for its end");
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** Kubernetes wants six digits of the second. */
function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

/** Whole ones, and never less than it is: nobody is to come too early. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
