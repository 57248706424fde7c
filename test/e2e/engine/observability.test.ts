/** docker compose, profile `observability`: Prometheus finds every part of the mesh, and the dashboard has data from it. */

import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../../protos/project-root.js";
import { ask } from "../ask.js";
import { expectData, ordinaryQueriesOf, queriesOf, readDashboard } from "../dashboard.js";
import { PrometheusClient } from "../prometheus.js";
import { until } from "../until.js";
import { Compose, needEngine } from "./compose.js";
import { startLoad, type Load } from "./load.js";
import { havePrometheusImage } from "./prometheus-image.js";

/** Four scrapes, as Grafana has it. */
const rateInterval = "20s";

describe("docker compose: observability", function () {
  this.timeout(300_000);
  let compose: Compose;
  let prometheus: PrometheusClient;
  let load: Load | undefined;

  before(async function () {
    this.timeout(15 * 60_000);
    await needEngine(this);
    const { services } = parse(readFileSync(join(projectRoot, "docker-compose.yaml"), "utf8"), { merge: true }) as { readonly services: { readonly prometheus: { readonly image: string } } };
    await havePrometheusImage(services.prometheus.image);
    compose = await Compose.make();
    await compose.build();
    await compose.up("prometheus", "envoy");
    prometheus = new PrometheusClient(compose.prometheusUrl);
    load = startLoad({
      url: compose.gatewayUrl,
      servers: [{ path: "/everything", tool: "echo", args: { message: "seen" }, says: "seen" }, { path: "/memory", tool: "read_graph", args: {}, says: "entities" }],
      clients: 2,
    });
  });
  after(async () => {
    await load?.stop();
    await compose?.stop();
  });

  it("finds the xds-server, Envoy and the bridge", async () => {
    const found = await until("all parts to be up", async () => {
      const targets = await prometheus.targets();
      return targets.length === 3 && targets.every(({ health }) => health === "up") ? targets : undefined;
    }, 60_000);
    expect(found.map(({ labels }) => labels["role"] ?? "xds-server").sort()).to.deep.equal(["bridge", "envoy", "xds-server"]);
  });

  it("has data for what the dashboard shows of a mesh that is well", async () => {
    await expectData(prometheus, ordinaryQueriesOf(readDashboard(), { rateInterval }), 120_000);
  });

  it("takes every query of the dashboard", async () => {
    for (const { expression } of queriesOf(readDashboard(), { rateInterval })) await prometheus.query(expression);
  });

  it("has taken the alerts", async () => {
    type Rules = { readonly data: { readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly name: string; readonly health: string }[] }[] } };
    const groups = await until("the alerts to be looked at", async () => {
      const { data } = JSON.parse((await ask(compose.prometheusUrl, "/api/v1/rules")).body) as Rules;
      return data.groups.some(({ rules }) => rules.some(({ health }) => health === "unknown")) ? undefined : data.groups;
    }, 60_000);
    expect(groups.map(({ name }) => name)).to.deep.equal(["mcp-mesh"]);
    expect(groups.flatMap(({ rules }) => rules).map(({ health }) => health)).to.deep.equal(Array.from({ length: 8 }, () => "ok"));
  });

  it("is published on loopback alone, as a plain user, with a root file system that cannot be written", async () => {
    const [container] = (await compose.containers()).filter(({ service }) => service === "prometheus");
    const { Config, HostConfig, NetworkSettings } = await compose.inspect(container?.name ?? "");
    expect(Config.User).to.equal("65534:65534");
    expect(HostConfig.ReadonlyRootfs).to.equal(true);
    expect(HostConfig.CapDrop).to.deep.equal(["ALL"]);
    expect(NetworkSettings.Ports["9090/tcp"]).to.deep.equal([{ HostIp: "127.0.0.1", HostPort: new URL(compose.prometheusUrl).port }]);
  });

  it("no MCP server over HTTP reaches Envoy's statistics", async () => {
    const reach = "const s=require('node:net').connect({host:'envoy',port:9902,timeout:3000},()=>{console.log('reached');process.exit()});s.on('error',(e)=>{console.log(e.code);process.exit()});s.on('timeout',()=>{console.log('silence');process.exit()})";
    expect((await compose.compose(["exec", "--no-TTY", "everything", "node", "-e", reach])).trim()).to.equal("ECONNREFUSED");
  });

  it("Grafana is given files that are there, and its dashboard a datasource that is there", () => {
    const { services } = parse(readFileSync(join(projectRoot, "docker-compose.yaml"), "utf8"), { merge: true }) as { readonly services: { readonly grafana: { readonly volumes: readonly string[]; readonly environment: Readonly<Record<string, string>> } } };
    const mounts = new Map(services.grafana.volumes.map((volume) => volume.split(":")).map(([source = "", target = ""]) => [target, readFileSync(join(projectRoot, source), "utf8")]));
    const file = (path: string): unknown => parse(mounts.get(path) ?? "");
    const { datasources } = file("/etc/grafana/provisioning/datasources/mcp-mesh.yaml") as { readonly datasources: readonly { readonly type: string; readonly url: string; readonly isDefault: boolean }[] };
    expect(datasources.map(({ type, url, isDefault }) => ({ type, url, isDefault }))).to.deep.equal([{ type: "prometheus", url: "http://prometheus:9090", isDefault: true }]);
    const { providers } = file("/etc/grafana/provisioning/dashboards/mcp-mesh.yaml") as { readonly providers: readonly { readonly options: { readonly path: string } }[] };
    const home = services.grafana.environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] ?? "";
    expect(providers.map(({ options }) => home.startsWith(`${options.path}/`) && mounts.has(home))).to.deep.equal([true]);
  });
});
