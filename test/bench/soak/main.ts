/** The soak as a program: ten minutes, or as many seconds as told; fails when it finds what must not be. */

import { machine, toMarkdown } from "../bench.js";
import { faultsOf, runSoak } from "./soak.js";

const seconds = readSeconds(process.argv.slice(2));
const report = await runSoak(
  {
    seconds,
    sessions: Math.max(50, Math.ceil((1_000 * seconds) / 600)),
    sessionsAtOnce: 24,
    pauseMs: 2_000,
    workers: 2,
    killProcessEveryMs: 400,
    killWorkerEveryMs: 10_000,
    changeRegistryEveryMs: 1_000,
    warmUpSeconds: Math.ceil(Math.min(60, seconds / 5)),
  },
  (line) => console.error(`soak: ${line}`),
);
const { counts, incidents, startMb, endMb } = report;
const errors = [...counts.errors].sort(([, one], [, other]) => other - one);
const growth = (endMb / startMb - 1) * 100;

console.log(`## Soak\n\n${machine()}, ${new Date().toISOString().slice(0, 10)}\n`);
console.log(toMarkdown({
  title: `${seconds} s of sessions that are abandoned, processes and workers that are killed, and a registry that changes`,
  columns: ["what", "how many"],
  rows: [
    ["sessions opened / abandoned", `${counts.sessions} / ${counts.abandoned}`],
    ["requests / right answers", `${counts.requests} / ${counts.right}`],
    ["clear errors", String(errors.reduce((sum, [, count]) => sum + count, 0))],
    ["wrong answers", String(counts.wrong.length)],
    ["requests without an answer", String(counts.unanswered.length)],
    ["sessions that went on after an error / were lost", `${counts.goneOn} / ${counts.lost.length}`],
    ["processes killed / workers killed / registries", `${incidents.processesKilled} / ${incidents.workersKilled} / ${incidents.registries}`],
    ["orphans", String(incidents.orphans.length)],
    ["longest life of a process without its bridge", `${(incidents.longestMs / 1_000).toFixed(1)} s`],
    ["memory of the system at rest, before / after", `${startMb.toFixed(0)} / ${endMb.toFixed(0)} MB (${growth.toFixed(0)} %, aim: at most 20)`],
  ],
  notes: errors.map(([what, count]) => `${count} × ${what}`),
}));
const faults = [...faultsOf(report), ...(growth > 20 ? [`memory grew by ${growth.toFixed(0)} %`] : [])];
for (const fault of faults.slice(0, 50)) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

function readSeconds(args: readonly string[]): number {
  const [flag, text] = args;
  const value = flag === undefined ? 600 : Number(text);
  if ((flag === undefined || (flag === "--seconds" && args.length === 2)) && Number.isInteger(value) && value >= 1) return value;
  console.error("usage: npm run bench:soak [-- --seconds N]");
  process.exit(2);
}
