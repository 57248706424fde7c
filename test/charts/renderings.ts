/** What the charts make of values, golden; what they refuse; and that no pod asks for more than it may have. */

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { projectRoot } from "../../protos/project-root.js";
import { readRegistryOnce } from "../../xds-server/sources/registry/registry-source.js";
import { golden } from "../golden.js";
import { chartFolder, needsHelm, rendered, runHelm, template, type KubernetesObject, type Rendering } from "./helm.js";

export const charts = ["mcp-mesh", "mcp-server"] as const;
const leastValues: Readonly<Record<(typeof charts)[number], object>> = { "mcp-mesh": {}, "mcp-server": { image: { repository: "search" } } };

export function describeRenderings(): void {
  describe("charts, rendered by helm", function () {
    this.timeout(60_000);
    before(function () { needsHelm(this); });

    for (const chart of charts) {
      it(`${chart} passes helm lint --strict`, () => {
        const { code, stdout } = runHelm(["lint", "--strict", chartFolder(chart), "--values", "-"], JSON.stringify(leastValues[chart]));
        expect(code, stdout).to.equal(0);
      });

      it(`${chart} keeps to the restricted profile of Kubernetes, also where every option is used`, () => {
        for (const values of [leastValues[chart], ...fullValues(chart)]) {
          for (const object of rendered({ chart, values })) expect(offencesOf(object), `${object.kind} ${object.metadata.name}`).to.deep.equal([]);
        }
      });
    }

    golden<Rendering>("test/testdata/charts", (rendering) => rendered(rendering).map(withoutWhatDiffers));

    const refusals: readonly { readonly what: string; readonly chart?: string; readonly values: object; readonly says: string }[] = [
      { what: "a value that does not exist", values: { gatway: {} }, says: "'gatway' not allowed" },
      { what: "a misspelt value further in", values: { envoy: { replica: 3 } }, says: "'replica' not allowed" },
      { what: "no Envoy at all", values: { envoy: { replicas: 0 } }, says: "/envoy/replicas" },
      { what: "a kind of Service that does not exist", values: { gateway: { service: { type: "Loadbalancer" } } }, says: "/gateway/service/type" },
      { what: "an allowed host with its scheme", values: { gateway: { allowedHosts: ["https://mcp.example.com"] } }, says: "/gateway/allowedHosts/0" },
      { what: "one of the two Secrets of xDS", values: { xds: { serverSecret: "mine" } }, says: "/xds" },
      { what: "a drain too short for the last to hear of it", values: { envoy: { drainSeconds: 1 } }, says: "/envoy/drainSeconds" },
      { what: "a namespace that can be none", values: { kubernetes: { namespaces: ["Prod"] } }, says: "/kubernetes/namespaces/0" },
      { what: "a server without image", chart: "mcp-server", values: {}, says: "/image/repository" },
      { what: "a port out of range", chart: "mcp-server", values: { image: { repository: "search" }, port: 70_000 }, says: "/port" },
      { what: "an id that can be none", chart: "mcp-server", values: { image: { repository: "search" }, mcp: { id: "a/b" } }, says: "/mcp/id" },
      { what: "a file without a path", chart: "mcp-server", values: { image: { repository: "search" }, configFiles: { "config.json": "{}" } }, says: "config.json" },
      { what: "a reference without its key", chart: "mcp-server", values: { image: { repository: "search" }, secretRefs: { TOKEN: { name: "github" } } }, says: "key" },
    ];
    for (const { what, chart = "mcp-mesh", values, says } of refusals) {
      it(`${chart} refuses ${what}`, () => {
        const { code, stderr } = template({ chart, values });
        expect(code).to.equal(1);
        expect(stderr).to.include(says);
      });
    }

    const registries: readonly { readonly what: string; readonly values: object; readonly asked: string }[] = [
      { what: "a flat registry", values: { registry: { github: { endpoint: "http://github:8080" } } }, asked: "/github" },
      { what: "a client's configuration", values: { registry: { mcpServers: { files: { command: "files" } } } }, asked: "/files" },
      { what: "a server that is switched off", values: { registry: { servers: { a: { endpoint: "http://a:1", enabled: false }, b: { endpoint: "http://b:1" } } } }, asked: "/b" },
      { what: "servers that ask for keys", values: { registry: { servers: { a: { endpoint: "http://a:1" } }, gateway: { auth: { api_keys: [{ client: "ci", key: "k" }] } } } }, asked: "/" },
      { what: "one server that asks for none", values: { registry: { servers: { a: { endpoint: "http://a:1" }, b: { endpoint: "http://b:1", auth: "off" } }, gateway: { auth: { api_keys: [{ client: "ci", key: "k" }] } } } }, asked: "/b" },
      { what: "no server", values: {}, asked: "/" },
    ];
    for (const { what, values, asked } of registries) {
      it(`${what} is served, and helm test asks for ${asked}`, () => {
        const objects = rendered({ chart: "mcp-mesh", values });
        const registry = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "mesh-mcp-mesh-registry")?.data?.["registry.yaml"] ?? "";
        expect(readRegistryText(registry)).to.deep.equal([]);
        const pod = JSON.stringify(objects.find(({ kind }) => kind === "Pod"));
        expect(pod).to.include(asked === "/" ? "fetch(" : `http://mesh-mcp-mesh:8000${asked}"`);
      });
    }

    it("two renderings have keys of their own: an installation does not get those of another", () => {
      const keysOf = (): readonly string[] => rendered({ chart: "mcp-mesh" }).filter(({ kind }) => kind === "Secret").flatMap(({ data = {} }) => Object.values(data));
      const first = keysOf();
      expect(first).to.have.length(7);
      expect(keysOf().filter((key) => first.includes(key))).to.deep.equal([]);
    });
  });
}

