/** `mcp-mesh probe` asks real servers, and things that are none. */

import { expect } from "chai";
import { join } from "node:path";
import { projectRoot } from "../../protos/project-root.js";
import type { Probe } from "../../xds-server/cli/mcp-probe.js";
import { ask } from "../e2e/ask.js";
import { Child } from "../e2e/child.js";
import { startModernReplica } from "../e2e/fixtures/modern-mcp-server.js";
import { startReplica, type Replica, type Respond } from "../e2e/fixtures/replica.js";
import { freePorts } from "../e2e/mesh.js";
import { until } from "../e2e/until.js";
import { runMcpMesh } from "./run-mcp-mesh.js";

const everything = join(projectRoot, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");

describe("mcp-mesh probe", function () {
  this.timeout(60_000);
  const replicas: Replica[] = [];
  const children: Child[] = [];

  afterEach(async () => {
    await Promise.all([...replicas.splice(0), ...children.splice(0)].map(async (life) => life.stop()));
  });

  async function startEverything(transport: "streamableHttp" | "sse"): Promise<string> {
    const [port = 0] = await freePorts(1);
    const child = new Child({ name: "everything", command: [process.execPath, everything, transport], env: { PORT: String(port) } });
    children.push(child);
    const url = `http://127.0.0.1:${port}`;
    await until("server-everything to listen", async () => (await ask(url, "/")).status > 0);
    return url;
  }

  async function start(respond: Respond): Promise<string> {
    const replica = await startReplica({ name: "probed", respond });
    replicas.push(replica);
    return replica.url;
  }

  async function probe(url: string, ...more: readonly string[]): Promise<Probe & { readonly exitCode: number }> {
    const { exitCode, stdout } = await runMcpMesh(["probe", url, "--json", ...more]);
    return { exitCode, ...(JSON.parse(stdout) as Probe) };
  }

  it("finds a real server of Streamable HTTP, and ends the session that it made", async () => {
    const url = await startEverything("streamableHttp");
    const found = await probe(`${url}/mcp`);
    expect(found).to.include({ exitCode: 0, isMcp: true, transport: "streamable-http", hasSessions: true });
    expect(found.revisions).to.deep.equal(["2025-11-25"]);
    expect(found.server?.name).to.match(/everything/);
    expect(found.tools).to.be.greaterThan(5);
    await until("the session to be ended", () => children[0]?.log().includes("session termination request"));
  });

  it("finds a real server of HTTP+SSE", async () => {
    const url = await startEverything("sse");
    const found = await probe(`${url}/sse`);
    expect(found).to.include({ exitCode: 0, isMcp: true, transport: "sse" });
    expect(found.tools).to.be.greaterThan(5);
  });

  it("finds a stateless server of 2026-07-28", async () => {
    const replica = await startModernReplica("modern");
    replicas.push(replica);
    const found = await probe(`${replica.url}/mcp`);
    expect(found).to.include({ exitCode: 0, isMcp: true, transport: "streamable-http", hasSessions: false, tools: 1 });
    expect(found.revisions).to.deep.equal(["2026-07-28"]);
    expect(found.server).to.deep.equal({ name: "modern", version: "1.0.0" });
  });

  it("says for people what it found", async () => {
    const replica = await startModernReplica("modern");
    replicas.push(replica);
    const { stdout, stderr } = await runMcpMesh(["probe", `${replica.url}/mcp`]);
    expect(stdout).to.match(/speaks MCP\n {2}server +modern 1\.0\.0\n/).and.to.match(/revisions +2026-07-28/);
    expect(stdout).not.to.include("\u001b");
    expect(stderr).to.equal("");
  });

  it("sends the headers that it is given, and shows none of them", async () => {
    const seen: (string | undefined)[] = [];
    const url = await start((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    });
    const { exitCode, stdout, stderr } = await runMcpMesh(["probe", url, "--header", "Authorization: Bearer do-not-show"]);
    expect(exitCode).to.equal(1);
    expect(new Set(seen)).to.deep.equal(new Set(["Bearer do-not-show"]));
    expect(stdout + stderr).not.to.include("do-not-show");
    expect(stderr).to.include("it may want a key");
  });

  const others: readonly (readonly [string, Respond, RegExp])[] = [
    ["a web page", (_request, response) => void response.setHeader("content-type", "text/html").end("<p>hello</p>"), /status 200, text\/html/],
    ["JSON that is not JSON-RPC", (_request, response) => void response.setHeader("content-type", "application/json").end("[1]"), /status 200, application\/json/],
    ["a JSON-RPC error", (_request, response) => void response.writeHead(400, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"no"}}'), /JSON-RPC error -32600: no/],
    ["a redirect, which is shown and not followed", (_request, response) => void response.writeHead(302, { location: "/elsewhere" }).end(), /location: \/elsewhere/],
    ["an event stream that is none of ours", (_request, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end("data: hello\n\n"), /not the endpoint/],
    ["an endpoint on another origin, which would get our headers", (request, response) => {
      if (request.method === "POST") response.writeHead(405).end();
      else response.writeHead(200, { "content-type": "text/event-stream" }).write("event: endpoint\ndata: http://evil.example/messages\n\n");
    }, /another origin, http:\/\/evil\.example/],
    ["silence", () => undefined, /no answer in time/],
    ["an answer without end", (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const flood = (): void => void response.write("x".repeat(1024 * 1024), (error) => (error === null || error === undefined ? flood() : undefined));
      flood();
    }, /longer than \d+ characters/],
    ["an answer that would repaint the terminal", (_request, response) => void response.writeHead(400, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"\\u001b[2Jgone"}}'), /JSON-RPC error 1: .*gone/],
  ];
  for (const [name, respond, says] of others) {
    it(`is not taken in by ${name}`, async () => {
      const { exitCode, stdout, stderr } = await runMcpMesh(["probe", await start(respond), "--timeout", "2"]);
      expect(exitCode).to.equal(1);
      expect(stdout).to.equal("");
      expect(stderr).to.include("does not speak MCP").and.to.match(says).and.not.to.include("\u001b");
    });
  }

  it("says so when nobody listens", async () => {
    const [port = 0] = await freePorts(1);
    const { exitCode, stderr } = await runMcpMesh(["probe", `http://127.0.0.1:${port}/mcp`]);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("ECONNREFUSED");
  });

  const misused: readonly (readonly [string, readonly string[]])[] = [
    ["no url", []],
    ["what is not a url", ["mcp"]],
    ["another scheme", ["file:///etc/passwd"]],
    ["a header without a colon", ["http://127.0.0.1:9/", "--header", "Authorization do-not-show"]],
    ["a timeout that is no number", ["http://127.0.0.1:9/", "--timeout", "soon"]],
  ];
  for (const [name, args] of misused) {
    it(`refuses ${name} with 2, and repeats no secret`, async () => {
      const { exitCode, stderr } = await runMcpMesh(["probe", ...args]);
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/^error: /m);
      expect(stderr).not.to.include("do-not-show");
    });
  }
});
