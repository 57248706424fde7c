/** What translation must know of the place where Envoy runs, beyond the model. */

export interface Surroundings {
  /** PEM file with the authorities that Envoy trusts for `https` endpoints without a `ca` of their own. */
  readonly systemCaFile: string;
}
