/** Runs the benches: all, or those named. Ratios within one run on one machine; nothing here is asserted. */

import { machine, toMarkdown, type Bench, type Open } from "./bench.js";
import { changes } from "./changes.js";
import { gateway } from "./gateway.js";
import { lookup } from "./lookup.js";
import { ondemand } from "./ondemand.js";
import { reload } from "./reload.js";
import { scale } from "./scale.js";

const benches: readonly Bench[] = [gateway, lookup, changes, scale, ondemand, reload];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(", ")}; there are ${benches.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

console.log(`## Benches\n\n${machine()}, ${new Date().toISOString().slice(0, 10)}\n`);
for (const bench of benches.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  console.log(toMarkdown(await runOne(bench)));
}

async function runOne(bench: Bench): ReturnType<Bench["run"]> {
  const opened: { stop(): Promise<void> }[] = [];
  const open: Open = async (opening) => {
    const one = await opening;
    opened.push(one);
    return one;
  };
  try {
    return await bench.run(open, (line) => console.error(`${bench.name}: ${line}`));
  } finally {
    for (const one of opened.reverse()) await one.stop();
  }
}
