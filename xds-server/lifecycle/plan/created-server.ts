/** An MCP server that is to be made in Kubernetes, with all that its objects are planned from. */

import type { Workload } from "../../model/workload.js";

export interface CreatedServer {
  readonly id: string;
  readonly namespace: string;
  /** The name of its Service, and of everything else that is made for it. */
  readonly name: string;
  /** The MCP path. */
  readonly path: string;
  readonly workload: Workload;
}

export interface PlanContext {
  /** Whose objects these are. */
  readonly owner: string;
  /** The Deployment that is there already: what is made beside it belongs to it, and ends with it. */
  readonly deployment?: { readonly name: string; readonly uid: string; readonly adopted?: AdoptedDeployment };
  /** Keys of objects that are there by somebody else, who wants them ruled by the registry. */
  readonly adopted: ReadonlySet<string>;
}

/** What cannot be changed in a Deployment that somebody else has made. */
export interface AdoptedDeployment {
  readonly matchLabels: Readonly<Record<string, string>>;
  /** Its first container; another name would be another container beside it. */
  readonly container: string;
}
