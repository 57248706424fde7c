/** The fields of a k8s entry that say what is to be created. */

import { z } from "zod";
import { boolean, choice, duration, integer, percentage, scalar, text } from "./scalars.js";
import { listOf, mapOf, object } from "./schema-objects.js";

export const kubernetesName = text({ pattern: /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, says: "is no Kubernetes name", hint: "lower case letters, digits and -" });

const quantities = object({
  cpu: text({ pattern: /^\d+(\.\d+)?m?$/, says: "is no number of CPUs", hint: "write 0.5 or 500m" }).optional().describe("For example 500m."),
  memory: text({ pattern: /^\d+(\.\d+)?([kMGTPE]|[KMGTPE]i)?$/, says: "is no amount of memory", hint: "write 256Mi" }).optional().describe("For example 256Mi."),
});

const argument = text({ maxLength: 131_072, allowEmpty: true });

/** Nothing is worked out from a path: what it says is where it is. */
const containerPath = scalar({ type: "string", pattern: "^/|\\$\\{|\\{\\{" }, (value) => isContainerPath(value)
  ? { value }
  : { says: "is no path in the container", hint: "write /app/data: it begins with a slash, and holds no .. and no //", isOtherKind: typeof value !== "string" });

const secret = z.union([
  object({ secret: kubernetesName.describe("The Secret's name."), key: text({ pattern: /^[A-Za-z0-9._-]{1,253}$/, says: "is no key of a Secret", hint: "letters, digits, -, _ and ." }).describe("Which of its values.") }),
  text({ allowEmpty: true, maxLength: 131_072 }),
], { error: "must be a text, or {secret, key} for a Secret that is there already" });

export const workloadFields = {
  chart: text({ maxLength: 128, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/, says: "is no name of a chart", hint: "write the name of the chart's folder, without a path" }).optional().describe("A Helm chart to create the server from: the name of a folder. mcp-server is built in and needs image."),
  image: text({ pattern: /^[^\s]+$/, says: "is no image", hint: "write registry/name:tag" }).optional().describe("A container image to create the server from. With chart: the image that the chart is to run."),
  args: listOf(argument).optional().describe("Arguments for the image's entrypoint, or for command."),
  replicas: integer(0, 1000).optional().describe("How many pods, when it is created and whenever this number changes; in between, whoever scales decides. Default 1."),
  env_vars: mapOf(text({ allowEmpty: true, maxLength: 131_072 })).optional().describe("The container's environment. Values that ${…} fills in are kept in a Secret."),
  secrets: mapOf(secret).optional().describe("Environment variables that are kept in a Secret, or that are taken from one that is there: {secret, key}."),
  config_files: mapOf(text({ allowEmpty: true, maxLength: 1_048_576 })).optional().describe("Files in the container: absolute path and content, or ${file:/path}. What ${…} fills in is kept in a Secret."),
  resources: object({ requests: quantities.optional().describe("What a pod is sure to get."), limits: quantities.optional().describe("What it gets at the most.") }).optional().describe("As in a pod's container. Default: requests 100m and 128Mi, limits 1 and 512Mi; given, it counts as it is."),
  transport: choice(["http", "stdio"]).optional().describe("How the image speaks MCP. stdio: command is run once for each session, with a bridge beside it. Default http."),
  autoscaling: object({
    min: integer(1, 1000).optional().describe("Fewest pods. Default 1."),
    max: integer(1, 1000).describe("Most pods."),
    cpu: percentage().optional().describe("The load that is aimed at, of what is requested. Default 80%."),
  }).optional().describe("Pods by load; instead of replicas."),
  user: integer(1, 4_294_967_294).optional().describe("Number of the user that the container runs as; root is not allowed. Default: the image's own, which must be a number."),
  writable_paths: listOf(containerPath, 0, 32).optional().describe("Folders that the container may write to, beside /tmp; what is in them ends with the pod."),
  grace_period: duration(1_000, 3_600_000).optional().describe("How long a pod may take to end. For the first half it goes on serving its sessions, then it is told. Default 30s."),
  service_account: kubernetesName.optional().describe("A ServiceAccount that is there already. Default: one is made, without rights and without a token in the pod."),
  image_pull_secrets: listOf(kubernetesName, 0, 32).optional().describe("Secrets that open the image's registry."),
  node_selector: mapOf(text({ allowEmpty: true, maxLength: 63 })).optional().describe("Labels of the nodes that its pods may run on."),
  prune: boolean().optional().describe("false: what was created stays when the entry is removed. Default true."),
};

/** Beside these, `command` is for containers too. */
export const workloadOnlyFields = Object.keys(workloadFields).filter((field) => field !== "chart" && field !== "image") as readonly Exclude<keyof typeof workloadFields, "chart" | "image">[];

export function isContainerPath(value: unknown): value is string {
  return typeof value === "string" && /^(\/[^/\0:]+)+$/.test(value) && value.length <= 1024 && !value.split("/").some((part) => part === "." || part === "..");
}
