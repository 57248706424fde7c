/** The benches of the stdio bridge beside its peers: all, or those named. */

import { runBenches } from "../run-benches.js";
import { makeContenders } from "./contenders.js";
import { deaths } from "./deaths.js";
import { idleSessions } from "./idle.js";
import { newSession } from "./new-session.js";
import { installPeers } from "./peers.js";
import { hundredSessions } from "./sessions.js";
import { throughput } from "./throughput.js";

const contenders = makeContenders(await installPeers((line) => console.error(line)));
await runBenches("Benches of the stdio bridge", [throughput, newSession, hundredSessions, idleSessions, deaths].map((toBench) => toBench(contenders)), process.argv.slice(2));
