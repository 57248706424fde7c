/** The lifecycle against an API server over real HTTP: what is asked of it, how it is waited, and what failures become. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { connectKubernetes } from "../../xds-server/kubernetes/kubernetes-api.js";
import { makeLifecycle, type Lifecycle, type Outcome } from "../../xds-server/lifecycle/lifecycle.js";
import { LifecycleError } from "../../xds-server/lifecycle/lifecycle-error.js";
import type { ServerEvent } from "../../xds-server/lifecycle/server-events.js";
import { maxLineBytes } from "../../xds-server/lifecycle/server-logs.js";
import { FakeCluster } from "../fake-cluster.js";

describe("the lifecycle", () => {
  const kubernetes = new FakeCluster();
  let lifecycle: Lifecycle;
  before(async () => {
    await kubernetes.start();
    lifecycle = makeLifecycle({ api: connectKubernetes({ kubeconfigFile: kubernetes.kubeconfig }) });
  });
  beforeEach(() => kubernetes.clear());
  after(() => kubernetes.stop());

  const writes = (): readonly string[] => kubernetes.asked.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);

  describe("list", () => {
    it("asks once for each kind of object, however many servers there are", async () => {
      for (let index = 0; index < 50; index += 1) kubernetes.addServer(`s${index}`, { kind: index % 2 === 0 ? "Deployment" : "StatefulSet" });
      expect(await lifecycle.list()).to.have.length(50);
      expect(kubernetes.asked.map(({ path }) => path).sort()).to.deep.equal(["/api/v1/namespaces/mcp/services", "/apis/apps/v1/namespaces/mcp/deployments", "/apis/apps/v1/namespaces/mcp/statefulsets"]);
    });

    it("shows only what is labelled, of its own namespace, unless told otherwise", async () => {
      kubernetes.addServer("search");
      kubernetes.addServer("web", { labels: { tier: "web" } });
      kubernetes.addServer("search", { namespace: "other" });
      const names = async (options: Parameters<Lifecycle["list"]>[0]): Promise<readonly string[]> => (await lifecycle.list(options)).map(({ namespace, name }) => `${namespace}/${name}`);
      expect(await names({})).to.deep.equal(["mcp/search"]);
      expect(await names({ namespace: "other" })).to.deep.equal(["other/search"]);
      expect(await names({ namespace: "*" })).to.deep.equal(["mcp/search", "other/search"]);
      expect(await names({ labelSelector: "tier=web" })).to.deep.equal(["mcp/web"]);
    });
  });

  describe("start", () => {
    it("goes from 0 to 1 and waits until it is ready", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      kubernetes.podsBecomeReady = false;
      const starting = lifecycle.start(["search"]);
      await asked(kubernetes, "PATCH");
      kubernetes.makeReady();
      expect(only(await starting)).to.deep.include({ status: "running", replicas: 1, readyReplicas: 1, changed: true });
    });

    it("writes to the scale alone, under its own name, and only if nobody else has", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      const { resourceVersion } = kubernetes.get("deployments", "search")?.metadata ?? {};
      await lifecycle.start(["search"]);
      const write = kubernetes.asked.find(({ method }) => method === "PATCH");
      expect(write?.path).to.equal("/apis/apps/v1/namespaces/mcp/deployments/search/scale");
      expect(write?.query.get("fieldManager")).to.equal("mcp-mesh");
      expect(write?.body).to.deep.equal({ metadata: { resourceVersion }, spec: { replicas: 1 } });
    });

    it("leaves a server that has replicas alone, and returns at once", async () => {
      kubernetes.addServer("search", { replicas: 3 });
      expect(only(await lifecycle.start(["search"]))).to.deep.include({ status: "running", replicas: 3, changed: false });
      expect(writes()).to.deep.equal([]);
      expect(kubernetes.asked.filter(({ query }) => query.get("watch") === "true")).to.deep.equal([]);
    });

    it("does not wait for a rollout behind replicas that are all ready", async () => {
      kubernetes.addServer("search", { replicas: 2 });
      const workload = kubernetes.get("deployments", "search");
      if (workload !== undefined) kubernetes.put("deployments", { ...workload, status: { observedGeneration: 1, replicas: 3, readyReplicas: 2, updatedReplicas: 1 } });
      expect(only(await lifecycle.start(["search"]))).to.deep.include({ status: "running", changed: false });
    });

    it("does not undo what somebody else has scaled at the same moment", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      kubernetes.refuse("PATCH", /scale$/, 409, 1);
      const starting = lifecycle.start(["search"]);
      await asked(kubernetes, "PATCH");
      kubernetes.addServer("search", { replicas: 4 });
      expect(only(await starting)).to.deep.include({ replicas: 4, changed: false });
    });

    it("says after its time how far it has come, and why", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      kubernetes.podsBecomeReady = false;
      const error = failureOf(await lifecycle.start(["search"], { timeoutSeconds: 0.3 }));
      expect(error.code).to.equal("timeout");
      expect(error.message).to.match(/waited 0\.3 s: 0 of 1 ready: pod search-abc-\d+: container main: ImagePullBackOff: no such image/);
      expect(kubernetes.get("deployments", "search")?.spec).to.deep.include({ replicas: 1 });
    });

    it("says when it is deleted meanwhile", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      kubernetes.podsBecomeReady = false;
      const starting = lifecycle.start(["search"]);
      await asked(kubernetes, "GET", "watch");
      kubernetes.remove("deployments", "mcp", "search");
      expect(failureOf(await starting).code).to.equal("not_found");
    });

    it("stops waiting when whoever asked has gone", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      kubernetes.podsBecomeReady = false;
      const gone = new AbortController();
      const starting = lifecycle.start(["search"], { stop: gone.signal });
      await asked(kubernetes, "GET", "watch");
      gone.abort();
      expect(failureOf(await starting).message).to.include("whoever waited has gone");
    });

    it("goes on waiting over a watch that fails", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      kubernetes.podsBecomeReady = false;
      const starting = lifecycle.start(["search"]);
      await asked(kubernetes, "GET", "watch");
      kubernetes.refuse("GET", /deployments$/, 500, 2);
      await kubernetes.dropWatches();
      kubernetes.makeReady();
      expect(only(await starting)).to.deep.include({ status: "running" });
    });
  });

  describe("stop", () => {
    it("goes to 0 and is done", async () => {
      kubernetes.addServer("search", { replicas: 2 });
      expect(only(await lifecycle.stop(["search"], { wait: true }))).to.deep.include({ status: "stopped", replicas: 0, readyReplicas: 0, changed: true });
      expect(writes()).to.deep.equal(["PATCH /apis/apps/v1/namespaces/mcp/deployments/search/scale"]);
    });

    it("changes nothing that is stopped", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      expect(only(await lifecycle.stop(["search"], { force: true }))).to.deep.include({ status: "stopped", changed: false });
      expect(writes()).to.deep.equal([]);
    });

    it("by force deletes the pods without a grace period, its own alone", async () => {
      kubernetes.addServer("search", { kind: "StatefulSet", replicas: 2 });
      kubernetes.put("pods", { metadata: { name: "strange", namespace: "mcp", uid: "strange", labels: { app: "search" } } });
      kubernetes.controllersAreSlow = true;
      await lifecycle.stop(["search"], { force: true });
      const deleted = kubernetes.asked.filter(({ method }) => method === "DELETE");
      expect(deleted.map(({ body }) => body)).to.have.length(2).and.to.satisfy((bodies: readonly { gracePeriodSeconds: number }[]) => bodies.every(({ gracePeriodSeconds }) => gracePeriodSeconds === 0));
      expect(kubernetes.get("pods", "strange")).not.to.equal(undefined);
    });

    it("by force leaves alone what somebody scales up meanwhile", async () => {
      kubernetes.addServer("search");
      kubernetes.controllersAreSlow = true;
      // As of a pod that is on its way out: there is something to wait for yet.
      kubernetes.refuse("DELETE", /pods/, 409, 1);
      const stopping = lifecycle.stop(["search"], { force: true, timeoutSeconds: 1 });
      await asked(kubernetes, "DELETE");
      setReplicas(kubernetes, "search", 3);
      kubernetes.makeReady();
      const failure = failureOf(await stopping);
      expect(failure).to.include({ code: "api_error", status: 409 });
      expect(failure.message).to.include('Deployment "search" in namespace "mcp" was scaled to 3 meanwhile: its pods are left alone');
      expect(writes().filter((write) => write.startsWith("DELETE"))).to.have.length(1);
      expect(podsOf(kubernetes)).to.have.length(3);
    });

    it("by force ends the pods of what is deleted meanwhile", async () => {
      kubernetes.addServer("search", { replicas: 2 });
      kubernetes.controllersAreSlow = true;
      const stopping = lifecycle.stop(["search"], { force: true, timeoutSeconds: 5 });
      await kubernetes.whenAsked((requests) => requests.some(({ path }) => path.endsWith("/pods")));
      kubernetes.remove("deployments", "mcp", "search");
      expect(failureOf(await stopping)).to.include({ code: "not_found" });
      expect(podsOf(kubernetes)).to.deep.equal([]);
    });

    for (const how of [{ wait: true }, { force: true }]) {
      it(`has one time for all that is waited for with ${Object.keys(how).join()}`, async function () {
        this.timeout(10_000);
        kubernetes.addServer("search");
        kubernetes.controllersAreSlow = true;
        kubernetes.refuse("DELETE", /pods/, 409);
        const stopping = lifecycle.stop(["search"], { ...how, timeoutSeconds: 2 });
        await asked(kubernetes, "GET", "watch");
        // Late, the pods are gone; the Deployment never says so.
        await delay(1_200);
        for (const pod of podsOf(kubernetes)) kubernetes.remove("pods", "mcp", pod);
        const outcomes = await Promise.race([stopping, delay(2_000)]);
        if (outcomes === undefined) throw new Error("its time began anew once the pods were gone");
        expect(failureOf(outcomes)).to.include({ code: "timeout" }).and.to.have.property("message").that.includes("waited 2 s");
      });
    }
  });

  describe("scale", () => {
    for (const kind of ["Deployment", "StatefulSet"] as const) {
      it(`takes a ${kind} up, down and to 0`, async () => {
        kubernetes.addServer("search", { kind });
        for (const replicas of [3, 1, 0]) expect(only(await lifecycle.scale(["search"], { replicas, wait: true }))).to.deep.include({ kind, replicas, readyReplicas: replicas, changed: true });
        expect(only(await lifecycle.scale(["search"], { replicas: 0 }))).to.deep.include({ changed: false });
      });
    }

    it("does not wait unless told to", async () => {
      kubernetes.addServer("search");
      kubernetes.podsBecomeReady = false;
      expect(only(await lifecycle.scale(["search"], { replicas: 3 }))).to.deep.include({ status: "scaling", replicas: 3, readyReplicas: 1 });
    });

    it("refuses a number beyond the limit before anything is asked", async () => {
      kubernetes.addServer("search");
      const failure = await lifecycle.scale(["search"], { replicas: 11 }).then(() => undefined, (error: unknown) => error);
      expect(failure).to.be.instanceOf(LifecycleError).and.to.include({ code: "invalid_input" });
      expect(kubernetes.asked).to.deep.equal([]);
    });

    it("says what an autoscaler will make of it, and refuses what it would undo", async () => {
      kubernetes.addServer("search");
      kubernetes.put("horizontalpodautoscalers", { metadata: { name: "search-hpa", namespace: "mcp" }, spec: { scaleTargetRef: { kind: "Deployment", name: "search" }, minReplicas: 1, maxReplicas: 3 } });
      expect(only(await lifecycle.scale(["search"], { replicas: 2 })).warnings).to.deep.equal(['HorizontalPodAutoscaler "search-hpa" decides between 1 and 3 replicas of "search", and may change this again']);
      expect(failureOf(await lifecycle.scale(["search"], { replicas: 4 })).message).to.include('"search-hpa", which would undo it');
      expect(only(await lifecycle.stop(["search"])).warnings).to.deep.equal(['HorizontalPodAutoscaler "search-hpa" rests until "search" is started again']);
    });
  });

  it("asks for exactly the rights that the README lists", async () => {
    kubernetes.addServer("set", { kind: "StatefulSet" });
    kubernetes.addServer("search");
    await lifecycle.list();
    await lifecycle.status(["search", "set"]);
    await lifecycle.scale(["search", "set"], { replicas: 2, wait: true });
    for await (const _line of lifecycle.logs("search", { stop: new AbortController().signal }));
    const stop = new AbortController();
    for await (const _event of lifecycle.watch({ stop: stop.signal })) {
      await asked(kubernetes, "GET", "watch", 3);
      stop.abort();
    }
    kubernetes.controllersAreSlow = true;
    await lifecycle.stop(["search", "set"], { force: true });
    kubernetes.controllersAreSlow = false;
    await lifecycle.start(["search", "set"]);
    const used = kubernetes.asked.map(({ method, path, query }) => {
      const [, resource = "", part] = /\/namespaces\/mcp\/(\w+)(?:\/[^/]+(?:\/(\w+))?)?$/.exec(path) ?? [];
      const verb = method === "GET" ? (part !== undefined ? "get" : query.get("watch") === "true" ? "watch" : "list") : method.toLowerCase();
      return `${verb} ${resource}${part === undefined ? "" : `/${part}`}`;
    });
    expect([...new Set(used)].sort()).to.deep.equal(rightsOfReadme());
  });

  describe("several names", () => {
    it("have an outcome each, in their order", async () => {
      kubernetes.addServer("a", { replicas: 0 });
      kubernetes.addServer("c", { replicas: 0 });
      const outcomes = await lifecycle.start(["a", "b", "B_", "c"]);
      expect(outcomes.map((outcome) => `${outcome.name} ${outcome.kind === "done" ? outcome.value.status : outcome.error.code}`)).to.deep.equal(["a running", "b not_found", "B_ invalid_input", "c running"]);
    });

    const batches: readonly (readonly [what: string, ask: (names: readonly string[]) => Promise<readonly Outcome<unknown>[]>])[] = [
      ["status", (names) => lifecycle.status(names)],
      ["start", (names) => lifecycle.start(names)],
      ["stop", (names) => lifecycle.stop(names)],
      ["scale", (names) => lifecycle.scale(names, { replicas: 3 })],
    ];
    for (const [what, ask] of batches) {
      it(`share what they can in ${what}`, async () => {
        const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
        for (const name of names) kubernetes.addServer(name);
        for (const outcome of await ask(names)) expect(outcome.kind).to.equal("done");
        expect(kubernetes.asked.filter(({ path }) => /events|services/.test(path))).to.have.length(2);
      });
    }
  });

  describe("failures", () => {
    it("are told by the API's status", async () => {
      kubernetes.addServer("search");
      kubernetes.refuse("PATCH", /scale$/, 403);
      const error = failureOf(await lifecycle.scale(["search"], { replicas: 2 }));
      expect(error).to.include({ code: "api_error", status: 403 });
      expect(error.hint).to.include("the account lacks a right");
    });

    it("end a wait at once where a right is lacking", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      kubernetes.podsBecomeReady = false;
      const starting = lifecycle.start(["search"]);
      await asked(kubernetes, "GET", "watch");
      kubernetes.refuse("GET", /deployments$/, 403);
      await kubernetes.dropWatches();
      expect(failureOf(await starting)).to.include({ code: "api_error", status: 403 });
    });

    it("are api_error where nobody answers", async () => {
      const gone = new FakeCluster();
      await gone.start();
      const nobody = makeLifecycle({ api: connectKubernetes({ kubeconfigFile: gone.kubeconfig }) });
      await gone.stop();
      const failure = await nobody.list().then(() => undefined, (error: unknown) => error);
      expect(failure).to.include({ code: "api_error", status: undefined });
    });

    it("are not_found for what lacks the label, so that nothing else is ever scaled", async () => {
      kubernetes.addServer("web", { labels: {} });
      expect(failureOf(await lifecycle.stop(["web"])).code).to.equal("not_found");
      expect(writes()).to.deep.equal([]);
    });

    it("are invalid_input where a name means two", async () => {
      kubernetes.addServer("search");
      kubernetes.addServer("search", { kind: "StatefulSet" });
      expect(failureOf(await lifecycle.status(["search"])).message).to.include("is a Deployment and a StatefulSet");
    });
  });

  describe("watch", () => {
    it("tells what is there, and then each change, until it is stopped", async () => {
      kubernetes.addServer("search", { replicas: 0 });
      const stop = new AbortController();
      const seen: string[] = [];
      for await (const event of lifecycle.watch({ stop: stop.signal })) {
        seen.push(toText(event));
        if (seen.length === 1) await lifecycle.start(["search"]);
        if (seen.at(-1) === "changed search running") kubernetes.remove("deployments", "mcp", "search");
        if (event.type === "removed") stop.abort();
      }
      expect(seen[0]).to.equal("added search stopped");
      expect(seen.slice(-2)).to.deep.equal(["changed search running", "removed search running"]);
    });

    it("tells when it cannot see, and when it can again", async () => {
      kubernetes.addServer("search");
      const stop = new AbortController();
      const seen: string[] = [];
      for await (const event of lifecycle.watch({ stop: stop.signal })) {
        seen.push(toText(event));
        if (seen.length === 1) {
          await asked(kubernetes, "GET", "watch", 3);
          kubernetes.refuse("GET", /services$/, 500, 2);
          await kubernetes.dropWatches();
        }
        if (event.type === "recovered") stop.abort();
      }
      expect(seen).to.deep.equal(["added search running", "trouble api_error", "recovered"]);
    });

    it("throws where nothing can be seen from the beginning", async () => {
      kubernetes.refuse("GET", /deployments$/, 403);
      const failure = await lifecycle.watch({ stop: new AbortController().signal }).next().then(() => undefined, (error: unknown) => error);
      expect(failure).to.include({ code: "api_error", status: 403 });
    });
  });

  describe("logs", () => {
    it("are those of all pods, a container after the other, with the last lines only", async () => {
      kubernetes.addServer("search", { replicas: 2 });
      const pods = podsOf(kubernetes);
      for (const pod of pods) kubernetes.logLines.set(`${pod}/main`, ["one", "two", "three"]);
      const lines: string[] = [];
      for await (const { pod, container, line } of lifecycle.logs("search", { tail: 2, stop: new AbortController().signal })) lines.push(`${pod}/${container} ${line}`);
      expect(lines).to.deep.equal(pods.flatMap((pod) => [`${pod}/main two`, `${pod}/main three`]));
    });

    it("go on with pods that come, until they are stopped", async () => {
      kubernetes.addServer("search");
      const [first = ""] = podsOf(kubernetes);
      kubernetes.logLines.set(`${first}/main`, ["hello"]);
      const stop = new AbortController();
      const lines: string[] = [];
      for await (const { line } of lifecycle.logs("search", { follow: true, stop: stop.signal })) {
        lines.push(line);
        if (lines.length === 2) stop.abort();
        else {
          // A pod has written something by the time that it is seen.
          kubernetes.logLines.set("late/main", ["hello from a new pod"]);
          kubernetes.put("pods", { metadata: { name: "late", namespace: "mcp", uid: "late", labels: { app: "search", "pod-template-hash": "abc" }, ownerReferences: [{ kind: "ReplicaSet", name: "search-abc", uid: "rs", controller: true }] }, status: { containerStatuses: [{ name: "main", state: { running: {} } }] } });
        }
      }
      expect(lines).to.deep.equal(["hello", "hello from a new pod"]);
    });

    it("come in pieces of a bounded length, however long a line is", async () => {
      kubernetes.addServer("search");
      const [pod = ""] = podsOf(kubernetes);
      const long = "0123456789abcdef".repeat(128 * 1024);
      kubernetes.logLines.set(`${pod}/main`, ["first", long, "last"]);
      const lines: string[] = [];
      for await (const { line } of lifecycle.logs("search", { stop: new AbortController().signal })) lines.push(line);
      expect(Math.max(...lines.map((line) => line.length))).to.equal(maxLineBytes);
      expect([lines.at(0), lines.slice(1, -1).join("") === long, lines.at(-1)]).to.deep.equal(["first", true, "last"]);
    });

    it("say when there is no such container, and which there are", async () => {
      kubernetes.addServer("search");
      const failure = await lifecycle.logs("search", { container: "other", stop: new AbortController().signal }).next().then(() => undefined, (error: unknown) => error);
      expect(failure).to.include({ code: "not_found", hint: "it has main" });
    });
  });
});

/** `list deployments`, `get pods/log`, … */
function rightsOfReadme(): readonly string[] {
  const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
  const [, table = ""] = /\| resource \| verbs \| for \|\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const rights = table.trimEnd().split("\n").flatMap((row) => {
    const [, resources = "", verbs = ""] = row.split("|");
    // What stands in brackets is the group.
    const named = [...resources.replace(/\(.*\)/, "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    return named.flatMap((resource) => [...verbs.matchAll(/`(\w+)`/g)].map(([, verb = ""]) => `${verb} ${resource}`));
  });
  return [...new Set(rights)].sort();
}

function podsOf(kubernetes: FakeCluster): readonly string[] {
  return kubernetes.namesOf("pods");
}

/** As somebody else does it; nothing comes of it yet. */
function setReplicas(kubernetes: FakeCluster, name: string, replicas: number): void {
  const workload = kubernetes.get("deployments", name);
  if (workload === undefined) throw new Error(`no deployment "${name}"`);
  kubernetes.put("deployments", { ...workload, spec: { ...workload.spec, replicas } });
}

/** Waits until such a request has come. */
function asked(kubernetes: FakeCluster, method: string, kind: "any" | "watch" = "any", times = 1): Promise<void> {
  return kubernetes.whenAsked((requests) => requests.filter((one) => one.method === method && (kind === "any" || one.query.get("watch") === "true")).length >= times);
}

function only<T>(outcomes: readonly Outcome<T>[]): T {
  const [outcome] = outcomes;
  if (outcome?.kind === "failed") throw outcome.error;
  if (outcome === undefined || outcomes.length > 1) throw new Error(`${outcomes.length} outcomes`);
  return outcome.value;
}

function failureOf(outcomes: readonly Outcome<unknown>[]): LifecycleError {
  const [outcome] = outcomes;
  if (outcome?.kind !== "failed") throw new Error(`it has not failed: ${JSON.stringify(outcomes)}`);
  return outcome.error;
}

function toText(event: ServerEvent): string {
  return "server" in event ? `${event.type} ${event.server.name} ${event.server.status}` : event.type === "trouble" ? `trouble ${event.error.code}` : event.type;
}
