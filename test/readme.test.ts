/** Keeps the README's promises: its tables, examples, commands, variables and links against what the code says. */

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { projectRoot } from "../protos/project-root.js";
import { registryJsonSchema } from "../xds-server/sources/registry/json-schema.js";
import { readRegistryOnce } from "../xds-server/sources/registry/registry-source.js";
import { testCertificate, testKey } from "./xds-server/snapshot/test-certificate.js";

const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
const rooms = ["xds-server", "stdio-bridge", "envoy", "protos"];
const sources = new Map(rooms.flatMap(sourceFiles).map((path) => [path, readFileSync(join(projectRoot, path), "utf8")]));

describe("README", () => {
  describe("registry reference", () => {
    const definitions = readDefinitions();
    const ofEveryEntry = [...fieldsOf(definitions["HttpServer"])].filter(([field]) => fieldsOf(definitions["StdioServer"]).has(field));
    // What servers on Kubernetes share with all that are reached over HTTP is told once, there.
    const ofUpstreams = [...fieldsOf(definitions["HttpServer"])].filter(([field]) => fieldsOf(definitions["KubernetesServer"]).has(field));
    const kinds: readonly (readonly [string, string])[] = [["http", "HttpServer"], ["stdio", "StdioServer"], ["template", "TemplateServer"], ["k8s", "KubernetesServer"]];
    const tables: readonly (readonly [string, ReadonlyMap<string, string>])[] = [
      ["Every entry", new Map(ofEveryEntry)],
      ...kinds.map(([heading, name]) => [heading, without(fieldsOf(definitions[name]), name === "KubernetesServer" ? ofUpstreams : ofEveryEntry)] as const),
      ["gateway", fieldsOf(definitions["Gateway"])],
    ];
    for (const [heading, fields] of tables) {
      it(`"${heading}" has every field of the schema, and no other`, () => {
        expect([...rowsOf(heading).keys()].sort()).to.deep.equal([...fields.keys()].sort());
      });
      it(`"${heading}" has the defaults that editors are told`, () => {
        const told = [...fields].flatMap(([field, description]) => {
          const [, value] = /Default(?: and most)?:? ([\w/[\]%.-]*[\w\]%])(?:\.| and| ?$|;)/.exec(description) ?? [];
          return value === undefined ? [] : [[field, value] as const];
        });
        const differing = told.filter(([field, value]) => !plain(rowsOf(heading).get(field)?.[2] ?? "").includes(value));
        expect(differing).to.deep.equal([]);
      });
    }

    it("has every section of a registry", () => {
      const { properties } = registryJsonSchema() as { readonly properties: object };
      expect(Object.keys(properties).filter((section) => !readme.includes(`| \`${section}\` |`))).to.deep.equal([]);
    });
  });

  describe("examples", () => {
    const yamlBlocks = blocksOf("yaml").filter(({ info }) => info === "yaml");
    it("are there", () => expect(yamlBlocks.length).to.be.greaterThan(8));
    for (const { text, line } of [...yamlBlocks, ...blocksOf("json")]) {
      it(`the registry in line ${line} is good`, () => expect(problemsOf(text)).to.deep.equal([]));
    }
    it("the bootstrap for Envoy is YAML", () => {
      for (const { text } of blocksOf("yaml").filter(({ info }) => info === "yaml bootstrap")) expect(parse(text)).to.include.keys("node", "dynamic_resources", "static_resources");
    });
  });

  describe("command line", () => {
    const cli = [...sources].filter(([path]) => path.startsWith("xds-server/cli/") && !path.startsWith("xds-server/cli/up/"));
    const section = sectionOf("Command line");
    const parts = sectionOf("Running the parts by hand");
    it("names every command", () => {
      const commandsOf = (files: readonly (readonly [string, string])[]): readonly string[] => all(files, /new Command\("([\w-]+)"\)/g);
      const ofServers = cli.filter(([path]) => path.startsWith("xds-server/cli/servers/"));
      const names = ["up", "config dump", ...commandsOf(ofServers).map((name) => `servers ${name}`), ...commandsOf(cli.filter((file) => !ofServers.includes(file)))];
      const missing = names.filter((name) => !["mcp-mesh", "servers", "config", "dump"].includes(name) && !section.includes(`\`mcp-mesh ${name}`));
      expect(missing).to.deep.equal([]);
    });
    it("names every option of mcp-mesh, and no other", () => {
      expect(flagsIn(section, "--help", "--version")).to.deep.equal(unique(all(cli, /[oO]ption\("(?:-\w, )?(--[\w-]+)/g)));
    });
    it("names every option of the programs, and no other", () => {
      const programs = [...sources].filter(([path]) => path === "xds-server/config.ts" || path === "stdio-bridge/config.ts");
      expect(flagsIn(parts, "--config-path")).to.deep.equal(unique(all(programs, /[oO]ption\("(--[\w-]+)/g)));
    });
    it("tells an option's variable beside it", () => {
      for (const [path, where] of [["xds-server/cli/up-options.ts", section], ["xds-server/cli/admin-client.ts", section], ["xds-server/config.ts", parts], ["stdio-bridge/config.ts", parts]] as const) {
        const pairs = [...(sources.get(path) ?? "").matchAll(/[oO]ption\("(--[\w-]+)[^\n]*?(?:\n\s*)?[^\n]*?"(MCP_MESH_\w+)"/g)];
        expect(pairs).not.to.have.length(0);
        for (const [, flag, variable] of pairs) expect(where.split("\n").some((line) => line.includes(`\`${flag ?? ""}`) && line.includes(`\`${variable ?? ""}\``)), `${flag ?? ""} ${variable ?? ""}`).to.equal(true);
      }
    });
  });

  it("names every variable that is read, and no other", () => {
    const registry = readFileSync(join(projectRoot, "registry.yaml"), "utf8");
    const compose = readFileSync(join(projectRoot, "docker-compose.yaml"), "utf8");
    const clusterTests = sourceFiles("test/e2e/cluster").map((path) => [path, readFileSync(join(projectRoot, path), "utf8")] as const);
    const used = all([...sources, ["registry.yaml", registry], ["docker-compose.yaml", compose], ...clusterTests], /(MCP_MESH_[A-Z][A-Z_0-9]*[A-Z0-9])/g).filter((name) => name !== "MCP_MESH_DEMO_PORT");
    expect(unique([...readme.matchAll(/MCP_MESH_[A-Z][A-Z_0-9]*[A-Z0-9]/g)].map(([name]) => name))).to.deep.equal(unique(used));
  });

  it("names every script of npm, and no other", () => {
    const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...readme.matchAll(/\bnpm (?:run ([\w:]+)|(start|test))\b/g)].map(([, script, short]) => script ?? short ?? "");
    expect(unique(named)).to.deep.equal(unique(Object.keys(scripts).filter((script) => !/^(pre|post)/.test(script))));
  });

  it("names every path of the admin port", () => {
    const paths = all([["", sources.get("xds-server/admin/admin-server.ts") ?? ""]], /\["(\/[\w/]+)", "/g);
    expect(paths).not.to.have.length(0);
    expect(paths.filter((path) => !readme.includes(`| \`${path}\` |`))).to.deep.equal([]);
  });

  it("names every metric of the xds-server", () => {
    const text = sources.get("xds-server/admin/metrics.ts") ?? "";
    const names = all([["", text]], /"(mcp_mesh_\w+)"/g);
    expect(names).not.to.have.length(0);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).to.deep.equal([]);
  });

  it("names every metric of a bridge, and no other", () => {
    const text = sources.get("stdio-bridge/metrics.ts") ?? "";
    const gauges = all([["", text]], /name: "(\w+)"/g);
    const renamed = new Map([...text.matchAll(/(\w+_ms): "(\w+)"/g)].map(([, counted = "", told = ""]) => [counted, told]));
    const counters = all([["", text.slice(text.indexOf("const counters"))]], /^ {2}(\w+): \{ help/gm).map((name) => `${renamed.get(name) ?? name}_total`);
    const rows = sectionOf("Status and metrics").slice(sectionOf("Status and metrics").indexOf("| `mcp_mesh_bridge_…` |"));
    const named = rows.split("\n").filter((line) => line.startsWith("| `")).slice(1).flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ""));
    expect(unique(named)).to.deep.equal(unique([...gauges, ...counters]));
  });

  it("names every code of an error that is made here", () => {
    const made = unique(all([...sources].filter(([path]) => /local-replies|error-message/.test(path)), /: (-32\d{3})\b/g));
    expect(made).not.to.have.length(0);
    expect(made.filter((code) => !sectionOf("Troubleshooting").includes(code))).to.deep.equal([]);
  });

  it("links to what is there", () => {
    const links = [...outsideOfBlocks().matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "").filter((target) => !/^https?:/.test(target));
    const anchors = new Set(headings().map(({ title }) => title.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-")));
    const broken = links.filter((target) => (target.startsWith("#") ? !anchors.has(target.slice(1)) : !existsSync(join(projectRoot, target))));
    expect(broken).to.deep.equal([]);
  });

  it("names rooms that are there", () => {
    const named = [...sectionOf("Architecture").matchAll(/^\| `((?:xds-server|stdio-bridge|protos|envoy|test)\/[^`]*)` \|/gm)].map(([, path]) => path ?? "");
    expect(named).not.to.have.length(0);
    expect(named.filter((path) => !existsSync(join(projectRoot, path)))).to.deep.equal([]);
    const existing = ["xds-server", "stdio-bridge"].flatMap((room) => readdirSync(join(projectRoot, room), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => `${room}/${name}/`));
    expect(existing.filter((room) => !named.some((path) => path.startsWith(room)))).to.deep.equal([]);
  });
});

function sourceFiles(room: string): readonly string[] {
  return readdirSync(join(projectRoot, room), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|mjs|sh)$/.test(path) && !path.startsWith("gen/"))
    .map((path) => `${room}/${path}`);
}

interface EditorSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, EditorSchema>>;
  readonly anyOf?: readonly EditorSchema[];
  readonly items?: EditorSchema;
}

function readDefinitions(): Readonly<Record<string, EditorSchema>> {
  // The schema is our own; a definition that is missing has no fields, and a test fails.
  return (registryJsonSchema() as { readonly definitions: Readonly<Record<string, EditorSchema>> }).definitions;
}

/** `health_check.interval`, `instances[].weight` → what editors are told of it. */
function fieldsOf(schema: EditorSchema | undefined, prefix = ""): ReadonlyMap<string, string> {
  const own = Object.entries(schema?.properties ?? {}).flatMap(([name, field]) => [[`${prefix}${name}`, field.description ?? ""] as const, ...fieldsOf(field, `${prefix}${name}.`)]);
  const ofForms = (schema?.anyOf ?? []).flatMap((form) => [...fieldsOf(form, prefix)]);
  const ofItems = schema?.items === undefined ? [] : [...fieldsOf(schema.items, `${prefix.slice(0, -1)}[].`)];
  return new Map([...own, ...ofForms, ...ofItems]);
}

function without(fields: ReadonlyMap<string, string>, others: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const left = new Set(others.map(([field]) => field));
  return new Map([...fields].filter(([field]) => !left.has(field)));
}

/** The cells of the table of fields below a heading, by field. */
function rowsOf(heading: string): ReadonlyMap<string, readonly string[]> {
  const rows = sectionOf(heading).split("\n").filter((line) => line.startsWith("| `")).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return new Map(rows.map((cells) => [plain(cells[0] ?? ""), cells]));
}

function plain(cell: string): string {
  return cell.replaceAll("`", "");
}

function headings(): readonly { readonly title: string; readonly level: number; readonly at: number }[] {
  return [...outsideOfBlocks().matchAll(/^(#+) (.+)$/gm)].map((match) => ({ title: match[2] ?? "", level: match[1]?.length ?? 0, at: match.index }));
}

/** From its heading to the next one that is as high. */
function sectionOf(title: string): string {
  const all = headings();
  const index = all.findIndex((heading) => heading.title === title);
  const found = all[index];
  if (found === undefined) throw new Error(`the README has no section "${title}"`);
  return readme.slice(found.at, all.slice(index + 1).find(({ level }) => level <= found.level)?.at);
}

/** The text with blocks of code blanked out, so that places stay the same. */
function outsideOfBlocks(): string {
  return readme.replace(/^ *```[^]*?^ *```$/gm, (block) => block.replace(/[^\n]/g, " "));
}

interface Block { readonly info: string; readonly text: string; readonly line: number }

function blocksOf(language: string): readonly Block[] {
  return [...readme.matchAll(/^( *)```([^\n]*)\n([^]*?)^ *```$/gm)].flatMap((match) => {
    const [, indent = "", info = "", text = ""] = match;
    if (info.split(" ")[0] !== language) return [];
    return [{ info, text: text.replace(new RegExp(`^${indent}`, "gm"), ""), line: readme.slice(0, match.index).split("\n").length }];
  });
}

/** As a user would have it: every file that it names is there, and every variable is set. */
function problemsOf(registry: string): readonly unknown[] {
  const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-readme-"));
  try {
    for (const [, file = ""] of registry.matchAll(/((?:certs|secrets)\/[\w.-]+)/g)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), file.endsWith(".key") ? testKey : file.startsWith("certs/") ? testCertificate : `${file.replace(/\W/g, "-")}\n`);
    }
    const environment = Object.fromEntries([...registry.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = ""]) => [name, `the-${name}`]));
    const path = join(folder, registry.trimStart().startsWith("{") ? "registry.json" : "registry.yaml");
    writeFileSync(path, registry);
    return readRegistryOnce([path], environment).problems;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function all(files: readonly (readonly [string, string])[], pattern: RegExp): readonly string[] {
  return files.flatMap(([, text]) => [...text.matchAll(pattern)].map(([, found]) => found ?? ""));
}

function flagsIn(text: string, ...others: readonly string[]): readonly string[] {
  return unique([...text.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([flag]) => flag).filter((flag) => !others.includes(flag)));
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
