/** Writes the bootstraps that lie in the tree as files, for places where no program of ours starts Envoy. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../protos/project-root.js";
import { chartBootstrap, chartBootstrapFile } from "./chart-bootstrap.js";
import { composeBootstrap, composeBootstrapFile } from "./compose-bootstrap.js";

writeFileSync(join(projectRoot, composeBootstrapFile), `${JSON.stringify(composeBootstrap(), undefined, 2)}\n`);
writeFileSync(join(projectRoot, chartBootstrapFile), chartBootstrap());
