/** Waits until every Envoy that is connected has the servers of the newest snapshot and no others: what is to be deleted must first have left them all. */

import type { XdsServer } from "./serve/ads-server.js";
import { typeUrls } from "./snapshot/snapshot.js";
import type { SnapshotStore } from "./snapshot/snapshot-store.js";
import { typeVersion } from "./snapshot/type-version.js";

/** An Envoy that refuses something, or hangs, must not hold up others for ever. */
const limitMs = 10_000;

export async function untilEnvoysHaveTaken(xdsServer: Pick<XdsServer, "clients" | "onChange">, store: Pick<SnapshotStore, "current">, stop: AbortSignal): Promise<void> {
  const isDone = (): boolean => {
    const version = store.current === undefined ? "" : typeVersion(store.current, typeUrls.scope);
    return xdsServer.clients().every(({ role, types }) => role !== "envoy" || types.find(({ typeUrl }) => typeUrl === typeUrls.scope)?.version === version);
  };
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
