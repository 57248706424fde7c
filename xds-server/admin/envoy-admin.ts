/** Asks the admin port of the Envoy beside us, over its Unix socket or HTTP, with limits on time and size. */

import { request, type RequestOptions } from "node:http";

export interface AskLimits { readonly timeoutMs: number; readonly maxBytes: number }

export class EnvoyAdminError extends Error {
  readonly code: "unreachable" | "too_large" | "bad_answer";

  constructor(code: EnvoyAdminError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `envoyAdmin` is a path of a Unix socket or an `http://host:port`. The answer is JSON. */
export async function askEnvoyAdmin(envoyAdmin: string, path: string, limits: AskLimits): Promise<unknown> {
  const body = await askEnvoyAdminText(envoyAdmin, path, limits);
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new EnvoyAdminError("bad_answer", `envoy's answer to ${path} is not JSON`, { cause });
  }
}

export function askEnvoyAdminText(envoyAdmin: string, path: string, { timeoutMs, maxBytes }: AskLimits): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const fail = (cause: Error): void => {
      const why = cause.name === "AbortError" ? `within ${timeoutMs} ms` : `(${cause.message})`;
      reject(cause instanceof EnvoyAdminError ? cause : new EnvoyAdminError("unreachable", `envoy's admin at ${envoyAdmin} does not answer ${why}`, { cause }));
    };
    const asked = request({ ...addressOf(envoyAdmin), path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes <= maxBytes) return;
        fail(new EnvoyAdminError("too_large", `envoy's answer to ${path} is longer than ${maxBytes} bytes`));
        asked.destroy();
      });
      response.on("error", fail);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString("utf8"));
        else fail(new EnvoyAdminError("bad_answer", `envoy's admin answers ${path} with status ${response.statusCode}`));
      });
    });
    asked.on("error", fail);
    asked.end();
  });
}

function addressOf(envoyAdmin: string): RequestOptions {
  if (!URL.canParse(envoyAdmin) || envoyAdmin.startsWith("unix:")) return { socketPath: envoyAdmin.replace(/^unix:(\/\/)?/, "") };
  const { hostname, port } = new URL(envoyAdmin);
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? 80 : Number(port) };
}
