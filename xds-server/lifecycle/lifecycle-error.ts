/** What an operation on servers can end with when it fails, as one type whose code every face (command, REST, tool) gives on. */

import { KubernetesError } from "../kubernetes/kubernetes-error.js";

/** api_error: the Kubernetes API refused, or did not answer at all; then there is no `status`. */
export type LifecycleErrorCode = "invalid_input" | "not_found" | "timeout" | "api_error";

export interface LifecycleErrorDetails extends ErrorOptions {
  /** What the Kubernetes API answered with. */
  readonly status?: number;
  readonly hint?: string;
}

export class LifecycleError extends Error {
  readonly code: LifecycleErrorCode;
  readonly status: number | undefined;
  readonly hint: string | undefined;

  constructor(code: LifecycleErrorCode, message: string, details: LifecycleErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.status = details.status;
    this.hint = details.hint;
  }
}

/** Passes everything on that is not the API's: that would be a bug. */
export function toLifecycleError(error: unknown): LifecycleError {
  if (error instanceof LifecycleError) return error;
  if (!(error instanceof KubernetesError)) throw error;
  const hint = hintFor(error);
  return new LifecycleError(codeOf(error), error.message, {
    cause: error,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(hint === undefined ? {} : { hint }),
  });
}

function codeOf({ code }: KubernetesError): LifecycleErrorCode {
  switch (code) {
    case "not_found": return "not_found";
    case "timeout": return "timeout";
    default: return "api_error";
  }
}

function hintFor({ code }: KubernetesError): string | undefined {
  switch (code) {
    case "forbidden": return "the account lacks a right: the README lists all that are used";
    case "unauthorized": return "the credentials of the kubeconfig or the service account are not taken";
    case "unreachable": return "is the cluster up, and is this the right kubeconfig and context?";
    case "no_cluster": return "name a kubeconfig, or run in a pod with a service account";
    default: return undefined;
  }
}

/** As it goes over the wire, and into a tool's result. */
export interface ErrorBody {
  readonly code: LifecycleErrorCode;
  readonly message: string;
  readonly status?: number;
  readonly hint?: string;
}

export function toErrorBody({ code, message, status, hint }: LifecycleError): ErrorBody {
  return { code, message, ...(status === undefined ? {} : { status }), ...(hint === undefined ? {} : { hint }) };
}
