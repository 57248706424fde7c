/** The benches of the gateway: all, or those named. */

import { changes } from "./changes.js";
import { gateway } from "./gateway.js";
import { lookup } from "./lookup.js";
import { ondemand } from "./ondemand.js";
import { pods } from "./pods.js";
import { reload } from "./reload.js";
import { runBenches } from "./run-benches.js";
import { scale } from "./scale.js";

await runBenches("Benches", [gateway, lookup, changes, scale, ondemand, reload, pods], process.argv.slice(2));
