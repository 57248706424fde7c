/** Plain values in the shapes that protobuf's well-known types ask for. */

import type { TcpKeepalive } from "../../protos/gen/envoy/config/core/v3/TcpKeepalive.js";
import type { Duration } from "../../protos/gen/google/protobuf/Duration.js";

/** A message inside google.protobuf.Any. */
export type TypedConfig<T extends object = object> = T & { "@type": string };

/** Puts a message of the named type, for example `envoy.config.cluster.v3.Cluster`, where the API takes any. */
export function typed<T extends object>(messageName: string, message: T): TypedConfig<T> {
  return { "@type": `type.googleapis.com/${messageName}`, ...message };
}

/** One object for each duration that is asked for: thousands of servers share a few. */
export const duration = memoize((milliseconds: number): Duration => {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000) };
});

/** Streams may be silent for hours: this is how a peer that vanished without a word is noticed, within two minutes. */
export const tcpKeepalive: TcpKeepalive = { keepalive_time: { value: 60 }, keepalive_interval: { value: 15 }, keepalive_probes: { value: 4 } };

/** Remembers what was made of a few numbers; of more than that it forgets the first. */
export function memoize<Output>(make: (input: number) => Output): (input: number) => Output {
  const made = new Map<number, Output>();
  return (input) => {
    const known = made.get(input);
    if (known !== undefined) return known;
    const [first] = made.keys();
    if (made.size >= 100 && first !== undefined) made.delete(first);
    const output = make(input);
    made.set(input, output);
    return output;
  };
}
