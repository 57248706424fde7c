/** MCP clients that never rest: what each of their requests came to, and which replica made each of their sessions. */

import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { callTool, openSession, type RpcAnswer } from "../ask.js";

export interface LoadOptions {
  readonly url: string;
  readonly servers: readonly LoadedServer[];
  /** For each server: half of them keep their session, the others begin one for every call. */
  readonly clients: number;
}

export interface LoadedServer {
  readonly path: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** What the answer's text holds. */
  readonly says: string;
}

export interface Outcome {
  calls: number;
  /** The session's replica is gone, or back without its memory, and the client has begun anew, as the specification asks it to. */
  renewed: number;
  /** Answers that are none: in words, with the path. */
  readonly failures: string[];
  /** Sessions by path and the replica that made them. */
  readonly sessions: Map<string, Map<string, number>>;
}

export interface Load {
  /** Since the start, or since the last call of this. */
  take(): Outcome;
  /** Resolves when so many more calls have been answered. */
  more(calls: number): Promise<void>;
  stop(): Promise<Outcome>;
}

const longestWaitMs = 120_000;

export function startLoad({ url, servers, clients }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true });
  let outcome = none();
  let total = 0;
  let isStopped = false;

  async function begin(server: LoadedServer): Promise<string> {
    const session = await openSession(url, server.path);
    const replicas = outcome.sessions.get(server.path) ?? new Map<string, number>();
    const replica = replicaOf(session);
    outcome.sessions.set(server.path, replicas.set(replica, (replicas.get(replica) ?? 0) + 1));
    return session;
  }

  async function call(server: LoadedServer, session: string): Promise<"answered" | "gone"> {
    const answer = await callTool(url, server.path, server.tool, server.args, { headers: { "mcp-session-id": session }, agent });
    if (answer.status === 404 && answer.message.error?.code === -32001) return "gone";
    // Of a replica that came back at its old address: the reference server does not answer 404 to a session that it does not know.
    if (answer.status === 400 && answer.body.includes("No valid session ID")) return "gone";
    if (answer.status !== 200 || !textOf(answer).includes(server.says)) throw new Error(`${answer.status} ${answer.body.slice(0, 300)}`);
    return "answered";
  }

  async function runClient(server: LoadedServer, keeps: boolean): Promise<void> {
    let session: string | undefined;
    while (!isStopped) {
      try {
        session ??= await begin(server);
        if ((await call(server, session)) === "gone") {
          outcome.renewed += 1;
          session = undefined;
          continue;
        }
        outcome.calls += 1;
        total += 1;
        if (!keeps) session = undefined;
      } catch (error) {
        outcome.failures.push(`${server.path}: ${error instanceof Error ? error.message : String(error)}`);
        await pause(100);
      }
      await pause(10);
    }
  }

  const running = servers.flatMap((server) => Array.from({ length: clients }, (_, index) => runClient(server, index % 2 === 0)));
  const take = (): Outcome => {
    const taken = outcome;
    outcome = none();
    return taken;
  };
  return {
    take,
    async more(calls) {
      const target = total + calls;
      const endMs = performance.now() + longestWaitMs;
      while (total < target) {
        if (performance.now() > endMs) throw new Error(`${target - total} of ${calls} calls are missing after ${longestWaitMs} ms; last failures: ${outcome.failures.slice(-3).join("; ")}`);
        await pause(20);
      }
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
      agent.destroy();
      return take();
    },
  };
}

function none(): Outcome {
  return { calls: 0, renewed: 0, failures: [], sessions: new Map() };
}

/** The gateway puts the replica's address, in base64, before what the server has called its session. */
function replicaOf(session: string): string {
  const [address = ""] = session.split(";");
  return Buffer.from(address, "base64").toString();
}

function textOf(answer: RpcAnswer): string {
  return JSON.stringify(answer.message.result ?? {});
}
