/** Golden: Kubernetes' objects → what is said of a server, and lists of servers → events. */

import { endpointsBy } from "../../../xds-server/lifecycle/endpoints.js";
import { eventsBetween } from "../../../xds-server/lifecycle/server-events.js";
import type { EventObject, PodObject, ServiceObject, Workload } from "../../../xds-server/lifecycle/objects.js";
import { toServerStatus, type ListedServer } from "../../../xds-server/lifecycle/server-status.js";
import { statusJson, toEventJson, toStatusJson } from "../../../xds-server/lifecycle/wire.js";
import { golden } from "../../golden.js";

interface Objects {
  readonly workload: Workload;
  readonly services?: readonly ServiceObject[];
  readonly pods?: readonly PodObject[];
  readonly events?: readonly EventObject[];
}

describe("what is said of a server", () => {
  golden("test/testdata/lifecycle-status", ({ workload, services = [], pods = [], events = [] }: Objects) => statusJson.parse(toStatusJson(toServerStatus(workload, endpointsBy(services), pods, events))));
  golden("test/testdata/lifecycle-events", (states: readonly (readonly ListedServer[])[]) => states.map((state, index) => eventsBetween(states[index - 1] ?? [], state).map(toEventJson)));
});
