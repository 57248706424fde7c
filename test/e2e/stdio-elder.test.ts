/** End to end: clients of the older revisions at stdio servers that speak only 2026-07-28, behind two workers and Envoy. */

import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { elderClients, type ElderClient } from "../elder-clients.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

describe("e2e: older clients and stdio servers of 2026-07-28", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  const connected: ElderClient[] = [];

  before(async function () {
    this.timeout(90_000);
    mesh = await opened(startMesh({ workers: 2 }));
    const cmd = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/modern-server.mjs")];
    await mesh.serve({ own: { cmd }, shared: { cmd, isolation: "shared", pool: { min: 1, max: 2 } } });
    for (const id of ["own", "shared"]) await mesh.untilServed(id);
  });
  afterEach(async () => {
    for (const { stop } of connected.splice(0)) await stop();
  });

  for (const server of ["own", "shared"]) {
    for (const [kind, connect] of Object.entries(elderClients)) {
      it(`${server}: ${kind} does all that it can do with a server of its own revision`, async function () {
        this.timeout(60_000);
        const [ada, bob] = await Promise.all(["ada", "bob"].map((name) => connect(`${mesh.gatewayUrl}/${server}`, { name })));
        if (ada === undefined || bob === undefined) throw new Error("not connected");
        connected.push(ada, bob);
        expect((await ada.client.listTools()).tools.map(({ name }) => name)).to.include("echo");
        expect(await ada.read("notes://first")).to.equal("note first");
        expect(await ada.prompt("ask", { topic: "whales" })).to.equal("tell me of whales");
        expect(await ada.complete("ask", "topic", "we")).to.deep.equal(["weather"]);
        const steps: number[] = [];
        await ada.call("steps", { count: 3 }, { onprogress: ({ progress }) => steps.push(progress) });
        expect(steps).to.deep.equal([1, 2, 3]);
        // Elicitation, and then sampling and roots at once, with a state of the server around them.
        expect(await Promise.all([ada.call("greet"), bob.call("greet")])).to.deep.equal(["hello ada", "hello bob"]);
        expect(await Promise.all([ada.call("travel"), bob.call("travel")])).to.deep.equal(["from file:///ada to the sea", "from file:///bob to the sea"]);
        await ada.setLevel("error");
        await ada.call("log", { message: "heard" });
        await ada.heard.any((what) => what === "heard");
        await ada.subscribe("notes://first");
        await ada.call("change", { uri: "notes://first" });
        await ada.heard.any((what) => what === "notes://first");
        expect(bob.heard.all.filter((what) => !what.endsWith("list_changed"))).to.deep.equal([]);
      });
    }
  }
});
