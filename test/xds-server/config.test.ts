/** The xds-server's flags and variables: what cannot be read ends it with code 2 and says which. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";

const cases: readonly { readonly name: string; readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>>; readonly says: string }[] = [
  { name: "a port out of range", args: ["--xds-port", "70000"], says: "port 70000 is not in 0..65535" },
  { name: "a port that is none, from the environment", env: { MCP_MESH_ADMIN_PORT: "http" }, says: "port http is not in 0..65535" },
  { name: "an unknown log level", args: ["--log-level", "loud"], says: "Allowed choices are fatal, error, warn, info, debug, trace" },
  { name: "a certificate without its key", args: ["--xds-cert", "tls.crt"], says: "--xds-ca, --xds-cert and --xds-key belong together" },
  { name: "an unknown flag", args: ["--registri", "x.yaml"], says: "Did you mean --registry?" },
  { name: "a namespace that is none", args: ["--kubernetes-namespaces", "mcp,My_Tools"], says: '"My_Tools" is no name of a namespace' },
  { name: "no namespace at all", env: { MCP_MESH_KUBERNETES_NAMESPACES: "," }, says: '"," is no name of a namespace' },
  { name: "Kubernetes neither on nor off", args: ["--kubernetes", "maybe"], says: "Allowed choices are auto, on, off" },
  { name: "tools on every address, which Envoy cannot be told", args: ["--tools-host", "0.0.0.0"], says: "--tools-host 0.0.0.0 is no address that Envoy could be told" },
  { name: "an address for the tools without a port", env: { MCP_MESH_TOOLS_HOST: "::", MCP_MESH_TOOLS_ADVERTISE: "10.0.0.1" }, says: "10.0.0.1 is not host:port" },
  { name: "a limit of replicas that is none", env: { MCP_MESH_MAX_REPLICAS: "many" }, says: "many is not a whole number" },
  { name: "a number of bridges that is none", args: ["--bridges-expected", "-1"], says: "-1 is not a whole number" },
];

describe("xds-server's configuration", () => {
  for (const { name, args = [], env = {}, says } of cases) {
    it(`refuses ${name}`, () => {
      const { status, stderr } = spawnSync(process.execPath, [join(projectRoot, "dist/xds-server/main.js"), ...args], { env: { ...process.env, ...env }, encoding: "utf8", timeout: 10_000 });
      expect(stderr).to.include(says);
      expect(status).to.equal(2);
    });
  }
});
