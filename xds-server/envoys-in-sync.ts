/** Waits until every Envoy that is connected has taken the newest snapshot, as a server that is to go must first have left them all. */

import type { XdsServer } from "./serve/ads-server.js";

/** An Envoy that refuses something, or hangs, must not hold up others for ever. */
const limitMs = 10_000;

export async function envoysInSync(xdsServer: Pick<XdsServer, "clients" | "onChange">, stop: AbortSignal): Promise<void> {
  const isDone = (): boolean => xdsServer.clients().every(({ role, inSync }) => role !== "envoy" || inSync);
  if (isDone() || stop.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, limitMs);
    const unsubscribe = xdsServer.onChange(() => {
      if (isDone()) end();
    });
    stop.addEventListener("abort", end, { once: true });
    function end(): void {
      clearTimeout(timer);
      unsubscribe();
      stop.removeEventListener("abort", end);
      resolve();
    }
  });
}
