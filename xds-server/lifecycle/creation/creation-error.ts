/** Why a server cannot be created, where it is not the API server that says so. */

export type CreationErrorCode = "foreign" | "no_chart" | "no_helm" | "chart_failed" | "chart_refused" | "no_image" | "unexpected";

export class CreationError extends Error {
  readonly code: CreationErrorCode;
  readonly hint: string;

  constructor(code: CreationErrorCode, message: string, hint: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
