/** Registry files in, views out: what is read, what is wrong with it and where, and what stays in force meanwhile. */

import { expect } from "chai";
import type { RegistryView } from "../../../../xds-server/model/model.js";
import { Registry, type RegistryRoot } from "../../../../xds-server/sources/registry/registry.js";
import type { FileText } from "../../../../xds-server/sources/registry/expansion.js";
import { golden } from "../../../golden.js";

/** One state of the world; what a step leaves out is as it was before. */
interface Step {
  /** By name; null is a file that cannot be read. The folder is /registry. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly missing?: string;
  readonly secrets?: Readonly<Record<string, string>>;
}

type Shown = keyof RegistryView | "ids" | "endpoints";

interface Case extends Step {
  readonly environment?: Readonly<Record<string, string>>;
  readonly show?: readonly Shown[];
  readonly then?: readonly Step[];
}

golden("test/testdata/registry", (input: Case) => {
  const world = makeWorld(input.environment ?? {});
  const views = [input, ...input.then ?? []].map((step) => shown(world.read(step), input.show ?? ["ids", "problems"]));
  return views.length === 1 ? views[0] : views;
});

describe("registry: what does not change stays the same object", () => {
  const many = (changed: string): string => Array.from({ length: 20 }, (_, index) => `s${index}:\n  endpoint: http://h${index}:80\n  description: ${index === 7 ? changed : "same"}\n`).join("");

  it("a change of one entry leaves the other servers alone", () => {
    const world = makeWorld({});
    const before = world.read({ files: { "a.yaml": many("one") } });
    const after = world.read({ files: { "a.yaml": many("two") } });
    expect(after.servers.filter((mcpServer, index) => mcpServer !== before.servers[index]).map(({ id }) => id)).to.deep.equal(["s7"]);
    expect(after.gateway).to.equal(before.gateway);
  });

  it("nothing changed gives the same view", () => {
    const world = makeWorld({});
    const before = world.read({ files: { "a.yaml": many("one") } });
    expect(world.read({ files: { "a.yaml": many("one") } })).to.equal(before);
  });

  it("an entry that is only written differently is the same server", () => {
    const world = makeWorld({});
    const before = world.read({ files: { "a.yaml": "a: {endpoint: 'http://h:80'} # one\n" } });
    const after = world.read({ files: { "a.yaml": "# moved\na:\n  type: http\n  url: http://h:80\n" } });
    expect(after.servers[0]).to.equal(before.servers[0]);
  });

  it("a file with anchors is parsed as a whole, and its unchanged servers are the same too", () => {
    const world = makeWorld({});
    const text = (description: string): string => `a: &a\n  endpoint: http://h:80\nb:\n  <<: *a\n  description: ${description}\n`;
    const before = world.read({ files: { "a.yaml": text("one") } });
    const after = world.read({ files: { "a.yaml": text("two") } });
    expect(after.servers[0]).to.equal(before.servers[0]);
    expect(after.servers[1]).not.to.equal(before.servers[1]);
  });

  it("another port of the gateway changes no server, another default of its auth changes those without their own", () => {
    const world = makeWorld({});
    const text = (gateway: string): string => `${gateway}servers:\n  a: {endpoint: http://h:80}\n  b: {endpoint: http://h:81, auth: off}\n`;
    const first = world.read({ files: { "a.yaml": text("") } });
    const port = world.read({ files: { "a.yaml": text("gateway: {port: 8080}\n") } });
    expect(port.servers).to.equal(first.servers);
    const auth = world.read({ files: { "a.yaml": text("gateway: {auth: {api_keys: [{client: me, key: k}]}}\n") } });
    expect(auth.servers[0]?.policy.auth).to.deep.equal({ kind: "api_keys", keys: [{ client: "me", key: "k" }] });
    expect(auth.servers[1]).to.equal(first.servers[1]);
  });

  it("json is read entry by entry as well", () => {
    const world = makeWorld({});
    const text = (description: string): string => JSON.stringify({ mcpServers: { a: { url: "http://h:80" }, b: { url: "http://h:81", description } } }, null, 2);
    const before = world.read({ files: { "a.json": text("one") } });
    const after = world.read({ files: { "a.json": text("two") } });
    expect(after.servers[0]).to.equal(before.servers[0]);
    expect(after.servers[1]?.description).to.equal("two");
  });
});

describe("registry: garbage", () => {
  const garbage: Readonly<Record<string, () => Buffer>> = {
    "5 MB of one line": () => Buffer.alloc(5_000_000, "x"),
    "5 MB of lines": () => Buffer.from("lorem ipsum dolor\n".repeat(280_000)),
    "5 MB that begin like a registry": () => Buffer.from(`a:\n${"  ]}[{ : - &x *y !z\n".repeat(250_000)}`),
    "5 MB of keys": () => Buffer.from(Array.from({ length: 300_000 }, (_, index) => `k${index}: [\n`).join("")),
    "5 MB of brackets": () => Buffer.alloc(5_000_000, "["),
    "5 MB of zeros": () => Buffer.alloc(5_000_000),
    "5 MB of bytes that are no text": () => Buffer.alloc(5_000_000, 0xfe),
    "an array": () => Buffer.from("[1, 2]"),
    "a text": () => Buffer.from("hello"),
    "deep brackets in an entry": () => Buffer.from(`a: ${"[".repeat(100_000)}`),
  };
  for (const name of ["registry.yaml", "registry.json"]) {
    for (const [what, make] of Object.entries(garbage)) {
      it(`${what} as ${name} is a few problems, and what was in force stays`, () => {
        const world = makeWorld({});
        const good = name.endsWith("json") ? '{"a": {"endpoint": "http://h:80"}}' : "a: {endpoint: http://h:80}\n";
        const before = world.read({ files: { [name]: good } });
        const after = world.readBytes(name, make());
        expect(after.servers).to.equal(before.servers);
        expect(after.problems.length).to.be.within(1, 101);
        expect(after.problems.every(({ severity, what: says }) => severity === "error" && says.length < 300)).to.equal(true);
      });
    }
  }

  it("ten thousand bad entries are a hundred problems and a number", () => {
    const text = Array.from({ length: 10_000 }, (_, index) => `s${index}: {endpoint: nowhere}\n`).join("");
    const { problems } = makeWorld({}).read({ files: { "a.yaml": text } });
    expect(problems).to.have.length(101);
    expect(problems.at(-1)?.what).to.equal("and 9900 more problems");
  });
});

function makeWorld(environment: Readonly<Record<string, string>>): { read: (step: Step) => RegistryView; readBytes: (name: string, bytes: Buffer) => RegistryView } {
  const files = new Map<string, string | null>();
  const secrets = new Map<string, FileText>();
  const lookUpFile = (path: string): FileText => secrets.get(path) ?? missing;
  const missing: FileText = { kind: "unreadable", why: "there is no such file or folder" };
  const registry = new Registry({ environment, lookUpFile });
  const view = (root: RegistryRoot): RegistryView => registry.read([root]).view;
  return {
    read(step) {
      for (const [name, text] of Object.entries(step.files ?? {})) files.set(name, text);
      for (const [path, text] of Object.entries(step.secrets ?? {})) secrets.set(path, { kind: "text", text });
      if (step.missing !== undefined) return view({ path: "/registry", found: { kind: "missing", why: step.missing } });
      return view({
        path: "/registry",
        found: {
          kind: "files",
          isFolder: true,
          files: [...files].map(([name, text]) => ({
            path: name,
            folder: "/registry",
            read: text === null ? { kind: "unreadable", why: "permission denied" } : { kind: "bytes", bytes: Buffer.from(text) },
          })),
        },
      });
    },
    readBytes: (name, bytes) => view({ path: "/registry", found: { kind: "files", isFolder: false, files: [{ path: name, folder: "/registry", read: { kind: "bytes", bytes } }] } }),
  };
}

function shown(view: RegistryView, fields: readonly Shown[]): unknown {
  return Object.fromEntries(fields.map((field) => [field, field === "ids" ? view.servers.map(({ id }) => id) : field === "endpoints" ? endpoints(view) : view[field]]));
}

function endpoints({ servers }: RegistryView): unknown {
  return Object.fromEntries(servers.map(({ id, runsAs }) => [id, runsAs.kind === "http" ? runsAs.endpoints.map(({ host, port }) => `${host}:${port}`).join() : runsAs.command.join(" ")]));
}
