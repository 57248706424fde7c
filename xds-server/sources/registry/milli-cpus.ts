/** `0.5` and `500m`: a number of CPUs as the schema has checked it → thousandths of one. */

export function toMilliCpus(text: string): number {
  return Math.round(text.endsWith("m") ? Number(text.slice(0, -1)) : Number(text) * 1_000);
}
