/** What is to be made in Kubernetes so that one MCP server runs there. */

export interface Workload {
  readonly madeFrom: ImageOrigin | ChartOrigin;
  /** stdio: `command` is run once for each session, with a bridge beside it. */
  readonly transport: "http" | "stdio";
  /** Instead of the image's entrypoint. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Absent: 1, or as the chart says. */
  readonly replicas?: number;
  readonly autoscaling?: Autoscaling;
  /** Where the container listens. Absent: 8080, or as the chart says. */
  readonly port?: number;
  readonly env: Readonly<Record<string, string>>;
  /** Environment variables that nobody is to read in the Deployment. */
  readonly secretEnv: Readonly<Record<string, SecretValue>>;
  /** By absolute path in the container. */
  readonly configFiles: Readonly<Record<string, ConfigFile>>;
  /** Absent: those of the plan, or of the chart. */
  readonly resources?: ContainerResources;
  /** A path that answers with 2xx or 3xx once the server can work. Absent: its port accepts connections. */
  readonly readinessPath?: string;
  /** From the wish that a pod ends until it is killed; half of it passes before the container is told. Absent: 30, or as the chart says. */
  readonly gracePeriodSeconds?: number;
  /** Number of the user that the container runs as. Absent: the image's own. */
  readonly user?: number;
  /** Folders that the container may write to, beside `/tmp`; what is in them ends with the pod. */
  readonly writablePaths: readonly string[];
  readonly imagePullSecrets: readonly string[];
  /** One that is there already. Absent: one is made, without any rights. */
  readonly serviceAccount?: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** False: what was made stays when the server leaves the registry. */
  readonly prune: boolean;
}

export interface ImageOrigin { readonly kind: "image"; readonly image: string }

/** The chart that needs no Helm: our own plan of an image. */
export const builtInChart = "mcp-server";

/** A Helm chart: the name of a folder, which is looked for where the xds-server finds its charts. */
export interface ChartOrigin { readonly kind: "chart"; readonly chart: string; readonly image?: string }

export interface Autoscaling { readonly min: number; readonly max: number; readonly cpuPercent: number }

export type SecretValue =
  | { readonly kind: "value"; readonly value: string }
  /** Of a Secret that somebody else keeps. */
  | { readonly kind: "reference"; readonly secret: string; readonly key: string };

export interface ConfigFile { readonly content: string; readonly isSecret: boolean }

/** Quantities as Kubernetes writes them: `500m`, `256Mi`. */
export interface ContainerResources { readonly requests?: Quantities; readonly limits?: Quantities }
export type Quantities = { readonly cpu?: string; readonly memory?: string };
