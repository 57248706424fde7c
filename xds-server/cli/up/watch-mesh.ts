/** Watches a mesh that was started through its admin port, and tells the terminal what happens. */

import { setTimeout as pause } from "node:timers/promises";
import type { Status } from "../../admin/status.js";
import { askAdmin, whyNot } from "../admin-client.js";
import { print, type Paint } from "../output.js";
import { toBlock } from "./block.js";
import { toChangeLines, toKey } from "./status-changes.js";

export interface Watching {
  readonly adminUrl: string;
  readonly isDemo: boolean;
  readonly paint: Paint;
  readonly stop: AbortSignal;
  /** The xds-server answers for the first time. */
  onAnswer(): void;
  onReady(): void;
}

const startingIntervalMs = 100;
const readyIntervalMs = 1_000;
/** Asking for the status of a large mesh costs it something: no more than this share of the time. */
const restPerAsked = 20;
/** Until then waiting needs no words. */
const patienceMs = 3_000;
/** A server that is only being started is waited for this long before the block is printed without it. */
const startingServersMs = 10_000;
const helpAfterMs = 60_000;

export async function watchMesh(watching: Watching): Promise<void> {
  const { paint, stop } = watching;
  const status = await waitUntilReady(watching);
  if (status === undefined) return;
  watching.onReady();
  print(toBlock({ servers: status.servers, hasErrors: status.problems.some(({ severity }) => severity === "error"), adminUrl: watching.adminUrl, isDemo: watching.isDemo }, paint));

  let before = status;
  let restMs = readyIntervalMs;
  while (await rest(restMs, stop)) {
    const askedAtMs = performance.now();
    // While the xds-server is being started again there is nothing to compare; that it ended has been told.
    const after = await askAdmin<Status>(watching.adminUrl, "/status").catch(() => undefined);
    restMs = Math.max(readyIntervalMs, restPerAsked * (performance.now() - askedAtMs));
    if (stop.aborted || after === undefined || !after.ready) continue;
    for (const line of toChangeLines(before, after, paint)) print(line);
    before = after;
  }
}

/** Gives undefined when it was stopped before. */
async function waitUntilReady({ adminUrl, paint, stop, onAnswer }: Watching): Promise<Status | undefined> {
  const startedAtMs = performance.now();
  let before: Status | undefined;
  let toldMissing = "";
  let hasHelped = false;
  let readyAtMs: number | undefined;
  while (await rest(startingIntervalMs, stop)) {
    const nowMs = performance.now();
    const asked = await askAdmin<Status>(adminUrl, "/status").catch((error: unknown) => error);
    if (stop.aborted) return undefined;
    const status = isStatus(asked) ? asked : undefined;
    if (status !== undefined) {
      if (before === undefined) onAnswer();
      for (const line of toChangeLines(undefined, { ...status, problems: newProblems(before, status) }, paint)) print(line);
      before = status;
    }
    if (status?.ready === true) {
      readyAtMs ??= nowMs;
      if (!status.servers.some(({ state }) => state === "starting") || nowMs - readyAtMs > startingServersMs) return status;
    }
    const missing = describeMissing(status, asked);
    if (nowMs - startedAtMs > patienceMs && missing !== toldMissing) {
      toldMissing = missing;
      print(`waiting: ${missing}`);
    }
    if (nowMs - startedAtMs > helpAfterMs && !hasHelped) {
      hasHelped = true;
      print(paint.yellow(`not ready after ${helpAfterMs / 1000} s: ${missing}`));
      print(`still trying; ${adminUrl}/status says more, --log-level debug shows more, mcp-mesh doctor checks this machine, Ctrl-C ends everything`);
    }
  }
  return undefined;
}

function newProblems(before: Status | undefined, after: Status): Status["problems"] {
  const told = new Set(before?.problems.map(toKey));
  return after.problems.filter((problem) => !told.has(toKey(problem)));
}

function isStatus(asked: unknown): asked is Status {
  return typeof asked === "object" && asked !== null && "ready" in asked;
}

function describeMissing(status: Status | undefined, asked: unknown): string {
  if (status === undefined) return `the xds-server does not answer yet (${asked instanceof Error ? whyNot(asked) : String(asked)})`;
  if (!status.ready) return status.reasons.join("; ");
  return `${status.servers.filter(({ state }) => state === "starting").map(({ id }) => id).join(", ")} to start`;
}

/** False: it was stopped. */
async function rest(ms: number, stop: AbortSignal): Promise<boolean> {
  try {
    await pause(ms, undefined, { signal: stop });
    return true;
  } catch (error) {
    if (stop.aborted) return false;
    throw error;
  }
}
