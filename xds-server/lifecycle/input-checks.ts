/** What callers say → what may be asked of Kubernetes, by its own rules; anything else is refused before anything is asked. */

import { LifecycleError } from "./lifecycle-error.js";

/** Every namespace, where a namespace may be named. */
export const everyNamespace = "*";
export const defaultSelector = "app.kubernetes.io/component=mcp-server";
export const maxNames = 100;
export const maxTimeoutSeconds = 3_600;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names */
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Deployments and StatefulSets are named by the rule for DNS subdomains. */
export function checkName(name: string): string {
  if (name.length > 253 || !subdomain.test(name)) throw invalid(`name ${JSON.stringify(name)} is not a DNS subdomain: up to 253 of a-z, 0-9, "-" and ".", each part with a letter or digit at both ends`);
  return name;
}

export function checkNamespace(namespace: string): string {
  if (namespace.length > 63 || !label.test(namespace)) throw invalid(`namespace ${JSON.stringify(namespace)} is not a DNS label: up to 63 of a-z, 0-9 and "-", with a letter or digit at both ends`);
  return namespace;
}

/** The names of one call, each once. */
export function checkNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw invalid("no name is given");
  if (names.length > maxNames) throw invalid(`${names.length} names are more than ${maxNames}`);
  return [...new Set(names)];
}

export function checkReplicas(replicas: number, maxReplicas: number): number {
  if (!Number.isInteger(replicas) || replicas < 0 || replicas > maxReplicas) throw invalid(`replicas ${replicas} is not a whole number in 0..${maxReplicas}`);
  return replicas;
}

export function checkTimeout(seconds: number): number {
  if (!(seconds > 0 && seconds <= maxTimeoutSeconds)) throw invalid(`timeout ${seconds} is not a number of seconds up to ${maxTimeoutSeconds}`);
  return seconds * 1_000;
}

const labelName = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";
const labelKey = `([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?${labelName}`;
const labelValue = `(${labelName})?`;
const requirement = new RegExp(`^\\s*(!?${labelKey}|${labelKey}\\s*(=|==|!=)\\s*${labelValue}|${labelKey}\\s+(in|notin)\\s+\\(\\s*${labelValue}(\\s*,\\s*${labelValue})*\\s*\\))\\s*$`);

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
export function checkSelector(selector: string): string {
  // Commas inside of parentheses part values, not requirements.
  const requirements = selector.split(/,(?![^(]*\))/);
  if (selector.length > 2_000 || !requirements.every((one) => requirement.test(one))) throw invalid(`label selector ${JSON.stringify(selector.slice(0, 200))} cannot be read: write key=value, key!=value, key, !key, or key in (a, b), joined by commas`);
  return selector;
}

function invalid(message: string): LifecycleError {
  return new LifecycleError("invalid_input", message);
}
