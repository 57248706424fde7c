/** Plain values in the shapes that protobuf's well-known types ask for. */

import type { Duration } from "../../protos/gen/google/protobuf/Duration.js";

/** A message inside google.protobuf.Any. */
export type TypedConfig<T extends object = object> = T & { "@type": string };

/** Puts a message of the named type, for example `envoy.config.cluster.v3.Cluster`, where the API takes any. */
export function typed<T extends object>(messageName: string, message: T): TypedConfig<T> {
  return { "@type": `type.googleapis.com/${messageName}`, ...message };
}

export function duration(milliseconds: number): Duration {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000) };
}
