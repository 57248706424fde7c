/** `mcp-mesh servers …` on Kubernetes as a user types it, before an API over real HTTP: output, JSON, and exit codes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { FakeCluster } from "../fake-cluster.js";
import { runMcpMesh, type Ran } from "./run-mcp-mesh.js";

describe("mcp-mesh servers on Kubernetes", () => {
  const kubernetes = new FakeCluster();
  const run = (...args: readonly string[]): Promise<Ran> => runMcpMesh(["servers", ...args], { env: { KUBECONFIG: kubernetes.kubeconfig } });
  before(() => kubernetes.start());
  beforeEach(() => {
    kubernetes.clear();
    kubernetes.addServer("search", { replicas: 2 });
    kubernetes.addServer("notes", { replicas: 0 });
    kubernetes.addServer("far", { namespace: "other" });
    kubernetes.put("services", { metadata: { name: "search", namespace: "mcp" }, spec: { type: "ClusterIP", clusterIP: "10.96.0.7", selector: { app: "search" }, ports: [{ port: 80 }] } });
  });
  after(() => kubernetes.stop());

  it("list shows them as a table, and as JSON", async () => {
    const { exitCode, stdout } = await run("list", "--kubernetes");
    expect(exitCode).to.equal(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).to.deep.equal([
      ["SERVER", "NAMESPACE", "KIND", "STATUS", "READY", "ENDPOINTS"],
      ["notes", "mcp", "Deployment", "stopped", "0/0", "-"],
      ["search", "mcp", "Deployment", "running", "2/2", "http://10.96.0.7:80"],
      [""],
    ]);
    const { stdout: json } = await run("list", "--namespace", "mcp", "--json");
    expect((JSON.parse(json) as readonly object[])[1]).to.deep.equal({ name: "search", namespace: "mcp", kind: "Deployment", status: "running", replicas: 2, ready_replicas: 2, endpoints: ["http://10.96.0.7:80"] });
  });

  const lists: readonly (readonly [what: string, args: readonly string[], names: readonly string[]])[] = [
    ["another namespace", ["--namespace", "other"], ["far"]],
    ["every namespace", ["-A"], ["notes", "search", "far"]],
    ["another context, with its namespace", ["--context", "other"], ["far"]],
    ["other labels", ["--selector", "app.kubernetes.io/component=other"], []],
  ];
  for (const [what, args, names] of lists) {
    it(`list looks at ${what}`, async () => {
      const { exitCode, stdout } = await run("list", "--json", ...args);
      expect(exitCode).to.equal(0);
      expect((JSON.parse(stdout) as readonly { name: string }[]).map(({ name }) => name)).to.deep.equal(names);
    });
  }

  it("--kubeconfig wins over KUBECONFIG", async () => {
    const { exitCode, stdout } = await runMcpMesh(["servers", "list", "--kubeconfig", kubernetes.kubeconfig], { env: { KUBECONFIG: "/nowhere" } });
    expect(exitCode).to.equal(0);
    expect(stdout).to.include("search");
  });

  it("status tells all, and what is not there beside it", async () => {
    const { exitCode, stdout, stderr } = await run("status", "search", "nobody");
    expect(exitCode).to.equal(3);
    expect(stdout).to.match(/^search {2}running\n {2}Deployment in mcp\n {2}replicas +2 of 2 ready, 2 available, 2 up to date\n {2}endpoints +http:\/\/10\.96\.0\.7:80\n/);
    expect(stderr).to.include('no MCP server "nobody" is in namespace "mcp"').and.to.include("labelled app.kubernetes.io/component=mcp-server");
  });

  it("status says the same as JSON, with an entry for each name", async () => {
    const { exitCode, stdout } = await run("status", "search", "nobody", "--json");
    expect(exitCode).to.equal(3);
    const entries = JSON.parse(stdout) as readonly { readonly name: string; readonly server?: { readonly status: string }; readonly error?: { readonly code: string } }[];
    expect(entries.map(({ name, server, error }) => `${name} ${server?.status ?? ""}${error?.code ?? ""}`)).to.deep.equal(["search running", "nobody not_found"]);
  });

  it("start, scale and stop do what they say", async () => {
    expect(await run("start", "notes")).to.deep.equal({ exitCode: 0, stdout: "notes  running  1/1 ready\n", stderr: "" });
    expect(await run("start", "notes")).to.include({ stdout: "notes  running  1/1 ready, nothing to change\n" });
    expect(await run("scale", "notes", "search", "--replicas", "3", "--wait")).to.include({ exitCode: 0, stdout: "notes  running  3/3 ready\nsearch  running  3/3 ready\n" });
    expect(await run("stop", "notes", "--wait")).to.include({ exitCode: 0, stdout: "notes  stopped  0/0 ready\n" });
    expect(await run("stop", "search", "--force")).to.include({ exitCode: 0, stdout: "search  stopped  0/0 ready\n" });
  });

  it("start does not wait with --no-wait", async () => {
    kubernetes.podsBecomeReady = false;
    expect(await run("start", "notes", "--no-wait")).to.include({ exitCode: 0, stdout: "notes  pending  0/1 ready\n" });
  });

  it("scale shows a warning where an autoscaler has the say", async () => {
    kubernetes.put("horizontalpodautoscalers", { metadata: { name: "search", namespace: "mcp" }, spec: { scaleTargetRef: { kind: "Deployment", name: "search" }, maxReplicas: 3 } });
    expect((await run("scale", "search", "-r", "1")).stdout).to.include('warning  HorizontalPodAutoscaler "search" decides between 1 and 3');
    expect(await run("scale", "search", "-r", "4")).to.include({ exitCode: 2 });
  });

  it("scale takes more with --max-replicas", async () => {
    expect(await run("scale", "search", "-r", "12")).to.include({ exitCode: 2 });
    expect(await run("scale", "search", "-r", "12", "--max-replicas", "20")).to.include({ exitCode: 0 });
  });

  const failures: readonly (readonly [what: string, args: readonly string[], prepare: () => void, exitCode: number, says: RegExp])[] = [
    ["a name against the rules", ["stop", "Search_"], () => undefined, 2, /is not a DNS subdomain/],
    ["no name", ["start"], () => undefined, 2, /missing required argument 'names'/],
    ["no replicas", ["scale", "search"], () => undefined, 2, /--replicas/],
    ["replicas that are no number", ["scale", "search", "-r", "two"], () => undefined, 2, /is not a whole number/],
    ["a server that is not there", ["start", "nobody"], () => undefined, 3, /no MCP server "nobody"/],
    ["one that is not ready in time", ["start", "notes", "--timeout", "0.2"], () => { kubernetes.podsBecomeReady = false; }, 4, /ImagePullBackOff/],
    ["a refusal", ["scale", "search", "-r", "1"], () => kubernetes.refuse("PATCH", /scale$/, 403), 5, /the account lacks a right/],
    ["failures that differ", ["start", "nobody", "Search_"], () => undefined, 1, /no MCP server "nobody"/],
    ["no such context", ["list", "--context", "none"], () => undefined, 5, /no Kubernetes cluster is known as context "none"/],
    ["no kubeconfig", ["list", "--kubeconfig", "/nowhere"], () => undefined, 5, /kubeconfig cannot be read/],
    ["logs of a container that is not there", ["logs", "search", "-c", "other"], () => undefined, 3, /it has main/],
    ["a watch that is not allowed", ["watch"], () => kubernetes.refuse("GET", /deployments$/, 403), 5, /lacks a right/],
  ];
  for (const [what, args, prepare, exitCode, says] of failures) {
    it(`exits with ${exitCode} for ${what}`, async () => {
      prepare();
      const ran = await run(...args);
      expect(ran.exitCode, ran.stderr).to.equal(exitCode);
      expect(ran.stderr).to.match(says);
    });
  }

  it("logs prints each line behind its pod", async () => {
    const [pod = "", second = ""] = kubernetes.namesOf("pods");
    kubernetes.logLines.set(`${pod}/main`, ["one", "two"]);
    kubernetes.logLines.set(`${second}/main`, ["three"]);
    expect((await run("logs", "search", "--tail", "1")).stdout).to.equal(`${pod}/main  two\n${second}/main  three\n`);
    expect((await run("logs", "search", "--json")).stdout.split("\n")[0]).to.equal(JSON.stringify({ pod, container: "main", line: "one" }));
  });

  it("watch prints each change, until nobody reads any more", async () => {
    const program = join(projectRoot, "dist/xds-server/cli/mcp-mesh.js");
    const child = spawn(process.execPath, [program, "servers", "watch", "--json"], { env: { ...process.env, KUBECONFIG: kubernetes.kubeconfig }, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit") as Promise<[number | null]>;
    const seen: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const { type, server } = JSON.parse(line) as { readonly type: string; readonly server: { readonly name: string; readonly status: string } };
      seen.push(`${type} ${server.name} ${server.status}`);
      if (seen.length === 2) await run("start", "notes", "--no-wait");
      if (seen.at(-1) === "changed notes running") break;
    }
    child.stdout.destroy();
    // The next thing that it would print finds the pipe closed.
    kubernetes.addServer("more");
    expect((await ended)[0]).to.equal(0);
    expect(seen.slice(0, 2)).to.deep.equal(["added search running", "added notes stopped"]);
  });
});
