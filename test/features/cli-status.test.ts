/** `mcp-mesh status`, `servers list` and `config dump`, asked of a real admin port. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { pino } from "pino";
import { projectRoot } from "../../protos/project-root.js";
import { startAdmin, type Admin } from "../../xds-server/admin/admin-server.js";
import type { Readiness } from "../../xds-server/admin/readiness.js";
import type { ServerStatus, Status } from "../../xds-server/admin/status.js";
import type { Problem } from "../../xds-server/model/model.js";
import { dumpSnapshot } from "../../xds-server/snapshot/dump.js";
import { makeSnapshot } from "../../xds-server/snapshot/make-snapshot.js";
import { makeTranslation } from "../../xds-server/translate/translate.js";
import { startReplica } from "../e2e/fixtures/replica.js";
import { freePorts } from "../e2e/mesh.js";
import { toModel } from "../xds-server/translate/model-defaults.js";
import { runMcpMesh } from "./run-mcp-mesh.js";

const model = toModel({
  servers: {
    memory: { stdio: {} },
    search: { http: { requestHeaders: [{ name: "authorization", value: "do-not-show" }], endpoints: [{ host: "127.0.0.1", port: 3001 }, { host: "127.0.0.1", port: 3002 }] } },
  },
  workers: { memory: [{ worker: "w1", host: "127.0.0.1", port: 9001, health: "unhealthy", reason: "exits at once" }] },
});
const problem: Problem = { severity: "error", where: "registry.yaml:7:3", serverId: "bad", what: 'unknown field "enpoint"\u001b[2J', hint: 'did you mean "endpoint"?\nsecond line' };
const server = { version: "1", reason: "exits at once", lastStderrLines: [], warnings: [], processes: 0, sessions: 0, openRequests: 2, queueLength: 1 };

describe("mcp-mesh status", () => {
  let admin: Admin;
  let env: Record<string, string>;
  const now: { readiness: Readiness } = { readiness: { ready: true, reasons: [] } };

  before(async () => {
    admin = await startAdmin({
      host: "127.0.0.1",
      port: 0,
      log: pino({ level: "silent" }),
      now: () => performance.now(),
      isReady: () => now.readiness,
      isServing: () => true,
      statusInput: () => ({
        version: "0.1.0",
        startedAtMs: 0,
        model,
        problems: [problem],
        registry: { files: ["registry.yaml"], reloads: { ok: 1, failed: 0 }, lastReadAtMs: 2_000 },
        snapshots: { published: 1, lastPublishedAtMs: 3_000 },
        clients: [], refusals: new Map(),
        bridges: [{ worker: "w1", host: "127.0.0.1", port: 9001, draining: false, servers: [{ ...server, name: "memory", state: "UNHEALTHY" }] }],
      }),
      configDump: () => dumpSnapshot(makeSnapshot(makeTranslation({ systemCaFile: "/ca.pem" })(model)).value),
    });
    env = { MCP_MESH_ADMIN_PORT: String(admin.port) };
  });

  after(async () => {
    await admin.stop();
  });

  it("tells people what runs and what is wrong, in lines that fit together", async () => {
    const { exitCode, stdout, stderr } = await runMcpMesh(["status"], { env });
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: "" });
    expect(stdout).to.equal(
      [
        "mcp-mesh 0.1.0, ready",
        "gateway   http://127.0.0.1:8000",
        "registry  registry.yaml, read 1970-01-01T00:00:02.000Z",
        "started   1970-01-01T00:00:00.000Z",
        "",
        "SERVER  KIND     STATE       URL                           ENDPOINTS          BALANCING    DESCRIPTION",
        "bad     unknown  not served  -                             -                  -",
        "memory  stdio    unhealthy   http://127.0.0.1:8000/memory  0/1 healthy        -",
        "search  http     serving     http://127.0.0.1:8000/search  2, health unknown  round_robin",
        "",
        "BRIDGE  ADDRESS         SERVER  STATE      PROCESSES  SESSIONS  REQUESTS  QUEUE  REASON",
        "w1      127.0.0.1:9001  memory  UNHEALTHY  0          0         2         1      exits at once",
        "",
        'registry.yaml:7:3  error  unknown field "enpoint"',
        '    did you mean "endpoint"?',
        "    second line",
        "",
      ].join("\n"),
    );
  });

  it("--json is what the admin port says", async () => {
    const { stdout } = await runMcpMesh(["status", "--json"], { env });
    const status = JSON.parse(stdout) as Status;
    expect(status.problems).to.deep.equal([problem]);
  });

  it("exits with 1 when the mesh is not ready, and says why", async () => {
    now.readiness = { ready: false, reasons: ["no Envoy is connected"] };
    const { exitCode, stdout } = await runMcpMesh(["status"], { env });
    now.readiness = { ready: true, reasons: [] };
    expect(exitCode).to.equal(1);
    expect(stdout).to.include("not ready: no Envoy is connected");
  });

  it("servers list lists them", async () => {
    const { exitCode, stdout } = await runMcpMesh(["servers", "list", "--json", "--admin-url", `http://127.0.0.1:${admin.port}`]);
    expect(exitCode).to.equal(0);
    expect((JSON.parse(stdout) as ServerStatus[]).map(({ id }) => id)).to.deep.equal(["bad", "memory", "search"]);
    expect((await runMcpMesh(["servers", "list"], { env })).stdout).to.match(/^SERVER/);
  });

  it("config dump prints what is served, without secrets", async () => {
    const { exitCode, stdout } = await runMcpMesh(["config", "dump"], { env });
    expect(exitCode).to.equal(0);
    expect((JSON.parse(stdout) as { clusters: readonly { name: string }[] }).clusters.map(({ name }) => name).sort()).to.deep.equal(["mcp/memory", "mcp/search", "sessions/memory"]);
    expect(stdout).not.to.include("do-not-show");
    expect((await runMcpMesh(["config", "dump", "--json"], { env })).stdout.trimEnd()).not.to.include("\n");
  });

  it("config dump into a pipe that is closed early is no failure", async () => {
    const child = spawn(process.execPath, [join(projectRoot, "dist/xds-server/cli/mcp-mesh.js"), "config", "dump"], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const complaints = text(child.stderr);
    child.stdout.destroy();
    const [exitCode] = (await once(child, "exit")) as [number | null];
    expect({ exitCode, stderr: await complaints }).to.deep.equal({ exitCode: 0, stderr: "" });
  });

  it("config dump --envoy says what is missing where no Envoy's admin is known", async () => {
    const { exitCode, stderr } = await runMcpMesh(["config", "dump", "--envoy"], { env });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("no Envoy's admin is known");
  });

  for (const command of [["status"], ["status", "--json"], ["servers", "list"], ["config", "dump"]]) {
    it(`${command.join(" ")} exits with 1 when nobody answers, and says what to do`, async () => {
      const [port = 0] = await freePorts(1);
      const { exitCode, stdout, stderr } = await runMcpMesh(command, { env: { MCP_MESH_ADMIN_PORT: String(port) } });
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: "" });
      expect(stderr).to.include(`no mesh answers at http://127.0.0.1:${port}`).and.to.include("--admin-url");
    });
  }

  for (const body of ["<p>hello</p>", '{"hello":1}']) {
    it(`says when what answers is no mesh, but ${body}`, async () => {
      const other = await startReplica({ name: "other", respond: (_request, response) => void response.end(body) });
      const { exitCode, stderr } = await runMcpMesh(["status", "--admin-url", other.url]);
      await other.stop();
      expect(exitCode).to.equal(1);
      expect(stderr).to.include("not a mesh's admin port");
    });
  }

  it("says when the url is none", async () => {
    const { exitCode, stderr } = await runMcpMesh(["status", "--admin-url", "8001"]);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('admin url "8001" is not a url');
  });
});
