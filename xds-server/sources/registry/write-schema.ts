/** Writes registry.schema.json: `npm run schema`. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../protos/project-root.js";
import { registryJsonSchemaText } from "./json-schema.js";

writeFileSync(join(projectRoot, "registry.schema.json"), registryJsonSchemaText());
