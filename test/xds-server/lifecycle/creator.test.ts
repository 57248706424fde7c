/** What is written when, and when nothing is: creation against an API without a wire. */

import { join } from "node:path";
import { expect } from "chai";
import { pino, type Logger } from "pino";
import { projectRoot } from "../../../protos/project-root.js";
import { KubernetesError } from "../../../xds-server/kubernetes/kubernetes-error.js";
import { Creator, type CreatorOptions } from "../../../xds-server/lifecycle/creation/creator.js";
import { uncreated, whatMayBeRemoved } from "../../../xds-server/lifecycle/creation/creation.js";
import { WantedObjects } from "../../../xds-server/lifecycle/creation/wanted-objects.js";
import type { CreatedServer } from "../../../xds-server/lifecycle/plan/created-server.js";
import { toMcpServer } from "../../../xds-server/sources/registry/to-mcp-server.js";
import { k8sEntry } from "../../../xds-server/sources/registry/schema.js";
import type { Problem, RegistryView } from "../../../xds-server/model/model.js";
import { toCreatedOrigin } from "../../../xds-server/sources/registry/to-workload.js";
import { until } from "../../e2e/until.js";
import { FakeObjectApi } from "./fake-object-api.js";

const deploymentOf = (name: string): string => `/apis/apps/v1/namespaces/mcp/deployments/${name}`;
const serviceOf = (name: string): string => `/api/v1/namespaces/mcp/services/${name}`;

function server(id: string, entry: object = {}): CreatedServer {
  const { service, workload } = toCreatedOrigin(id, k8sEntry.parse({ image: "example/server:1", ...entry }), new Set());
  if (workload === undefined) throw new Error("nothing is to be created");
  return { id, namespace: "mcp", name: service, path: "/mcp", workload };
}

function withoutHelm(chartFolders: readonly string[]): WantedObjects {
  return new WantedObjects({ helm: "no-such-helm", environment: {}, chartFolders }, { bridge: "bridge:1", helper: "busybox:1" });
}

