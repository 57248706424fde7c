/** What the commands on Kubernetes have in common: which cluster, which namespace, which servers, and how a failure ends. */

import { InvalidArgumentError, Option, type Command } from "commander";
import { everyNamespace } from "../../lifecycle/input-checks.js";
import { makeLifecycle, type Lifecycle } from "../../lifecycle/lifecycle.js";
import { toLifecycleError, type LifecycleError, type LifecycleErrorCode } from "../../lifecycle/lifecycle-error.js";
import { fail } from "../output.js";

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly selector?: string;
  readonly maxReplicas?: number;
}

export interface ScopeOptions extends ClusterOptions { readonly allNamespaces?: boolean }

export interface WaitOptions {
  /** Absent: as the command usually does. */
  readonly wait?: boolean;
  readonly timeout: number;
}

export const exitCodes: Readonly<Record<LifecycleErrorCode, number>> = { invalid_input: 2, not_found: 3, timeout: 4, api_error: 5 };

export function addClusterOptions(command: Command): Command {
  return command
    .addOption(new Option("--kubeconfig <file>", "which kubeconfig; else what KUBECONFIG names, ~/.kube/config, or the pod's service account").env("MCP_MESH_KUBECONFIG"))
    .addOption(new Option("--context <name>", "which of its contexts, instead of the current one").env("MCP_MESH_KUBERNETES_CONTEXT"))
    .option("-n, --namespace <name>", "which namespace, instead of the context's")
    .option("-l, --selector <labels>", "which workloads are MCP servers, by their labels");
}

export function addScopeOptions(command: Command): Command {
  return addClusterOptions(command).option("-A, --all-namespaces", "in every namespace");
}

export function addWaitOptions(command: Command, { waits, until }: { readonly waits: boolean; readonly until: string }): Command {
  return command
    .option("--wait", `wait until ${until}${waits ? " (as it does anyhow)" : ""}`)
    .option("--no-wait", `do not wait${waits ? "" : " (as it does anyhow)"}`)
    .addOption(new Option("--timeout <seconds>", "the longest wait").argParser(readSeconds).default(300));
}

/** The client, which knows kubeconfigs and their plugins, is large: other commands do without it. */
export async function openLifecycle({ kubeconfig, context, selector, maxReplicas }: ClusterOptions): Promise<Lifecycle> {
  const { connectKubernetes } = await import("../../kubernetes/kubernetes-api.js");
  const api = connectKubernetes({ ...(kubeconfig === undefined ? {} : { kubeconfigFile: kubeconfig }), ...(context === undefined ? {} : { context }) });
  return makeLifecycle({ api, ...(selector === undefined ? {} : { labelSelector: selector }), ...(maxReplicas === undefined ? {} : { maxReplicas }) });
}

export function namespaceOf({ namespace, allNamespaces }: ScopeOptions): string | undefined {
  return allNamespaces === true ? everyNamespace : namespace;
}

/** Runs the work; a failure is told, and becomes the exit code. */
export async function orFail(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failure = toLifecycleError(error);
    tell(failure);
    process.exitCode = exitCodes[failure.code];
  }
}

export function tell({ message, hint }: LifecycleError): void {
  fail(message, hint);
}

export function readCount(text: string): number {
  if (!/^[0-9]+$/.test(text)) throw new InvalidArgumentError(`${text} is not a whole number`);
  return Number(text);
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError(`${text} is not a number of seconds`);
  return seconds;
}

/** Aborted when nobody reads any more, or the user has had enough: then the program ends by itself. */
export function whileRead(): AbortSignal {
  const over = new AbortController();
  process.stdout.once("error", () => over.abort());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => over.abort());
  return over.signal;
}
