/** How `mcp-mesh up` is asked to end: signals, a closed terminal, a reader of its output that has gone. */

/** One keypress may come twice: from the terminal, and passed on by npm. */
const sameKeypressMs = 500;
const parentCheckMs = 1_000;

/** The first request ends everything in order, a second one at once with exit code 130. */
export function endOnSignals(stop: AbortController): void {
  let firstAtMs: number | undefined;
  const ask = (): void => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      stop.abort();
    } else if (performance.now() - firstAtMs > sameKeypressMs) {
      process.exit(130);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
  // `mcp-mesh up | head` ends when head does.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stop.abort());
  if (process.env["npm_lifecycle_event"] !== undefined) endWithParent(stop);
}

/** The shell that npm starts us in may die of a signal that it does not pass on. */
function endWithParent(stop: AbortController): void {
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) stop.abort(); }, parentCheckMs).unref();
}