function fullValues(chart: string): readonly object[] {
  const folder = join(projectRoot, "test/testdata/charts");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".in.yaml"))
    .map((file) => parse(readFileSync(join(folder, file), "utf8")) as Rendering)
    .flatMap((rendering) => (rendering.chart === chart ? [rendering.values ?? {}] : []));
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly seccompProfile?: { readonly type: string } };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}
interface Container {
  readonly name: string;
  readonly resources?: { readonly requests?: object; readonly limits?: object };
  readonly securityContext?: { readonly allowPrivilegeEscalation?: boolean; readonly readOnlyRootFilesystem?: boolean; readonly capabilities?: { readonly drop?: readonly string[] } };
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and what good manners are besides. */
function offencesOf(object: KubernetesObject): readonly string[] {
  const spec = podSpecOf(object);
  if (spec === undefined) return [];
  const ofPod = [
    ...(spec.securityContext?.runAsNonRoot === true ? [] : ["may run as root"]),
    ...(spec.securityContext?.seccompProfile?.type === "RuntimeDefault" ? [] : ["no seccomp profile"]),
    ...(spec.hostNetwork === true ? ["network of the host"] : []),
    ...(spec.volumes ?? []).flatMap((volume) => ("hostPath" in volume ? ["files of the host"] : [])),
  ];
  return [...ofPod, ...[...(spec.initContainers ?? []), ...spec.containers].flatMap(({ name, resources, securityContext }) => [
    ...(securityContext?.allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
    ...(securityContext?.readOnlyRootFilesystem === true ? [] : [`${name} may write its own files`]),
    ...(securityContext?.capabilities?.drop?.includes("ALL") === true ? [] : [`${name} has capabilities`]),
    ...(resources?.requests === undefined || resources.limits === undefined ? [`${name} has no requests or limits`] : []),
  ])];
}

function podSpecOf(object: KubernetesObject): PodSpec | undefined {
  // As the API defines these kinds.
  if (object.kind === "Pod") return (object as unknown as { readonly spec: PodSpec }).spec;
  if (object.kind === "Deployment") return (object as unknown as { readonly spec: { readonly template: { readonly spec: PodSpec } } }).spec.template.spec;
  return undefined;
}

/** Keys and certificates are made anew each time, and long files have tests of their own. */
function withoutWhatDiffers(object: KubernetesObject): unknown {
  const text = JSON.stringify(object, (key, value: unknown) => {
    if (key === "mcp-mesh.io/certificates") return "(a hash of the certificates)";
    if (key === "mcp-mesh.io/bootstrap") return "(a hash of the bootstrap)";
    if (key === "bootstrap.json" || key === "drain.sh" || key === "mcp-mesh.json") return `(${key})`;
    if (typeof value === "string" && ["ca.crt", "tls.crt", "tls.key", "session-keys"].includes(key)) return `(${key})`;
    return value;
  });
  return JSON.parse(text) as unknown;
}

/** What is wrong with it, as the xds-server says it. */
function readRegistryText(text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
  try {
    writeFileSync(join(folder, "registry.yaml"), text);
    return readRegistryOnce([folder], {}).problems.map(({ what }) => what);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
