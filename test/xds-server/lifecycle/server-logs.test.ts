/** Logs before a reader that is slow. */

import { expect } from "chai";
import type { KubernetesApi } from "../../../xds-server/kubernetes/kubernetes-api.js";
import type { PodObject, Workload } from "../../../xds-server/lifecycle/objects.js";
import { readLogs } from "../../../xds-server/lifecycle/server-logs.js";

const workload: Workload = {
  kind: "StatefulSet",
  object: { metadata: { name: "search", namespace: "mcp", uid: "set" }, spec: { selector: { matchLabels: { app: "search" } }, template: { spec: { containers: [{ name: "main" }] } } } },
};
const pod: PodObject = {
  metadata: { name: "search-0", namespace: "mcp", labels: { app: "search" }, ownerReferences: [{ kind: "StatefulSet", name: "search", uid: "set", controller: true }] },
  status: { containerStatuses: [{ name: "main", state: { running: {} } }] },
};

describe("logs before a slow reader", () => {
  const cases: readonly (readonly [what: string, length: number, mostAhead: number])[] = [
    ["many lines", 1, 1_000],
    ["long lines", 1_024 * 1_024, 4],
  ];
  for (const [what, length, mostAhead] of cases) {
    it(`are read no further than a little ahead, for ${what}`, async () => {
      let read = 0;
      const line = "x".repeat(length);
      const api: KubernetesApi = {
        url: "http://nowhere",
        namespace: "mcp",
        ask: () => Promise.resolve({ metadata: {}, items: [pod] }),
        async *lines() {
          while (read < 5_000) {
            read += 1;
            yield line;
          }
        },
      };
      const logs = readLogs(api, workload, { stop: new AbortController().signal });
      await logs.next();
      // All that can go on without the reader has gone on by then: nothing here waits for anything else.
      await new Promise((resolve) => setImmediate(resolve));
      // One is taken, and one waits for its room.
      expect(read).to.be.within(2, mostAhead + 2);
      let rest = 0;
      for await (const _line of logs) rest += 1;
      expect(rest).to.equal(4_999);
    });
  }

  it("end with a reader that leaves while they wait for it", async () => {
    let ended = false;
    const api: KubernetesApi = {
      url: "http://nowhere",
      namespace: "mcp",
      ask: () => Promise.resolve({ metadata: {}, items: [pod] }),
      async *lines({ stop }) {
        while (stop?.aborted !== true) yield "line";
        ended = true;
      },
    };
    for await (const _line of readLogs(api, workload, { stop: new AbortController().signal })) break;
    expect(ended).to.equal(true);
  });
});