describe("creator", () => {
  const stopping: AbortController[] = [];
  let api: FakeObjectApi;
  /** Resolved by the test: no Envoy routes to what has left the registry. */
  let drained: () => void;
  /** Of each removal that ripens, in turn: its end, by the test. */
  let ripening: { ripen(): void; readonly end: AbortSignal }[];

  beforeEach(() => {
    api = new FakeObjectApi();
    ripening = [];
  });
  afterEach(() => stopping.splice(0).forEach((stop) => stop.abort()));

  function start(chartFolders: readonly string[] = [], log: Logger = pino({ level: "silent" }), wantedObjects: CreatorOptions["wantedObjects"] = withoutHelm(chartFolders)): Creator {
    const stop = new AbortController();
    stopping.push(stop);
    const isDrained = new Promise<void>((resolve) => (drained = resolve));
    return new Creator({
      api, owner: "mesh", namespaces: ["mcp"], watchesNamed: true, random: () => 0, log, drained: () => isDrained,
      ripened: (end) => new Promise((resolve) => {
        end.addEventListener("abort", () => resolve(), { once: true });
        ripening.push({ ripen: resolve, end });
      }),
      wantedObjects,
    }, stop.signal);
  }

  function lead(creator: Creator): AbortController {
    const term = new AbortController();
    stopping.push(term);
    creator.lead(term.signal);
    return term;
  }

  const want = (creator: Creator, ...servers: readonly CreatedServer[]): void => creator.want({ servers, mayRemove: () => true });

  it("writes nothing until it leads, then all, and nothing more once it holds", async () => {
    const creator = start();
    want(creator, server("one"));
    await until("the lists", () => creator.problems().length === 0);
    expect(api.written).to.deep.equal([]);
    lead(creator);
    await until("the Service to belong to the Deployment", () => api.get(serviceOf("one"))?.metadata.ownerReferences?.[0]?.uid === api.get(deploymentOf("one"))?.metadata.uid && api.get(serviceOf("one")) !== undefined);
    expect(api.paths()).to.deep.equal(["/api/v1/namespaces/mcp/serviceaccounts/one", serviceOf("one"), deploymentOf("one")]);
    const before = api.written.length;
    want(creator, server("one"), server("two"));
    await until("the second", () => api.get(deploymentOf("two")) !== undefined);
    expect(api.written.slice(before).filter((request) => request.includes("/one"))).to.deep.equal([]);
  });

  it("a new server beside one that is there already is made after a restart, too", async () => {
    const before = start();
    const term = lead(before);
    want(before, server("there"));
    await until("the first", () => api.get(serviceOf("there"))?.metadata.ownerReferences !== undefined);
    term.abort();
    api.put("/api/v1/namespaces/mcp/pods/there-1", { metadata: { labels: { "mcp-mesh.io/owner": "mesh" }, annotations: { "mcp-mesh.io/id": "there" } } });
    const after = start();
    lead(after);
    want(after, server("there"), server("new"));
    await until("the new one", () => api.get(deploymentOf("new")) !== undefined);
  });

  it("a server that is refused is tried again with pauses, and holds up no other", async () => {
    let refusals = 0;
    api.onWrite = ({ path }) => {
      if (path !== deploymentOf("bad") || refusals > 2) return;
      refusals += 1;
      throw new KubernetesError("invalid", `PATCH ${path}: Deployment.apps "bad" is invalid: spec: too bad`, { status: 422 });
    };
    const creator = start();
    lead(creator);
    want(creator, server("bad"), server("good"));
    await until("the good one", () => api.get(deploymentOf("good")) !== undefined);
    await until("the problem", () => creator.problems().some(({ serverId, what }) => serverId === "bad" && what === 'Deployment.apps "bad" is invalid: spec: too bad'));
    await until("the bad one in the end", () => api.get(deploymentOf("bad")) !== undefined && creator.problems().length === 0);
    expect(refusals).to.equal(3);
  });

  it("what goes wrong unexpectedly is that server's problem, without what was thrown, and holds up no other", async () => {
    const thrown = new TypeError("Received type number (271828)");
    api.onWrite = ({ path }) => {
      if (path === deploymentOf("bad")) throw thrown;
    };
    const errors: unknown[] = [];
    const creator = start([], pino({ level: "error", hooks: { logMethod: ([fields]) => void errors.push(fields) } }));
    lead(creator);
    want(creator, server("bad"), server("good"));
    await until("the good one", () => api.get(deploymentOf("good")) !== undefined);
    const problem = await until("the problem", () => creator.problems()[0]);
    expect(problem).to.include({ severity: "error", serverId: "bad", what: "an unexpected TypeError keeps it from being made or deleted" });
    expect(errors).to.deep.equal([{ err: thrown, server: "bad", namespace: "mcp" }]);
    api.onWrite = () => undefined;
    want(creator, server("bad"), server("good"));
    await until("another try", () => api.get(deploymentOf("bad")) !== undefined && creator.problems().length === 0);
  });

  it("stops at once when it no longer leads, also in the middle of a server", async () => {
    const creator = start();
    const term = lead(creator);
    api.onWrite = ({ path }) => {
      if (path.includes("/services/")) term.abort();
    };
    want(creator, server("one"), server("two"));
    await until("the end of the term", () => term.signal.aborted);
    api.onWrite = () => undefined;
    const before = [...api.written];
    lead(creator);
    await until("the next term to go on", () => api.get(deploymentOf("one")) !== undefined && api.get(deploymentOf("two")) !== undefined);
    expect(before.some((request) => request.includes("deployments"))).to.equal(false);
  });

  it("deletes what was made once Envoy has let go of it, and nothing that was kept or is not certainly unwanted", async () => {
    const creator = start();
    lead(creator);
    want(creator, server("goes"), server("kept", { prune: false }), server("uncertain"));
    await until("all three", () => ["goes", "kept", "uncertain"].every((name) => api.get(deploymentOf(name)) !== undefined && api.get(serviceOf(name))?.metadata.ownerReferences !== undefined));
    api.put(serviceOf("theirs"), { kind: "Service", metadata: { labels: {} } });
    const before = api.written.length;
    creator.want({ servers: [], mayRemove: (id) => id !== "uncertain" });
    expect(api.written.length).to.equal(before);
    drained();
    (await until("it to ripen", () => ripening[0])).ripen();
    await until("it to be gone", () => api.paths().every((path) => !path.endsWith("/goes")));
    const deleted = api.written.slice(before);
    expect(deleted[0]).to.equal(`DELETE ${deploymentOf("goes")}`);
    expect(deleted).to.have.members([`DELETE ${deploymentOf("goes")}`, "DELETE /api/v1/namespaces/mcp/serviceaccounts/goes", `DELETE ${serviceOf("goes")}`]);
    expect(api.paths()).to.include.members([deploymentOf("kept"), deploymentOf("uncertain"), serviceOf("theirs")]);
  });

  it("an entry that is back before Envoy has let go of it loses nothing", async () => {
    const creator = start();
    lead(creator);
    want(creator, server("back"));
    await until("it to be made", () => api.get(serviceOf("back"))?.metadata.ownerReferences !== undefined);
    want(creator);
    want(creator, server("back"));
    drained();
    want(creator, server("back"), server("other"));
    await until("the other", () => api.get(deploymentOf("other")) !== undefined);
    expect(api.written.filter((request) => request.startsWith("DELETE"))).to.deep.equal([]);
  });

  /** A server that is made, and has just left the registry and every Envoy. */
  async function removing(): Promise<{ readonly creator: ReturnType<typeof start>; readonly entry: ReturnType<typeof server> }> {
    const creator = start();
    lead(creator);
    const entry = server("back");
    want(creator, entry);
    await until("it to be made", () => api.get(serviceOf("back"))?.metadata.ownerReferences !== undefined);
    drained();
    want(creator);
    return { creator, entry };
  }

  it("an entry that is missing for a moment, as in a file half written, loses nothing, and the next time the wait begins anew", async () => {
    const { creator, entry } = await removing();
    const first = await until("it to ripen", () => ripening[0]);
    want(creator, entry);
    want(creator);
    await until("it to ripen again", () => ripening[1]);
    expect(first.end.aborted).to.equal(true);
    creator.want({ servers: [], mayRemove: () => false });
    want(creator);
    const third = await until("it to ripen once more", () => ripening[2]);
    expect(api.written.filter((request) => request.startsWith("DELETE"))).to.deep.equal([]);
    third.ripen();
    await until("it to be gone", () => api.get(deploymentOf("back")) === undefined);
  });

  it("an entry that is back while its removal waits for its turn loses nothing", async () => {
    const { creator, entry } = await removing();
    const { ripen } = await until("it to ripen", () => ripening[0]);
    let release = (): void => undefined;
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    let held = 0;
    api.onWrite = ({ path }) => {
      held += path.includes("/held-") ? 1 : 0;
      return isReleased;
    };
    const others = Array.from({ length: 8 }, (_, index) => server(`held-${index}`));
    want(creator, ...others);
    await until("all turns to be taken", () => held === 8);
    ripen();
    await Promise.resolve();
    want(creator, ...others, entry);
    release();
    await until("the others", () => others.every(({ name }) => api.get(deploymentOf(name)) !== undefined));
    expect(api.written.filter((request) => request.startsWith("DELETE"))).to.deep.equal([]);
  });

  it("an adopted Deployment stays when its entry goes, with what its pods need, and the rest is deleted", async () => {
    api.put(deploymentOf("theirs"), { kind: "Deployment", metadata: { labels: { app: "theirs" }, annotations: { "mcp-mesh.io/adopt": "force" } }, spec: { selector: { matchLabels: { app: "theirs" } }, template: { spec: { containers: [{ name: "app" }] } } } });
    const creator = start();
    lead(creator);
    want(creator, server("theirs", { replicas: 2, secrets: { TOKEN: "abc" }, config_files: { "/etc/app.json": "{}" } }));
    const budget = "/apis/policy/v1/namespaces/mcp/poddisruptionbudgets/theirs";
    await until("all to be made", () => api.get(budget)?.metadata.ownerReferences !== undefined && creator.problems().length === 0);
    const needed = ["serviceaccounts", "configmaps", "secrets"].map((plural) => `/api/v1/namespaces/mcp/${plural}/theirs`);
    expect(api.paths()).to.have.members([...needed, budget, deploymentOf("theirs"), serviceOf("theirs")]);
    drained();
    want(creator);
    (await until("it to ripen", () => ripening[0])).ripen();
    await until("the rest to be gone", () => api.get(budget) === undefined && api.get(serviceOf("theirs")) === undefined);
    // Nothing is left to be done, so nothing ripens again.
    want(creator, server("other"));
    await until("another one", () => api.get(serviceOf("other"))?.metadata.ownerReferences !== undefined);
    expect(api.paths()).to.include.members([...needed, deploymentOf("theirs")]);
    expect(ripening).to.have.length(1);
  });

  it("what is there by somebody else is not touched, and told of", async () => {
    api.put(deploymentOf("theirs"), { kind: "Deployment", metadata: { labels: { app: "theirs" } } });
    const creator = start();
    lead(creator);
    want(creator, server("theirs"));
    const problem = await until("the problem", () => creator.problems()[0]);
    expect(problem).to.include({ severity: "warning", serverId: "theirs" });
    expect(problem.hint).to.include("kubectl -n mcp annotate deployment theirs mcp-mesh.io/adopt=true");
    expect(api.written).to.deep.equal([]);
  });

  it("Helm renders a few charts at a time, however many servers are wanted", async () => {
    let release = (): void => undefined;
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    let rendering = 0;
    let atMost = 0;
    const rendered = withoutHelm([]);
    const creator = start([], undefined, {
      async of(...asked) {
        rendering += 1;
        atMost = Math.max(atMost, rendering);
        await isReleased;
        rendering -= 1;
        return rendered.of(...asked);
      },
      forget: () => undefined,
    });
    await until("the lists", () => creator.problems().length === 0);
    lead(creator);
    const servers = Array.from({ length: 40 }, (_, index) => server(`chart-${index}`));
    want(creator, ...servers);
    await until("some to be rendered", () => rendering > 0);
    release();
    await until("all to be made", () => servers.every(({ name }) => api.get(deploymentOf(name)) !== undefined));
    expect(atMost).to.equal(8);
  });

  it("a chart that is not there, or without Helm, is a problem that says what to do", async () => {
    const creator = start();
    lead(creator);
    want(creator, server("chart", { image: undefined, chart: "no-such-chart" }));
    expect((await until("the problem", () => creator.problems()[0])).what).to.equal("there is no chart no-such-chart in any folder");
    want(creator);
    expect(creator.problems()).to.deep.equal([]);

    const withChart = start([join(projectRoot, "test/e2e/cluster/charts")]);
    lead(withChart);
    want(withChart, server("chart", { image: undefined, chart: "github-server" }));
    expect(await until("the problem", () => withChart.problems()[0])).to.include({ what: "the chart github-server needs the program helm, and no-such-helm cannot be run", hint: "install Helm 3, or set MCP_MESH_HELM; an image needs none" });
  });
});

