/** A namespace of the cluster in which charts are installed, by helm and kubectl as a user would. */

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { projectRoot } from "../../../protos/project-root.js";

const run = promisify(execFile);

export class CommandError extends Error {
  readonly code = "command_failed";
}

/** What it writes to standard output. */
export async function command(program: string, args: readonly string[], { input, timeoutMs = 120_000 }: { readonly input?: string; readonly timeoutMs?: number } = {}): Promise<string> {
  const running = run(program, args, { cwd: projectRoot, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
  running.child.stdin?.end(input ?? "");
  try {
    return (await running).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new CommandError(`${program} ${args.join(" ")}: ${error instanceof Error ? error.message : String(error)}\n${stdout ?? ""}\n${stderr ?? ""}`, { cause: error });
  }
}

/** The namespace enforces Kubernetes' restricted profile: what asks for more is not let in. */
export class ReleaseNamespace {
  readonly name = `mcp-mesh-charts-${randomBytes(3).toString("hex")}`;

  async start(): Promise<this> {
    await command("kubectl", ["create", "namespace", this.name]);
    await command("kubectl", ["label", "namespace", this.name, "pod-security.kubernetes.io/enforce=restricted"]);
    return this;
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return command("kubectl", ["--namespace", this.name, ...args]);
  }

  apply(objects: readonly object[]): Promise<string> {
    return command("kubectl", ["--namespace", this.name, "apply", "--filename", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }) });
  }

  /** `values` as JSON, which is YAML. */
  helm(args: readonly string[], values?: object): Promise<string> {
    const given = values === undefined ? [] : ["--values", "-"];
    return command("helm", ["--namespace", this.name, ...args, ...given], { timeoutMs: 300_000, ...(values === undefined ? {} : { input: JSON.stringify(values) }) });
  }

  /** Everything that is in it, and what the cluster has of us beside, by kind and name. */
  async objects(): Promise<readonly string[]> {
    const kinds = (await command("kubectl", ["api-resources", "--namespaced", "--verbs=list", "--output=name"])).split("\n").filter((kind) => kind !== "" && !/^(events|leases)\b|metrics\.k8s\.io/.test(kind));
    const inNamespace = await this.kubectl("get", kinds.join(","), "--output=name", "--ignore-not-found");
    const ofCluster = await command("kubectl", ["get", "clusterroles,clusterrolebindings", "--selector=app.kubernetes.io/part-of=mcp-mesh", "--output=name"]);
    return `${inNamespace}${ofCluster}`.split("\n").filter((name) => name !== "").sort();
  }

  async stop(): Promise<void> {
    await command("kubectl", ["delete", "namespace", this.name, "--wait=false"]);
  }
}
