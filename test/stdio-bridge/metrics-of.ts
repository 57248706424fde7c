/** The metrics of a bridge that was started with an admin port: each series and its value. */

import type { Bridge } from "./bridge.js";

export async function metricsOf(bridge: Bridge): Promise<ReadonlyMap<string, number>> {
  const listening = await bridge.logs.any((line) => line.msg === "listening");
  const text = await (await fetch(`http://127.0.0.1:${String(listening["adminPort"])}/metrics`)).text();
  return new Map(text.split("\n").flatMap((line) => {
    const [, series, value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    return series === undefined ? [] : [[series, Number(value)] as const];
  }));
}
