/** Where a cluster is, helm is: the charts are looked at here too, in case nobody has it where the other tests run. */

import { describeRenderings } from "../../charts/renderings.js";

describeRenderings();
