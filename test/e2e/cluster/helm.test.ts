/** End to end, on a real cluster: the charts from `helm install` to `helm uninstall`, with clients that must not notice what happens between. */

import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { projectRoot } from "../../../protos/project-root.js";
import { makeAuthority } from "../../certificates.js";
import { rendered, type Rendering } from "../../charts/helm.js";
import { callTool, openSession, toolText } from "../ask.js";
import { closedAfterwards } from "../life.js";
import { expectCalls, oneRegistry } from "../one-registry.js";
import { until } from "../until.js";
import { provideMeshImages } from "./mesh-images.js";
import { startPortForward, type PortForward } from "./port-forward.js";
import { command, ReleaseNamespace } from "./release.js";

const fixtures = join(projectRoot, "test/e2e/cluster/fixtures");
const tinyServer = readFileSync(join(fixtures, "tiny-server.mjs"), "utf8");
/** The kubelet brings a changed ConfigMap into pods with its next round, which is a minute and more away. */
const kubeletMs = 180_000;
const rolloutMs = 240_000;

interface Counts { readonly ok: number; readonly lostSessions: number; readonly failed: number; readonly failures: readonly string[] }

describe("cluster: helm", function () {
  this.timeout(300_000);
  const opened = closedAfterwards();
  let namespace: ReleaseNamespace;
  let tag: string;
  let atFirst: readonly string[];

  before(async function () {
    this.timeout(900_000);
    const missing = await whatIsMissing();
    if (missing !== undefined) {
      console.error(`\n  SKIPPED: ${missing}\n`);
      this.skip();
    }
    const images = await provideMeshImages();
    if ("missing" in images) {
      console.error(`\n  SKIPPED: ${images.missing}\n`);
      this.skip();
    }
    ({ tag } = images);
    namespace = await opened(new ReleaseNamespace().start());
    // What controllers put into every namespace.
    atFirst = await until("the namespace to have what every namespace has", async () => {
      const objects = await namespace.objects();
      return objects.some((name) => name.startsWith("serviceaccount/")) && objects.some((name) => name.startsWith("configmap/")) && objects;
    });
  });

  const small = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "512Mi" } };
  const stdioServer = { cmd: ["node", "--input-type=module", "-e", tinyServer.replaceAll("${", () => "$${")], pool: { min: 1, max: 64 } };
  let servers: Readonly<Record<string, object>> = { notes: stdioServer };

  function meshValues(more: { readonly logLevel?: string } = {}): object {
    return {
      registry: { servers },
      envoy: { concurrency: 1, drainSeconds: 20, resources: small },
      xdsServer: { image: { tag }, resources: small, ...more },
      bridge: { image: { tag }, resources: small, drainSeconds: 10, ...more },
    };
  }

  function rollout(component: string): Promise<string> {
    return namespace.kubectl("rollout", "status", `deployment/mesh-mcp-mesh-${component}`, `--timeout=${rolloutMs / 1_000}s`);
  }

  /** Through a way of its own, which ends with the pod that it leads to. */
  async function throughGateway<T>(ask: (url: string) => Promise<T>): Promise<T> {
    const forward = await startPortForward(namespace.name, "service/mesh-mcp-mesh", 8000);
    try {
      return await ask(forward.url);
    } finally {
      await forward.stop();
    }
  }

  async function answers(id: string): Promise<string> {
    return throughGateway(async (url) => {
      const session = await openSession(url, `/${id}`);
      return toolText(await callTool(url, `/${id}`, "whoami", {}, { headers: { "mcp-session-id": session } }));
    });
  }

  /** Kubelets look at a pod that has changed at once, and not only with their next round. */
  async function hurryKubelets(): Promise<void> {
    await namespace.kubectl("annotate", "pods", "--selector=app.kubernetes.io/component=xds-server", `mcp-mesh.io/looked-at=${Date.now()}`, "--overwrite");
  }

  // Mocha runs what stands in a block itself before the blocks in it: so all stands in blocks.
  describe("the registry of Docker Compose", () => {
    it("is served by the charts as it is", async () => {
      const own = await opened(new ReleaseNamespace().start());
      await own.helm(["install", "everything", "charts/mcp-server"], { fullnameOverride: "everything", image: { repository: "mcp-mesh/demo-server", tag }, port: 3001, mcp: { discover: false }, resources: small });
      await own.helm(["install", "mesh", "charts/mcp-mesh"], { ...meshValues(), registry: oneRegistry });
      await until("its calls to be answered", async () => {
        const forward = await startPortForward(own.name, "service/mesh-mcp-mesh", 8000);
        return expectCalls(forward.url).then(() => true).finally(() => forward.stop());
      }, 120_000);
      await own.helm(["uninstall", "mesh", "everything"]);
    });
  });

  describe("from nothing", () => {
    it("from nothing to the first tool call, with two commands", async () => {
      const startedMs = performance.now();
      await namespace.helm(["install", "mesh", "charts/mcp-mesh"], meshValues());
      await until("a call of a stdio server", () => answers("notes"), 120_000);
      console.log(`    first tool call ${((performance.now() - startedMs) / 1_000).toFixed(1)} s after helm install`);
    });

    it("every pod gets ready, in a namespace with Kubernetes' restricted profile", async () => {
      await Promise.all(["envoy", "xds-server", "bridge"].map(rollout));
    });

    it("helm test makes a call, and passes", async () => {
      expect(await namespace.helm(["test", "mesh"])).to.match(/Phase: +Succeeded/);
    });

    it("mcp-mesh status, as NOTES.txt has it, tells of the server in every xds-server", async () => {
      const pods = (await namespace.kubectl("get", "pods", "--selector=app.kubernetes.io/component=xds-server", "--output=name")).trim().split("\n");
      expect(pods).to.have.length(2);
      // One to which no Envoy has come says that it is not ready, by its exit code too.
      const told = await Promise.all(pods.map((pod) => namespace.kubectl("exec", pod, "--", "sh", "-c", "mcp-mesh status || true")));
      for (const status of told) expect(status).to.match(/notes +stdio +serving .* 2\/2 healthy/);
      expect(told.join("\n").match(/envoy 1\.40\.\d+ +in sync/g)).to.have.length(2);
    });

    it("the account has the rights that it needs, and no others", async () => {
      const can = async (...what: readonly string[]): Promise<string> => (await namespace.kubectl("auth", "can-i", ...what, `--as=system:serviceaccount:${namespace.name}:mesh-mcp-mesh`).catch(() => "no")).trim();
      for (const right of [["watch", "services"], ["list", "endpointslices.discovery.k8s.io"]]) expect(await can(...right), right.join(" ")).to.equal("yes");
      for (const right of [["get", "secrets"], ["list", "configmaps"], ["create", "pods"], ["list", "nodes"], ["delete", "services"]]) expect(await can(...right), right.join(" ")).to.equal("no");
    });

    it("what is wrong with the registry's new version is told, and the old one stays in force", async () => {
      const good = servers;
      servers = { ...servers, broken: { endpoint: "ftp://nowhere" } };
      await namespace.helm(["upgrade", "mesh", "charts/mcp-mesh"], meshValues());
      await hurryKubelets();
      await until("the problem to be told", async () => (await namespace.kubectl("logs", "deployment/mesh-mcp-mesh-xds-server")).includes("ftp://nowhere"), kubeletMs);
      expect(await answers("notes")).to.be.a("string");
      servers = good;
    });

    it("a server that a helm upgrade adds is served, and no pod is replaced for it", async () => {
      const podsBefore = await namespace.kubectl("get", "pods", "--output=name");
      servers = { ...servers, second: stdioServer };
      const startedMs = performance.now();
      await namespace.helm(["upgrade", "mesh", "charts/mcp-mesh"], meshValues());
      await hurryKubelets();
      await until("a call of the new server", () => answers("second"), kubeletMs);
      console.log(`    served ${((performance.now() - startedMs) / 1_000).toFixed(1)} s after helm upgrade, with hurried kubelets`);
      expect(await namespace.kubectl("get", "pods", "--output=name")).to.equal(podsBefore);
    });

    it("so is one that kubectl apply adds to the ConfigMap", async () => {
      const registry = JSON.stringify({ servers: { ...servers, third: stdioServer } });
      await namespace.apply([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mesh-mcp-mesh-registry" }, data: { "registry.yaml": registry } }]);
      const startedMs = performance.now();
      await until("a call of the new server", () => answers("third"), kubeletMs);
      console.log(`    served ${((performance.now() - startedMs) / 1_000).toFixed(1)} s after kubectl apply, by the kubelets' round`);
    });

  });

  describe("under load", () => {
    let load: PortForward | undefined;
    let sums: Counts;

    before(async () => {
      await namespace.helm(["install", "everything", "charts/mcp-server"], {
        image: { repository: "mcp-mesh/xds-server", tag },
        command: ["node", "/srv/tiny-server.mjs"],
        configFiles: { "/srv/tiny-server.mjs": tinyServer },
        replicaCount: 2,
        terminationGracePeriodSeconds: 10,
        resources: small,
      });
      await namespace.kubectl("rollout", "status", "deployment/everything", "--timeout=120s");
      // Its label is all that the mesh is told of it.
      await until("a call of the HTTP server", () => answers("everything"));
      const gateway = "http://mesh-mcp-mesh:8000";
      await namespace.apply([
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "load" }, data: { "load.mjs": readFileSync(join(fixtures, "load.mjs"), "utf8") } },
        loadPod(`mcp-mesh/xds-server:${tag}`, [`${gateway}/notes`, `${gateway}/everything`]),
      ]);
      await namespace.kubectl("wait", "pod/load", "--for=condition=Ready", "--timeout=60s");
    });

    /** The way there goes through the API server, and ends with it. */
    async function askClients(): Promise<Counts> {
      load ??= await startPortForward(namespace.name, "pod/load", 8090);
      try {
        return (await (await fetch(load.url)).json()) as Counts; // As load.mjs tells it.
      } catch (error) {
        await load.stop();
        load = undefined;
        throw error;
      }
    }

    async function look(): Promise<void> {
      const { ok, lostSessions, failed, failures } = await until("the clients to tell", askClients, 60_000);
      sums = { ok: sums.ok + ok, lostSessions: sums.lostSessions + lostSessions, failed: sums.failed + failed, failures: [...sums.failures, ...failures] };
    }

    /** What happened to the clients while `change` was made, and until a hundred more calls were answered. */
    async function during(what: string, change: () => Promise<unknown>): Promise<Counts> {
      sums = { ok: 0, lostSessions: 0, failed: 0, failures: [] };
      await look();
      sums = { ok: 0, lostSessions: 0, failed: 0, failures: [] };
      await change();
      await look();
      const then = sums.ok;
      await until("a hundred more calls", async () => {
        await look();
        return sums.ok > then + 100;
      }, 60_000);
      console.log(`    ${what}: ${sums.ok} calls, ${sums.failed} failed, ${sums.lostSessions} sessions lost`);
      return sums;
    }

    function unharmed({ failed, lostSessions, failures }: Counts): void {
      expect({ failed, lostSessions }, failures.join("\n")).to.deep.equal({ failed: 0, lostSessions: 0 });
    }

    for (const component of ["xds-server", "bridge", "envoy"]) {
      it(`all pods of ${component} are replaced, and nobody notices`, async () => {
        unharmed(await during(`rollout of ${component}`, async () => {
          await namespace.kubectl("rollout", "restart", `deployment/mesh-mcp-mesh-${component}`);
          await rollout(component);
          await until("the old pods to be gone", async () => (await namespace.kubectl("get", "pods", `--selector=app.kubernetes.io/component=${component}`, "--output=name")).trim().split("\n").length === 2, 60_000);
        }));
      });
    }

    it("the pods of an MCP server are replaced: sessions end with their pods, and no request fails", async () => {
      const counts = await during("rollout of an MCP server", async () => {
        await namespace.kubectl("rollout", "restart", "deployment/everything");
        await namespace.kubectl("rollout", "status", "deployment/everything", "--timeout=120s");
        await until("the old pods to be gone", async () => (await namespace.kubectl("get", "pods", "--selector=app.kubernetes.io/name=everything", "--output=name")).trim().split("\n").length === 2, 60_000);
      });
      expect(counts.failed, counts.failures.join("\n")).to.equal(0);
    });

    it("mcp-mesh servers scales it in a pod of the xds-server, with the rights that kubernetes.lifecycle gives, and not without", async () => {
      const scale = (replicas: number): Promise<string> => namespace.kubectl("exec", "deployment/mesh-mcp-mesh-xds-server", "--", "mcp-mesh", "servers", "scale", "everything", "--replicas", String(replicas), "--wait");
      const refused = await scale(3).then(() => "", String);
      expect(refused).to.include("forbidden");
      const counts = await during("3 replicas, and 2 again", async () => {
        await namespace.helm(["upgrade", "mesh", "charts/mcp-mesh", "--wait", "--timeout", "4m"], { ...meshValues(), kubernetes: { lifecycle: { enabled: true } } });
        for (const replicas of [3, 2]) await scale(replicas);
      });
      expect(counts.failed, counts.failures.join("\n")).to.equal(0);
    });

    it("a server that the registry has an image of is made, and goes with its entry, with the rights that kubernetes.create gives", async () => {
      const made = { image: `mcp-mesh/xds-server:${tag}`, command: ["node", "/srv/tiny-server.mjs"], config_files: { "/srv/tiny-server.mjs": stdioServer.cmd[3] }, resources: small };
      const upgrade = async (registry: object): Promise<void> => {
        await namespace.helm(["upgrade", "mesh", "charts/mcp-mesh", "--wait", "--timeout", "4m"], { ...meshValues(), registry, kubernetes: { create: { enabled: true } } });
        await hurryKubelets();
      };
      unharmed(await during("creation and removal of a server", async () => {
        await upgrade({ servers: { ...servers, made } });
        await until("a call of the server that was made", () => answers("made"), kubeletMs);
        await upgrade({ servers });
        await until("it to be gone", async () => !(await namespace.objects()).some((name) => /\/made($|-)/.test(name)), kubeletMs);
      }));
    });

    it("a helm upgrade that replaces xds-servers and bridges at once goes unnoticed, and keeps certificates and keys", async () => {
      const secrets = (): Promise<string> => namespace.kubectl("get", "secrets", "--selector=app.kubernetes.io/part-of=mcp-mesh", "--output=jsonpath={.items[*].data}");
      const atFirst = await secrets();
      unharmed(await during("helm upgrade", async () => {
        await namespace.helm(["upgrade", "mesh", "charts/mcp-mesh", "--wait", "--timeout", "4m"], meshValues({ logLevel: "debug" }));
      }));
      expect(await secrets()).to.equal(atFirst);
    });

    it("a helm rollback goes unnoticed", async () => {
      unharmed(await during("helm rollback", () => namespace.helm(["rollback", "mesh", "--wait", "--timeout", "4m"])));
    });

    it("xds-servers that are killed, both at once, are not missed", async () => {
      unharmed(await during("kill of both xds-servers", async () => {
        await namespace.kubectl("delete", "pods", "--selector=app.kubernetes.io/component=xds-server", "--force", "--grace-period=0");
        await rollout("xds-server");
      }));
    });

    for (const component of ["envoy", "bridge"]) {
      it(`with a pod of ${component} that is killed go the requests that are open in it; every session goes on over the other`, async () => {
        const counts = await during(`kill of a pod of ${component}`, async () => {
          const [pod = ""] = (await namespace.kubectl("get", "pods", `--selector=app.kubernetes.io/component=${component}`, "--output=name")).trim().split("\n");
          await namespace.kubectl("delete", pod, "--force", "--grace-period=0");
          await rollout(component);
        });
        expect(counts.lostSessions).to.equal(0);
        unharmed(await during("after it", () => Promise.resolve()));
      });
    }

    after(async () => {
      await load?.stop();
      await namespace.kubectl("delete", "pod/load", "configmap/load", "--grace-period=0", "--force");
    });
  });

  describe("at the end", () => {
    it("with a certificate in a Secret the gateway speaks https, and helm test passes over it", async () => {
      const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
      try {
        const { certFile, keyFile } = makeAuthority(folder, "authority").issue("gateway", ["DNS:mesh-mcp-mesh"]);
        await namespace.kubectl("create", "secret", "tls", "public", `--cert=${certFile}`, `--key=${keyFile}`);
      } finally {
        rmSync(folder, { recursive: true });
      }
      await namespace.helm(["upgrade", "mesh", "charts/mcp-mesh", "--wait", "--timeout", "4m"], { ...meshValues(), gateway: { tls: { secretName: "public" } } });
      expect(await namespace.helm(["test", "mesh"])).to.match(/Phase: +Succeeded/);
      await namespace.kubectl("delete", "secret", "public");
    });

    it("helm uninstall leaves nothing behind", async () => {
      await namespace.helm(["uninstall", "mesh", "everything", "--wait"]);
      await until("all to be gone", async () => {
        const left = (await namespace.objects()).filter((name) => !atFirst.includes(name));
        if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
        return true;
      }, 120_000);
    });

    it("the API server takes all that the charts make, for every set of values", async () => {
      const known = new Set((await command("kubectl", ["api-resources", "--no-headers"])).split("\n").map((line) => line.trim().split(/\s+/).at(-1)));
      const folder = join(projectRoot, "test/testdata/charts");
      const passedOver = new Set<string>();
      for (const file of readdirSync(folder).filter((name) => name.endsWith(".in.yaml"))) {
        const rendering = parse(readFileSync(join(folder, file), "utf8")) as Rendering;
        const objects = rendered({ ...rendering, namespace: namespace.name });
        for (const { kind } of objects) if (!known.has(kind)) passedOver.add(kind);
        // Roles for other namespaces are for namespaces that are not there.
        const here = objects.filter(({ kind, metadata }) => known.has(kind) && (metadata.namespace ?? namespace.name) === namespace.name);
        await command("kubectl", ["--namespace", namespace.name, "apply", "--dry-run=server", "--filename", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items: here }) });
      }
      if (passedOver.size > 0) console.log(`    not known to this cluster, and not looked at: ${[...passedOver].sort().join(", ")}`);
    });
  });
});

async function whatIsMissing(): Promise<string | undefined> {
  for (const [program, args] of [["helm", ["version", "--short"]], ["kubectl", ["version", "--client"]]] as const) {
    if ((await command(program, args).catch(() => undefined)) === undefined) return `there is no ${program} on PATH`;
  }
  const nodes = await command("kubectl", ["get", "nodes", "--output=name", "--request-timeout=5s"], { timeoutMs: 15_000 }).catch(() => "");
  return nodes.includes("node/") ? undefined : "no cluster answers kubectl, so nobody has installed the charts";
}

function loadPod(image: string, urls: readonly string[]): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "load" },
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [{
        name: "load",
        image,
        command: ["node", "/srv/load.mjs", ...urls],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        readinessProbe: { tcpSocket: { port: 8090 }, periodSeconds: 1 },
        volumeMounts: [{ name: "load", mountPath: "/srv" }],
      }],
      volumes: [{ name: "load", configMap: { name: "load" } }],
    },
  };
}