describe("what may be removed", () => {
  const view = (...problems: readonly Partial<Problem>[]): RegistryView => ({ problems: problems.map((problem) => ({ severity: "error", where: "registry.yaml", what: "", hint: "", ...problem })), defaults: { accessLog: false } } as unknown as RegistryView); // Nothing else is looked at.

  const cases: readonly { readonly name: string; readonly registry: RegistryView; readonly may: boolean }[] = [
    { name: "its entry is gone, and all is well", registry: view(), may: true },
    { name: "another entry is wrong", registry: view({ serverId: "other" }), may: true },
    { name: "a warning is no doubt", registry: view({ severity: "warning" }), may: true },
    { name: "its own entry is wrong", registry: view({ serverId: "github" }), may: false },
    { name: "a file cannot be read", registry: view({}), may: false },
    { name: "part of the gateway's protection cannot be read", registry: { ...view(), defaults: { accessLog: false, isClosed: true } }, may: false },
  ];
  for (const { name, registry, may } of cases) it(`${may ? "yes" : "no"}: ${name}`, () => expect(whatMayBeRemoved(registry)("github")).to.equal(may));

  it("while nobody creates, each entry that is to be created is a problem", () => {
    const mcpServer = toMcpServer("github", { kind: "k8s", fields: k8sEntry.parse({ image: "a:1" }), folder: "/", filled: new Set() }, { accessLog: false });
    expect(uncreated({ ...view(), servers: [mcpServer] }).map(({ serverId, hint }) => [serverId, hint])).to.deep.equal([["github", "start it with --kubernetes-create on, or name a service that is there already"]]);
  });
});
