/** The benches of the stdio bridge beside its peers: all, or those named. */

import { runBenches } from "../run-benches.js";
import { makeContenders } from "./contenders.js";
import { installPeers } from "./peers.js";
import { throughput } from "./throughput.js";

const contenders = makeContenders(await installPeers((line) => console.error(line)));
await runBenches("Benches of the stdio bridge", [throughput].map((toBench) => toBench(contenders)), process.argv.slice(2));
