/** What translation must know of the place where Envoy runs, beyond the model. */

export interface Surroundings {
  /** PEM file with the authorities that Envoy trusts for `https` endpoints without a `ca` of their own. */
  readonly systemCaFile: string;
  /** With more servers than these, an Envoy gets a cluster when it is first asked for. Absent: it always gets all. */
  readonly eagerServers?: number;
}
