/** What to do when a child of `mcp-mesh up` has ended unasked: how long to wait before it is started again, or give up (pure). */

export interface Exit {
  readonly ranMs: number;
  /** Times it had ended unasked, one soon after the other, before this one. */
  readonly failuresBefore: number;
  /** The mesh as a whole has been ready since it was started. */
  readonly hasBeenReady: boolean;
  /** How often it may fail before the mesh has been ready for the first time. */
  readonly attemptsAtStart: number;
}

export type Decision =
  | { readonly kind: "restart"; readonly afterMs: number; readonly failures: number }
  | { readonly kind: "give_up" };

const firstDelayMs = 100;
const longestDelayMs = 10_000;
/** Who ran this long did not fail for the same reason as the time before. */
const steadyMs = 30_000;

export function afterExit(exit: Exit): Decision {
  const failures = exit.ranMs >= steadyMs ? 1 : exit.failuresBefore + 1;
  // What cannot start the first time is set up wrongly: a loop would bury the message that says so.
  if (!exit.hasBeenReady && failures >= exit.attemptsAtStart) return { kind: "give_up" };
  return { kind: "restart", afterMs: Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 1)), failures };
}
