/** Takes the values of a server's own variables out of what it says: a server may print the key that it was given (pure). */

import type { ProcessCommand } from "./process-command.js";

/** Shorter ones (`1`, `true`, `debug`) are no secrets, and stand in many a line by chance. */
const shortestSecret = 6;

/** In the place of a value stands the variable that holds it. */
export function makeMask({ env, secretNames }: Pick<ProcessCommand, "env" | "secretNames">): (line: string) => string {
  const secrets = secretNames
    .flatMap((name) => linesOf(env[name] ?? "").map((value) => ({ name, value })))
    // One that holds another goes first, else the rest of it would stay.
    .sort((a, b) => b.value.length - a.value.length);
  return (line) => secrets.reduce((masked, { name, value }) => masked.replaceAll(value, () => `\${${name}}`), line);
}

/** A key in PEM is printed line by line. */
function linesOf(value: string): readonly string[] {
  return value.split(/\r?\n/).map((line) => line.trim()).filter((line) => line.length >= shortestSecret);
}
