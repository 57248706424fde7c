/** What `mcp-mesh up` runs and says, to the letter. */

import colors from "picocolors";
import type { Status } from "../../../../xds-server/admin/status.js";
import { toBlock, type BlockInput } from "../../../../xds-server/cli/up/block.js";
import { toChildSpecs, type PlanInput } from "../../../../xds-server/cli/up/plan.js";
import { toChangeLines } from "../../../../xds-server/cli/up/status-changes.js";
import { golden } from "../../../golden.js";

const plain = colors.createColors(false);

golden<PlanInput>("test/testdata/up-plan", toChildSpecs);
golden<BlockInput>("test/testdata/up-block", (input) => toBlock(input, plain));
golden<{ readonly before?: Status; readonly after: Status }>("test/testdata/up-status-changes", ({ before, after }) => toChangeLines(before, after, plain));
