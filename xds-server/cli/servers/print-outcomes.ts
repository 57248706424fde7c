/** Prints what became of each name, and makes of the failures an exit code. */

import { toOutcomeJson } from "../../lifecycle/wire.js";
import type { Outcome } from "../../lifecycle/lifecycle.js";
import { paintFor, print, printJson, type Paint } from "../output.js";
import { exitCodes, tell } from "./kubernetes-options.js";

export interface Forms<T> {
  readonly toJson: (value: T) => unknown;
  readonly toText: (value: T, paint: Paint) => string;
  /** Between one server's text and the next. */
  readonly between: string;
}

/** The JSON is a list with an entry for each name, whether there is one or several. */
export function printOutcomes<T>(outcomes: readonly Outcome<T>[], json: boolean | undefined, { toJson, toText, between }: Forms<T>): void {
  const paint = paintFor(process.stdout);
  const texts = outcomes.flatMap((outcome) => (outcome.kind === "done" ? [toText(outcome.value, paint)] : []));
  if (json === true) printJson(outcomes.map((outcome) => toOutcomeJson(outcome, toJson)));
  else if (texts.length > 0) print(texts.join(between));
  const failures = outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [outcome.error] : []));
  for (const failure of failures) tell(failure);
  const codes = new Set(failures.map(({ code }) => exitCodes[code]));
  const [code = 0] = codes;
  if (failures.length > 0) process.exitCode = codes.size === 1 ? code : 1;
}
