/** When the mesh is ready, and what is still missing. */

import { expect } from "chai";
import { toReadiness } from "../../../xds-server/admin/readiness.js";
import type { ClientStatus } from "../../../xds-server/serve/client-status.js";
import { typeUrls } from "../../../xds-server/snapshot/snapshot.js";

const envoy: ClientStatus = { nodeId: "gateway-1", role: "envoy", userAgent: "envoy 1.40.0", peer: "", connectedAtMs: 0, protocol: "delta", types: [], inSync: true, hasBeenInSync: true };
const behind: ClientStatus = { ...envoy, inSync: false, hasBeenInSync: false };
const refusing: ClientStatus = { ...behind, types: [{ typeUrl: typeUrls.listener, sent: 1, acked: 0, version: "", inSync: false, nack: { message: "cannot bind", atMs: 0, resources: ["gateway"] } }] };
const notPublished = "nothing is served yet: the registry is being read, or the bridges have not reported";

const cases: readonly (readonly [string, readonly ClientStatus[], boolean, readonly string[]])[] = [
  ["is ready once an Envoy has taken everything", [envoy], true, []],
  ["stays ready while a later change is on its way", [{ ...envoy, inSync: false }], true, []],
  ["is ready with one Envoy of two", [behind, envoy], true, []],
  ["waits for an Envoy", [], true, ["no Envoy is connected"]],
  ["does not take a bridge for an Envoy", [{ ...envoy, role: "bridge" }], true, ["no Envoy is connected"]],
  ["waits for the first snapshot", [envoy], false, [notPublished, "Envoy gateway-1 has not taken its configuration yet"]],
  ["waits for the Envoy's answer", [behind], true, ["Envoy gateway-1 has not taken its configuration yet"]],
  ["tells what an Envoy refuses", [refusing], true, ["Envoy gateway-1 refuses Listener: cannot bind"]],
];

describe("the mesh", () => {
  for (const [name, clients, isPublished, reasons] of cases) {
    it(name, () => expect(toReadiness(clients, isPublished)).to.deep.equal({ ready: reasons.length === 0, reasons }));
  }
});
