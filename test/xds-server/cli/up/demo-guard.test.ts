/** Tests of what is loaded before the demo's servers: the real server, reached from where it must not be. */

import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../../../../protos/project-root.js";
import { settlePorts } from "../../../../xds-server/cli/up/ports.js";

describe("demo-guard", () => {
  let child: ChildProcess;
  let port: number;
  before(async () => {
    const settled = await settlePorts([{ host: "127.0.0.1", port: 0, what: "the demo", flag: "" }]);
    port = settled.ports[0] ?? 0;
    const guard = pathToFileURL(join(projectRoot, "dist", "xds-server", "cli", "up", "demo-guard.js")).href;
    const program = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/dist/index.js");
    child = spawn(process.execPath, ["--import", guard, program, "streamableHttp"], { env: { PORT: String(port) }, stdio: ["ignore", "ignore", "pipe"] });
    // It says on stderr that it listens.
    await once(createInterface({ input: child.stderr! }), "line");
  });
  after(() => { child.kill("SIGKILL"); });

  function statusOf(headers: Readonly<Record<string, string>>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const asking = request({ host: "127.0.0.1", port, path: "/mcp", headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asking.on("error", reject);
      asking.end();
    });
  }

  it("lets clients without a browser and the gateway pass", async () => {
    // The server itself answers 400 to a GET without a session.
    expect(await statusOf({})).to.equal(400);
    expect(await statusOf({ host: "127.0.0.1:8000", origin: "http://localhost:6274" })).to.equal(400);
  });

  it("refuses a page that comes around the gateway", async () => {
    expect(await statusOf({ origin: "http://evil.example" })).to.equal(403);
    expect(await statusOf({ host: `rebound.example:${port}`, origin: `http://rebound.example:${port}` })).to.equal(403);
  });

  it("is not reached from another interface", async () => {
    const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0);
    for (const { address } of [...others, { address: "127.0.0.2" }]) {
      const [error] = await once(connect(port, address), "error") as [NodeJS.ErrnoException];
      // macOS has 127.0.0.1 alone of its loopback network.
      expect(error.code).to.be.oneOf(["ECONNREFUSED", "EADDRNOTAVAIL", "ETIMEDOUT"]);
    }
  });
});
