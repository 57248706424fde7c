/** Runs benches one after the other, all or those named, and prints their tables. Ratios within one run on one machine; nothing here is asserted. */

import { machine, toMarkdown, type Bench, type Open } from "./bench.js";

export async function runBenches(title: string, benches: readonly Bench[], wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(`no bench is called ${unknown.join(", ")}; there are ${benches.map(({ name }) => name).join(", ")}`);
    process.exit(2);
  }
  console.log(`## ${title}\n\n${machine()}, ${new Date().toISOString().slice(0, 10)}\n`);
  for (const bench of benches.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    console.log(toMarkdown(await runOne(bench)));
  }
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
