/** The dashboard as Grafana loads it: well formed, explained, and described in the README. That its queries have data is proved end to end. */

import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../protos/project-root.js";
import { dashboardFile, labelValuesOf, queriesOf, readDashboard, type Panel } from "../e2e/dashboard.js";

describe("dashboard", () => {
  const dashboard = readDashboard();
  const rows = dashboard.panels.filter(({ type }) => type === "row");
  const panels = dashboard.panels.filter(({ type }) => type !== "row");
  const chosen = { type: "prometheus", uid: "${datasource}" };

  it("has an id of its own and no number that another Grafana has given it", () => {
    expect(dashboard.uid).to.equal("mcp-mesh");
    expect(JSON.parse(readFileSync(dashboardFile, "utf8"))).not.to.have.property("id");
    expect(dashboard.schemaVersion).to.equal(39);
  });

  it("gives each panel an id and a title of its own", () => {
    expect(dashboard.panels.map(({ id }) => id)).to.deep.equal([...new Set(dashboard.panels.map(({ id }) => id))]);
    expect(titlesOf(dashboard.panels)).to.deep.equal([...new Set(titlesOf(dashboard.panels))]);
  });

  it("has panels that lie beside one another, within 24 columns", () => {
    for (const { title, gridPos: { x, w, h } } of dashboard.panels) expect(x >= 0 && w > 0 && h > 0 && x + w <= 24, title).to.equal(true);
    const overlapping = dashboard.panels.flatMap((one, index) => dashboard.panels.slice(index + 1).filter((other) => overlap(one, other)).map((other) => `${one.title} and ${other.title}`));
    expect(overlapping).to.deep.equal([]);
    expect(rows.length).to.be.greaterThan(4);
  });

  for (const panel of panels) {
    it(`"${panel.title}" says what it shows, in which unit, and asks the Prometheus that is chosen`, () => {
      expect(panel.description ?? "").to.match(/^[`A-Z0-9].{20,}\.$|^[`A-Z0-9].{20,}`\.?$/);
      expect(panel.fieldConfig?.defaults.unit ?? "").not.to.equal("");
      expect(panel.datasource).to.deep.equal(chosen);
      expect(panel.targets ?? []).not.to.have.length(0);
      for (const { datasource } of panel.targets ?? []) expect(datasource).to.deep.equal(chosen);
      expect(panel.targets?.map(({ refId }) => refId)).to.deep.equal([..."ABCDEFGH"].slice(0, panel.targets?.length));
    });
  }

  it("takes rates over the interval that fits the scrapes, and knows no variable that it does not have", () => {
    const names = new Set(dashboard.templating.list.map(({ name }) => name));
    for (const { expr } of panels.flatMap(({ targets = [] }) => targets)) {
      expect(expr).not.to.match(/\b(rate|increase)\([^[\]]*\[(?!\$__rate_interval\])/);
      for (const [, name = ""] of expr.matchAll(/\$(?!__rate_interval)(\w+)/g)) expect(names.has(name), expr).to.equal(true);
    }
    expect(queriesOf(dashboard, { rateInterval: "1m" }).filter(({ expression }) => expression.includes("$"))).to.deep.equal([]);
  });

  it("fills in chosen servers as Grafana does", () => {
    const [query] = queriesOf(dashboard, { rateInterval: "1m", servers: ["a.b", "c"] }).filter(({ what }) => what.startsWith("Requests by server"));
    expect(query?.expression).to.include('server=~"(a\\\\.b|c)"');
  });

  it("lets the Prometheus and the servers be chosen", () => {
    expect(dashboard.templating.list.map(({ name, type }) => `${name} ${type}`)).to.deep.equal(["datasource datasource", "server query"]);
    const [, server] = dashboard.templating.list;
    expect(server === undefined ? undefined : labelValuesOf(server).label).to.equal("server");
  });

  it("is described in the README, panel by panel", () => {
    const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
    const section = readme.slice(readme.indexOf("\n### Dashboard\n"));
    const table = section.slice(0, section.indexOf("\n#", 1)).split("\n").filter((line) => line.startsWith("| "));
    const told = new Map(table.slice(1).map((line) => line.split("|").slice(1, 3).map((cell) => cell.trim())).map(([part = "", shows = ""]) => [part, shows.toLowerCase()]));
    expect([...told.keys()]).to.deep.equal(titlesOf(rows));
    let part = "";
    for (const { type, title } of dashboard.panels) {
      if (type === "row") part = title;
      else expect(told.get(part)).to.include(title.toLowerCase());
    }
  });
});

function titlesOf(panels: readonly Panel[]): readonly string[] {
  return panels.map(({ title }) => title);
}

function overlap({ gridPos: one }: Panel, { gridPos: other }: Panel): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}
