/** Asks the admin port of a running mesh. */

import { Option } from "commander";

const timeoutMs = 10_000;

export interface AdminOptions { readonly adminUrl: string }

/** The same variables that `mcp-mesh up` reads, so that one shell speaks of one mesh. */
export function adminUrlOption(): Option {
  const port = process.env["MCP_MESH_ADMIN_PORT"] ?? "8001";
  return new Option("--admin-url <url>", "where the mesh's admin port is").env("MCP_MESH_ADMIN_URL").default(`http://127.0.0.1:${port}`);
}

export class AdminError extends Error {
  readonly code: "unreachable" | "refused";

  constructor(code: AdminError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The answer of one of the admin port's paths; what it answers is our own JSON, of the type that the caller names. */
export async function askAdmin<Answer>(adminUrl: string, path: string): Promise<Answer> {
  if (!URL.canParse(adminUrl)) throw new AdminError("unreachable", `admin url "${adminUrl}" is not a url like http://127.0.0.1:8001`);
  const response = await fetch(new URL(path, adminUrl), { signal: AbortSignal.timeout(timeoutMs) }).catch((cause: unknown) => {
    throw new AdminError("unreachable", `no mesh answers at ${adminUrl}: ${whyNot(cause)}`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw new AdminError("refused", `${adminUrl}${path} answers with status ${response.status}: ${errorOf(text)}`);
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw new AdminError("refused", `what answers at ${adminUrl} is not a mesh's admin port`, { cause });
  }
}

export function hintFor(error: AdminError): string {
  return error.code === "unreachable" ? "is it running (mcp-mesh up)? another port: --admin-url or MCP_MESH_ADMIN_URL" : "is the url that of the admin port, not of the gateway?";
}

/** fetch says "fetch failed"; what happened is in its cause. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return whyNot(cause.errors[0]);
  return cause instanceof Error ? whyNot(cause) : error.message;
}

function errorOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    if (typeof error === "string") return error;
  } catch {
    // Not ours: shown as it is, below.
  }
  return text.slice(0, 200);
}
