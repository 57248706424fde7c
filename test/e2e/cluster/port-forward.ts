/** A port of this machine that leads to one of a pod, by `kubectl port-forward`. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface PortForward {
  readonly url: string;
  stop(): Promise<void>;
}

/** `target`: `service/NAME` or `pod/NAME`. It ends when its pod does. */
export async function startPortForward(namespace: string, target: string, port: number): Promise<PortForward> {
  const child = spawn("kubectl", ["--namespace", namespace, "port-forward", target, `:${port}`], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, "exit").then(() => undefined);
  const listening = once(lines, "line").then(([line]) => /127\.0\.0\.1:(\d+)/.exec(String(line))?.[1]);
  const local = await Promise.race([listening, exited]);
  if (local === undefined) throw new Error(`kubectl port-forward ${target}: ${said.join("\n")}`);
  // Who does not read is not waited for.
  lines.on("line", () => undefined);
  return { url: `http://127.0.0.1:${local}`, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
