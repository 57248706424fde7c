/** What can go wrong with the Kubernetes API, as one type of error with a code that callers can decide by. */

export type KubernetesErrorCode =
  | "no_cluster"
  | "unreachable"
  | "timeout"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "gone"
  | "too_many_requests"
  | "invalid"
  | "api_error";

export interface KubernetesErrorDetails extends ErrorOptions {
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** What the API server names as the reason, for example `Forbidden` or `AlreadyExists`. */
  readonly reason?: string;
  /** How long the API server wants to be left alone. */
  readonly retryAfterMs?: number;
}

export class KubernetesError extends Error {
  readonly code: KubernetesErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: KubernetesErrorCode, message: string, details: KubernetesErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.status = details.status;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** `body` is a `Status` object where the API server itself has answered (https://kubernetes.io/docs/reference/using-api/api-concepts/). */
export function toKubernetesError(what: string, status: number, body: unknown, retryAfterMs?: number): KubernetesError {
  const { reason, message } = typeof body === "object" && body !== null ? (body as { readonly reason?: unknown; readonly message?: unknown }) : {};
  const says = typeof message === "string" && message !== "" ? message : `status ${status}`;
  return new KubernetesError(codeOf(status), `${what}: ${says}`, {
    status,
    ...(typeof reason === "string" ? { reason } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function codeOf(status: number): KubernetesErrorCode {
  switch (status) {
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 409: return "conflict";
    case 410: return "gone";
    case 422: case 400: return "invalid";
    case 429: return "too_many_requests";
    case 504: return "timeout";
    default: return "api_error";
  }
}
