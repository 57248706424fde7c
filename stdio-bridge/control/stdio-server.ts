/** Reads a StdioServer resource, and says what is wrong with one that cannot be run. */

import type { Duration__Output } from "../../protos/gen/google/protobuf/Duration.js";
import type { SessionKey__Output } from "../../protos/gen/mcp_mesh/v1/SessionKey.js";
import type { StdioServer__Output } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";

/** A resource as the rest of the bridge needs it: checked, and nothing absent. */
export interface StdioServer {
  readonly name: string;
  readonly version: string;
  readonly command: readonly [string, ...string[]];
  readonly workingDir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly minSpares: number;
  readonly maxProcesses: number;
  readonly idleTimeoutMs: number;
  readonly queueMax: number;
  readonly queueTimeoutMs: number;
  readonly maxMessageBytes: number;
  /** Of each process. Absent: no limit. */
  readonly memoryBytes: number | undefined;
  readonly cpus: number | undefined;
  /** Absent: processes run as the bridge does. */
  readonly user: string | undefined;
  /** Absent: each session has a process of its own. `maxRequests` 0: no limit. */
  readonly shared: { readonly concurrency: number; readonly maxRequests: number } | undefined;
  /** By which session ids are sealed: the first seals, all open. */
  readonly sessionKeys: readonly [SessionKey, ...SessionKey[]];
  /** A session ends with its process or worker. */
  readonly endOnLoss: boolean;
  readonly sessionMaxAgeMs: number;
}

export interface SessionKey { readonly id: number; readonly key: Uint8Array }

export type CheckedStdioServer =
  | { readonly kind: "good"; readonly server: StdioServer }
  | { readonly kind: "bad"; readonly what: string };

/** `name` and `version` are those of the resource around the message. */
export function readStdioServer(name: string, version: string, message: StdioServer__Output): CheckedStdioServer {
  const problems: string[] = [];
  const check = (isGood: boolean, what: string): void => void (!isGood && problems.push(what));
  const { pool, shared, sessions } = message;
  const [program, ...args] = message.command;
  const env = message.env ?? {};
  const server = {
    name,
    version,
    workingDir: message.working_dir === undefined || message.working_dir === "" ? undefined : message.working_dir,
    env,
    minSpares: pool?.min ?? 0,
    maxProcesses: pool?.max ?? 0,
    idleTimeoutMs: toMs(pool?.idle_timeout),
    queueMax: pool?.queue_max ?? 0,
    queueTimeoutMs: toMs(pool?.queue_timeout),
    maxMessageBytes: message.max_message_bytes ?? 0,
    memoryBytes: givenOr(message.limits?.memory_bytes),
    cpus: givenOr((message.limits?.milli_cpus ?? 0) / 1000),
    user: message.user === "" ? undefined : message.user,
    shared: shared === undefined ? undefined : { concurrency: shared.concurrency ?? 0, maxRequests: shared.max_requests ?? 0 },
    endOnLoss: sessions?.end_on_loss ?? false,
    sessionMaxAgeMs: toMs(sessions?.max_age),
  };
  const [sessionKey, ...olderKeys] = (sessions?.keys ?? []).map(toSessionKey);
  check(message.name === name, `its name "${message.name ?? ""}" is not that of the resource`);
  check(/^[A-Za-z0-9._-]+$/.test(name), `name "${name}" must be of letters, digits, "-", "_" and "."`);
  check(program !== undefined && program !== "", "command is empty: it needs a program");
  check(![...message.command, server.workingDir ?? "", ...Object.entries(env).flat()].some((text) => text.includes("\0")), "command, working_dir and env must not hold a NUL character");
  check(Object.keys(env).every((key) => key !== "" && !key.includes("=")), 'the names in env must not be empty or hold "="');
  check(server.maxProcesses >= 1, `pool.max ${server.maxProcesses} must be 1 or more`);
  check(server.minSpares <= server.maxProcesses, `pool.min ${server.minSpares} is more than pool.max ${server.maxProcesses}`);
  for (const [field, ms] of [["idle_timeout", server.idleTimeoutMs], ["queue_timeout", server.queueTimeoutMs]] as const) {
    check(ms > 0 && ms <= maxTimerMs, `pool.${field} of ${ms} ms must be more than 0 and at most ${maxTimerMs} ms`);
  }
  check(server.maxMessageBytes >= 1 && server.maxMessageBytes <= maxBufferBytes, `max_message_bytes ${server.maxMessageBytes} is not in 1..${maxBufferBytes}`);
  check(server.shared === undefined || server.shared.concurrency >= 1, "shared.concurrency must be 1 or more");
  check(sessionKey !== undefined, "sessions.keys is empty: session ids need a key");
  check([sessionKey, ...olderKeys].every((key) => key === undefined || key.key.length === sessionKeyBytes), `the keys in sessions.keys must be of ${sessionKeyBytes} bytes`);
  check(server.sessionMaxAgeMs > 0, `sessions.max_age of ${server.sessionMaxAgeMs} ms must be more than 0`);
  if (problems.length > 0 || program === undefined || sessionKey === undefined) return { kind: "bad", what: problems.join("; ") };
  return { kind: "good", server: { ...server, command: [program, ...args], sessionKeys: [sessionKey, ...olderKeys] } };
}

/** What Node's timers take; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;
/** A message is held in one piece. */
const maxBufferBytes = 1024 * 1024 * 1024;

/** In proto3 absent and 0 are the same. */
function givenOr(value: number | undefined): number | undefined {
  return value === undefined || value === 0 ? undefined : value;
}

/** As AES-256 wants them. */
const sessionKeyBytes = 32;

function toSessionKey({ id, key }: SessionKey__Output): SessionKey {
  return { id: id ?? 0, key: typeof key === "string" ? Buffer.from(key, "base64") : (key ?? Buffer.alloc(0)) };
}

function toMs(duration: Duration__Output | undefined): number {
  return Number(duration?.seconds ?? 0) * 1000 + Math.round((duration?.nanos ?? 0) / 1_000_000);
}
