/** The clients of a soak: they open sessions, call, and mostly go without a word; whatever comes of a request is counted. */

import { setTimeout as pause } from "node:timers/promises";
import { McpClient, toInitialize } from "../bridge/mcp-client.js";
import { headerOf, type RawAnswer } from "../bridge/raw-http.js";
import { judge, judgeEcho, type Verdict } from "./judge.js";

export interface Counts {
  sessions: number;
  abandoned: number;
  requests: number;
  right: number;
  /** JSON-RPC errors with the request's id, by status, code and text. */
  readonly errors: Map<string, number>;
  /** Answers that must not be, in words. */
  readonly wrong: string[];
  /** Neither answer nor error. */
  readonly unanswered: string[];
  /** How often a session worked again after an error. */
  goneOn: number;
  /** Sessions that did not, in words. */
  readonly lost: string[];
}

export function noCounts(): Counts {
  return { sessions: 0, abandoned: 0, requests: 0, right: 0, errors: new Map(), wrong: [], unanswered: [], goneOn: 0, lost: [] };
}

export interface ClientOrders {
  readonly port: number;
  /** Begun evenly over the time. */
  readonly sessions: number;
  readonly spanMs: number;
  readonly atOnce: number;
  /** The longest that a client thinks between two calls. */
  readonly pauseMs: number;
}

/** Of the soak's registry: one with a process a session, one with shared processes. */
export const soakServers = ["own", "shared"] as const;

const silenceMs = 30_000;
const patienceMs = 20_000;
let lastId = 0;

export async function runClients({ port, sessions, spanMs, atOnce, pauseMs }: ClientOrders, counts: Counts): Promise<void> {
  const startedMs = performance.now();
  let begun = 0;
  const live = async (): Promise<void> => {
    while (begun < sessions) {
      const number = begun++;
      await pause(Math.max(0, startedMs + (number * spanMs) / sessions - performance.now()));
      await runSession(port, number, pauseMs, counts);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, live));
}

async function runSession(port: number, number: number, pauseMs: number, counts: Counts): Promise<void> {
  const server = soakServers[number % soakServers.length] ?? "own";
  const address = { port, path: `/${server}` };
  const client = new McpClient(address);
  // A second connection of the same client, for calls at the same time.
  const beside = new McpClient(address);
  try {
    const opened = await ask(client, toInitialize, judge, counts);
    const sessionId = opened === undefined ? undefined : headerOf(opened.answer, "mcp-session-id");
    if (sessionId === undefined) return;
    client.sessionId = beside.sessionId = sessionId;
    counts.sessions += 1;
    await client.post('{"jsonrpc":"2.0","method":"notifications/initialized"}').catch((error: unknown) => counts.unanswered.push(`initialized: ${String(error)}`));
    const who = `session-${number}`;
    const call = async (over: McpClient): Promise<Verdict | undefined> => {
      const nonce = `${who}-${Math.random().toString(36).slice(2)}`;
      const delayMs = Math.random() < 0.5 ? 0 : Math.round(Math.random() * 300);
      const toBody = (id: number): string => JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "echo", arguments: { text: nonce, who, delayMs } } });
      return (await ask(over, toBody, (answer, id) => judgeEcho(answer, id, { nonce, who, isOwn: server === "own" }), counts))?.verdict;
    };
    const calls = 2 + Math.floor(Math.random() * 8);
    for (let i = 0; i < calls; i++) {
      await pause(Math.random() * pauseMs);
      const verdicts = await Promise.all(Math.random() < 0.3 ? [call(client), call(beside)] : [call(client)]);
      if (verdicts.every((verdict) => verdict?.kind === "right")) continue;
      if (!(await isGoingOn(() => call(client)))) return void counts.lost.push(`${server} ${who} after ${JSON.stringify(verdicts)}`);
      counts.goneOn += 1;
    }
    // Most clients never say that they go.
    if (Math.random() < 0.8) counts.abandoned += 1;
    else await client.end().catch((error: unknown) => counts.unanswered.push(`DELETE: ${String(error)}`));
  } finally {
    client.close();
    beside.close();
  }
}

/** Asks again for a while, as a patient client would. */
async function isGoingOn(call: () => Promise<Verdict | undefined>): Promise<boolean> {
  const endMs = performance.now() + patienceMs;
  while (performance.now() < endMs) {
    const verdict = await call();
    if (verdict?.kind === "right") return true;
    if (verdict?.kind === "error" && verdict.status === 404) return false;
    await pause(200);
  }
  return false;
}

interface Asked { readonly verdict: Verdict; readonly answer: RawAnswer }

async function ask(client: McpClient, toBody: (id: number) => string, toVerdict: (answer: RawAnswer, id: number) => Verdict, counts: Counts): Promise<Asked | undefined> {
  const id = ++lastId;
  const body = toBody(id);
  counts.requests += 1;
  try {
    const answer = await client.post(body, silenceMs);
    const verdict = toVerdict(answer, id);
    if (verdict.kind === "right") counts.right += 1;
    else if (verdict.kind === "wrong") counts.wrong.push(verdict.what);
    else {
      const kind = `${verdict.status} ${verdict.code}: ${verdict.what.replaceAll(/\d+/g, "N")}`;
      counts.errors.set(kind, (counts.errors.get(kind) ?? 0) + 1);
    }
    return { verdict, answer };
  } catch (error) {
    counts.unanswered.push(`${String(error)}: ${body}`);
    return undefined;
  }
}
