/** Turns what the children of `mcp-mesh up` write into lines that a person reads (pure). */

import { toPrintable, type Paint } from "../output.js";

type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

interface Said { readonly level: Level; readonly message: string; readonly fields: readonly string[] }

const pinoLevels: Readonly<Record<number, Level>> = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };
const envoyLevels: Readonly<Record<string, Level>> = { trace: "trace", debug: "debug", info: "info", warning: "warn", error: "error", critical: "fatal" };
/** What pino adds to every line and nobody asks here. */
const dullFields = new Set(["level", "time", "pid", "hostname", "name", "program", "room", "msg", "err", "v"]);

/** The format Envoy is started with; `toLogLine` reads it. */
export const envoyLogFormat = "[%l][%n] %v";

export function toLogLine(source: string, line: string, paint: Paint): string {
  const said = readPino(source, line) ?? readAccess(line) ?? readEnvoy(line);
  const prefix = paint.dim(source.padEnd(11));
  if (said === undefined) return `${prefix} ${toPrintable(line)}`;
  const color = said.level === "warn" ? paint.yellow : said.level === "error" || said.level === "fatal" ? paint.red : paint.dim;
  return [prefix, color(said.level.padEnd(5)), toPrintable(said.message), ...said.fields.map((field) => paint.dim(toPrintable(field)))].join(" ");
}

/** What a person need not read here. */
export function isDull(line: string): boolean {
  // Envoy calls parts that we use on purpose unfinished, each time that it is configured.
  if (line.includes("marked as work-in-progress")) return true;
  // A lost xds-server is told by who starts it again, and a refusal from what the status says.
  if (/^\[\w+\]\[(config|upstream)\] .*(gRPC config stream to xds-server closed|config for \S+ rejected: |lds: listener '\S+' config rejected: |listener '\S+' failed to bind)/.test(line)) return true;
  if (!line.startsWith("{")) return false;
  const entry = parseJson(line);
  // Problems are told from what the status says too, where they are whole.
  return entry?.["problem"] !== undefined || entry?.["refusal"] !== undefined;
}

function readPino(source: string, line: string): Said | undefined {
  if (!line.startsWith("{")) return undefined;
  const entry = parseJson(line);
  if (entry === undefined) return undefined;
  const level = pinoLevels[Number(entry["level"])];
  if (level === undefined) return undefined;
  const fields = Object.entries(entry).filter(([key, value]) => !dullFields.has(key) && value !== source && value !== "" && !isListOf(key, value)).map(([key, value]) => `${key}=${toText(value)}`);
  const cause = errorMessage(entry["err"]);
  return { level, message: [entry["msg"], cause].filter((part) => part !== undefined).join(": "), fields };
}

/** A process's last words, which were shown when it said them. */
function isListOf(key: string, value: unknown): boolean {
  return key === "stderr" && Array.isArray(value);
}

/** A line of Envoy's access log, where the registry turns it on: time, method, server, path, status, duration, tool. */
function readAccess(line: string): Said | undefined {
  const entry = line.startsWith("{") ? parseJson(line) : undefined;
  if (entry === undefined || typeof entry["time"] !== "string" || entry["duration_ms"] === undefined) return undefined;
  const { time, method, server, path, status, duration_ms: durationMs, rpc_method: rpcMethod, tool, details } = entry;
  const told = [time.replace(/^.*T|Z$/g, ""), method, server, path, status, `${String(durationMs)} ms`, rpcMethod, tool].filter((part) => part !== null && part !== undefined && part !== "");
  const isOurs = typeof details === "string" && details !== "via_upstream";
  return { level: Number(status) >= 500 ? "warn" : "info", message: told.map(String).join(" "), fields: isOurs ? [`details=${toText(details)}`] : [] };
}

function readEnvoy(line: string): Said | undefined {
  const [, word = "", logger, message = ""] = /^\[(\w+)\]\[(\w+)\] (.*)$/.exec(line) ?? [];
  const level = envoyLevels[word];
  return level === undefined ? undefined : { level, message, fields: [`logger=${logger}`] };
}

function parseJson(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    // Starts with a brace, so it is an object.
    return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // A line that only looks like JSON is shown as it is.
    return undefined;
  }
}

function errorMessage(err: unknown): string | undefined {
  return typeof err === "object" && err !== null && "message" in err ? String(err.message) : undefined;
}

function toText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
