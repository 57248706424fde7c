/** The Kubernetes API as plain JSON, against a small real API server: what is asked, what is answered, and every kind of failure. */

import { spawnSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { expect } from "chai";
import { projectRoot } from "../../../protos/project-root.js";
import { connectKubernetes, type KubernetesApi } from "../../../xds-server/kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../../xds-server/kubernetes/kubernetes-error.js";
import { closedAfterEach } from "../../e2e/life.js";
import { until } from "../../e2e/until.js";
import { FakeKubernetes, refuse } from "./fake-kubernetes.js";

const path = "/api/v1/namespaces/own/services";

describe("the Kubernetes API", function () {
  this.timeout(20_000);
  const opened = closedAfterEach();
  let fake: FakeKubernetes;
  let api: KubernetesApi;

  beforeEach(async () => {
    fake = await opened(new FakeKubernetes().start());
    api = await fake.connect();
  });

  async function failureOf(asking: Promise<unknown>): Promise<KubernetesError> {
    const error = await asking.then(() => undefined, (cause: unknown) => cause);
    if (!(error instanceof KubernetesError)) throw new Error(`no KubernetesError but ${String(error)}`);
    return error;
  }

  it("knows its server and namespace from the kubeconfig", () => {
    expect(api.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(api.namespace).to.equal("own");
  });

  it("asks with a query, and leaves out what is undefined", async () => {
    fake.set(path, "a", {});
    const list = await api.ask({ path, query: { limit: 1, continue: undefined, watch: false } });
    expect((list as { readonly items: readonly unknown[] }).items).to.have.length(1);
    expect(Object.fromEntries(fake.asked[0]?.query ?? [])).to.deep.equal({ limit: "1", watch: "false" });
  });

  const failures: readonly { readonly status: number; readonly code: string; readonly headers?: Readonly<Record<string, string>>; readonly retryAfterMs?: number }[] = [
    { status: 400, code: "invalid" },
    { status: 401, code: "unauthorized" },
    { status: 403, code: "forbidden" },
    { status: 404, code: "not_found" },
    { status: 409, code: "conflict" },
    { status: 410, code: "gone" },
    { status: 422, code: "invalid" },
    { status: 429, code: "too_many_requests", headers: { "retry-after": "3" }, retryAfterMs: 3_000 },
    { status: 500, code: "api_error" },
    { status: 504, code: "timeout" },
  ];
  for (const { status, code, headers, retryAfterMs } of failures) {
    it(`${status} is ${code}, with what the API server says`, async () => {
      fake.misbehave = (_asked, response) => {
        refuse(response, status, "Because", "of that", headers);
        return true;
      };
      const error = await failureOf(api.ask({ path }));
      expect({ code: error.code, status: error.status, reason: error.reason, retryAfterMs: error.retryAfterMs, message: error.message })
        .to.deep.equal({ code, status, reason: "Because", retryAfterMs, message: `GET ${path}: of that` });
    });
  }

  it("an answer that takes too long is a timeout, and one that was given up on is not waited for", async () => {
    const left: ServerResponse[] = [];
    fake.misbehave = (_asked, response) => left.push(response) > 0;
    expect((await failureOf(api.ask({ path, timeoutMs: 50 }))).code).to.equal("timeout");
    const over = new AbortController();
    const asking = failureOf(api.ask({ path, stop: over.signal }));
    await until("it to ask", () => left.length === 2);
    over.abort();
    expect((await asking).code).to.equal("unreachable");
  });

  it("what was asked leaves nothing with the signal that could have stopped it", async () => {
    fake.set(path, "a", {});
    const { signal } = new AbortController();
    for (let times = 0; times < 3; times++) {
      await api.ask({ path, stop: signal });
      for await (const line of api.lines({ path, query: { watch: true, resourceVersion: 0 }, stop: signal })) {
        expect(line).to.include("ADDED");
        break;
      }
    }
    expect(getEventListeners(signal, "abort")).to.deep.equal([]);
    // Node keeps what is joined to a signal in a set of the signal's own.
    const kept = Object.getOwnPropertySymbols(signal).map((symbol): unknown => Reflect.get(signal, symbol)).filter((value) => typeof value === "object" && value !== null && "size" in value);
    expect(kept.map(({ size }) => size)).to.deep.equal(kept.map(() => 0));
  });

  it("a plugin of the kubeconfig that does not end is a timeout, and can be given up", async () => {
    // It lives as long as the fake's folder.
    const script = `setInterval(() => require("node:fs").existsSync(${JSON.stringify(await fake.writeKubeconfig("own"))}) || process.exit(1), 50)`;
    const kubeconfigFile = await fake.writeKubeconfig("own", { exec: { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: ["-e", script] } });
    const slow = connectKubernetes({ kubeconfigFile });
    expect((await failureOf(slow.ask({ path, timeoutMs: 100 }))).message).to.equal(`GET ${path}: no answer within 100 ms`);
    expect((await failureOf(slow.lines({ path, timeoutMs: 100 }).next())).message).to.equal(`GET ${path}: its time is over`);
    expect((await failureOf(slow.ask({ path, stop: AbortSignal.abort() }))).code).to.equal("unreachable");
  });

  it("nobody there is unreachable", async () => {
    await fake.down();
    expect((await failureOf(api.ask({ path }))).message).to.match(/^GET \/api\/v1\/namespaces\/own\/services: connect ECONNREFUSED/);
  });

  it("lines that their reader leaves early are given up, quietly", async () => {
    fake.set(path, "a", {});
    for await (const line of api.lines({ path, query: { watch: true, resourceVersion: 0 } })) {
      expect(JSON.parse(line)).to.have.property("type", "ADDED");
      break;
    }
    await until("the watch to end", () => fake.watchCount === 0);
  });

  it("lines that are cut off are a failure", async () => {
    const reading = (async () => {
      for await (const line of api.lines({ path, query: { watch: true, resourceVersion: 0 } })) expect(line).to.equal("never");
    })();
    await until("the watch", () => fake.watchCount === 1);
    fake.cutWatches();
    expect((await failureOf(reading)).code).to.equal("unreachable");
  });

  it("a kubeconfig that is missing, broken, or without the context is no cluster", async () => {
    const noCluster = (access: Parameters<typeof connectKubernetes>[0]): string => {
      try {
        connectKubernetes(access);
      } catch (error) {
        return error instanceof KubernetesError ? error.code : String(error);
      }
      return "connected";
    };
    const kubeconfigFile = await fake.writeKubeconfig("own");
    expect(noCluster({ kubeconfigFile, context: "other" })).to.equal("no_cluster");
    expect(noCluster({ kubeconfigFile: `${kubeconfigFile}-missing` })).to.equal("no_cluster");
    await writeFile(kubeconfigFile, "clusters: [");
    expect(noCluster({ kubeconfigFile })).to.equal("no_cluster");
  });

  it("a kubeconfig that is broken keeps its secrets", async () => {
    const kubeconfigFile = await fake.writeKubeconfig("own");
    await writeFile(kubeconfigFile, "users:\n- name: own\n  user:\n    token: very-secret\n   client-key-data: [\n");
    expect(() => connectKubernetes({ kubeconfigFile })).to.throw(KubernetesError).that.satisfies((error: KubernetesError) => {
      expect(error.message).to.match(/^the kubeconfig cannot be read: [^\n]+$/);
      expect(inspect(error)).to.not.include("very-secret");
      return true;
    });
  });

  it("nothing that tells of a cluster is no cluster, and not one on this machine", () => {
    const script = 'import { connectKubernetes } from "./dist/xds-server/kubernetes/kubernetes-api.js"; try { connectKubernetes(); } catch (error) { console.log(error.code); }';
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: projectRoot, env: { HOME: "/nonexistent" }, encoding: "utf8" });
    expect(stdout.trim()).to.equal("no_cluster");
  });
});
