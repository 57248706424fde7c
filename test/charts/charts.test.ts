/** The charts: that they say the same as the rest of the project, and, where there is helm, what they make of values. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { chartBootstrap, chartBootstrapFile } from "../../envoy/chart-bootstrap.js";
import { projectRoot } from "../../protos/project-root.js";
import { chartFolder, hasHelm } from "./helm.js";
import { charts, describeRenderings } from "./renderings.js";

describe("charts", () => {
  it("the bootstrap in the chart is what envoy/bootstrap.ts makes (npm run bootstraps writes it)", () => {
    expect(readFileSync(join(projectRoot, chartBootstrapFile), "utf8")).to.equal(chartBootstrap());
  });

  it("nobody is told to delete by the owner's label alone, which adopted objects bear, too", () => {
    const texts = ["README.md", "charts/mcp-mesh/templates/NOTES.txt", "xds-server/lifecycle/creation/creation.ts"];
    const selectors = texts.map((file) => [...readFileSync(join(projectRoot, file), "utf8").matchAll(/mcp-mesh\.io\/owner=.*/g)].map(([selector]) => selector));
    expect(selectors.map(({ length }) => length)).to.deep.equal([1, 1, 1]);
    for (const selector of selectors.flat()) expect(selector).to.include(",mcp-mesh.io/made=true");
  });

  it("sets no variable that the programs do not know", () => {
    const templates = readdirSync(join(chartFolder("mcp-mesh"), "templates"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".yaml"));
    const set = templates.flatMap((file) => [...readFileSync(join(chartFolder("mcp-mesh"), "templates", file), "utf8").matchAll(/MCP_MESH_\w+/g)].map(([name]) => name));
    const known = ["xds-server", "stdio-bridge"].map((program) => readFileSync(join(projectRoot, program, "config.ts"), "utf8")).join("\n");
    expect(set).not.to.have.length(0);
    expect(set.filter((name) => !known.includes(`"${name}"`))).to.deep.equal([]);
  });

  for (const chart of charts) {
    it(`${chart} has the version of the project`, () => {
      // Our own files.
      const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { readonly version: string };
      const { version: ofChart, appVersion } = parse(readFileSync(join(chartFolder(chart), "Chart.yaml"), "utf8")) as { readonly version: string; readonly appVersion: string };
      expect([ofChart, appVersion]).to.deep.equal([version, version]);
    });

    it(`${chart} has no value that its schema does not know`, () => {
      const values = parse(readFileSync(join(chartFolder(chart), "values.yaml"), "utf8")) as object;
      const schema = JSON.parse(readFileSync(join(chartFolder(chart), "values.schema.json"), "utf8")) as Schema;
      expect(missingIn(schema, values)).to.deep.equal([]);
    });
  }

  for (const chart of charts) {
    it(`README has every value of ${chart}, and no other`, () => {
      const values = parse(readFileSync(join(chartFolder(chart), "values.yaml"), "utf8")) as object;
      const schema = JSON.parse(readFileSync(join(chartFolder(chart), "values.schema.json"), "utf8")) as Schema;
      const paths = leavesOf(schema, values);
      const named = namedInReadme(chart);
      const isIn = (path: string, name: string): boolean => path === name || path.startsWith(`${name}.`);
      expect(paths.filter((path) => !named.some((name) => isIn(path, name))), "missing in README").to.deep.equal([]);
      expect(named.filter((name) => !paths.some((path) => isIn(path, name))), "not in values.yaml").to.deep.equal([]);
    });
  }
});

// `npm run test:cluster` declares these too, and misses helm aloud.
if (hasHelm()) describeRenderings();
else console.error("\n  there is no helm 3 on PATH: what the charts make of values is not looked at here\n");

interface Schema { readonly properties?: Readonly<Record<string, Schema>>; readonly additionalProperties?: unknown }

/** A schema that forbids what it does not list must list all that there is. */
function missingIn(schema: Schema, values: object, prefix = ""): readonly string[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
    const known = schema.properties?.[name];
    if (known === undefined) return schema.properties === undefined ? [] : [prefix + name];
    return typeof value === "object" && value !== null && !Array.isArray(value) ? missingIn(known, value, `${prefix}${name}.`) : [];
  });
}

/** Values that a map of the user's own may be in are one value. */
function leavesOf(schema: Schema, values: object, prefix = ""): readonly string[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
    const inner = schema.properties?.[name];
    const isGroup = inner?.properties !== undefined && typeof value === "object" && value !== null && !Array.isArray(value);
    return isGroup ? leavesOf(inner, value, `${prefix}${name}.`) : [prefix + name];
  });
}

/** The first cells of the table; `….` stands for each of the three programs that has such a value. */
function namedInReadme(chart: string): readonly string[] {
  const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
  const [, section = ""] = readme.split(`### Values of ${chart}\n`);
  const rows = (section.split(/\n##/)[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  const names = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
  return names.flatMap((name) => (name.startsWith("….") ? ["envoy", "xdsServer", "bridge"].map((program) => program + name.slice(1)) : [name]));
}
