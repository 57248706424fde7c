/** The import rules of the house: (path, text) of every source file → sentences about what breaks a rule. */

import { dirname, join } from "node:path/posix";
import ts from "typescript";

/** Text by path; paths are relative to the project's root, with slashes. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  /** The path inside the project, or the package's name. */
  readonly to: string;
}

const bridgeLine = ["http", "session", "pool", "process", "jsonrpc"].map((folder) => `stdio-bridge/${folder}/`);
const sideRooms = ["sources", "translate", "serve"].map((folder) => `xds-server/${folder}/`);
const programs = ["xds-server/", "stdio-bridge/"];
const generated = "protos/gen/";
/** Values in, values out: a clock, randomness or waiting would make the same input give another answer tomorrow. */
const pure = [
  "xds-server/model/",
  "xds-server/translate/",
  "xds-server/lifecycle/plan/",
  "xds-server/serve/conversation.ts",
  "xds-server/serve/sotw.ts",
  "xds-server/serve/delta.ts",
  "xds-server/serve/subscription.ts",
  ...["autoscaler", "endpoints", "input-checks", "lifecycle-error", "objects", "server-events", "server-status", "wire"].map((name) => `xds-server/lifecycle/${name}.ts`),
  "stdio-bridge/http/mcp-request.ts",
  "stdio-bridge/pool/pool-policy.ts",
  "stdio-bridge/process/backoff.ts",
];

export function violations(sources: Sources): readonly string[] {
  const parsed = [...sources]
    .filter(([path]) => !path.startsWith(generated))
    .map(([path, text]) => ({ path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023) }));
  const imports = parsed.flatMap(({ path, text }) => importsOf(path, text));
  return [
    ...imports.filter(({ from }) => !isIn(from, "test/")).flatMap((one) => brokenImportRules(one).map((rule) => `${one.from} imports ${one.to}: ${rule}`)),
    ...circles(imports).map((circle) => `${circle.join(" → ")}: an import circle`),
    ...parsed.filter(({ path }) => /(^|\/)index\.[cm]?[jt]s$/.test(path)).map(({ path }) => `${path}: import from the file that has the thing instead`),
    ...parsed.filter(({ text }) => !startsWithSentence(text)).map(({ path }) => `${path}: the first line is not a comment sentence that says what the file is for`),
    ...parsed.filter(({ path }) => !mayReadEnvironment(path)).flatMap(({ path, tree }) => uses(tree, path, environment, "only config.ts and cli/ read the environment and the arguments")),
    ...parsed.filter(({ path }) => isIn(path, ...pure)).flatMap(({ path, tree }) => [
      ...uses(tree, path, impure, "a pure file gets its clock, randomness and results of waiting as arguments"),
      ...(hasAsync(tree) ? [`${path}: async in a pure file`] : []),
    ]),
  ];
}

function brokenImportRules({ from, to }: Import): readonly string[] {
  const broken: string[] = [];
  const rule = (isBroken: boolean, sentence: string): void => void (isBroken && broken.push(sentence));

  rule(isIn(from, "xds-server/model/") && !isIn(to, "xds-server/model/"), "model/ imports nothing outside model/");
  const room = sideRooms.find((folder) => isIn(from, folder));
  rule(room !== undefined && sideRooms.some((other) => other !== room && isIn(to, other)), "sources/, translate/ and serve/ meet in model/ and snapshot/ only");
  rule(to.startsWith(`${generated}envoy`) && !mayKnowEnvoy(from, to), "only translate/ and snapshot/ know Envoy's types");

  const place = bridgeLine.findIndex((folder) => isIn(from, folder));
  rule(place >= 0 && bridgeLine.slice(0, place).some((left) => isIn(to, left)), "in the bridge a folder imports only folders to its right: http, session, pool, process, jsonrpc");
  rule(isIn(from, "stdio-bridge/control/") && isIn(to, ...bridgeLine), "control/ stands apart, main joins it with the rest");
  rule(isIn(from, ...bridgeLine) && isIn(to, "stdio-bridge/control/"), "control/ stands apart, main joins it with the rest");

  const program = programs.find((folder) => isIn(from, folder));
  rule(program !== undefined && programs.some((other) => other !== program && isIn(to, other)), "the two programs meet only in protos/");
  rule(isIn(from, "protos/", "envoy/") && isIn(to, ...programs), "protos/ and envoy/ know neither program");
  rule(!isIn(from, "test/") && isIn(to, "test/"), "only tests import tests");
  return broken;
}

/** The messages of the discovery protocol itself are what both ends of a stream speak; Envoy's configuration is not. */
function mayKnowEnvoy(from: string, to: string): boolean {
  if (isIn(from, "xds-server/translate/", "xds-server/snapshot/", "protos/")) return true;
  return isIn(from, "xds-server/serve/", "stdio-bridge/control/") && /^protos\/gen\/envoy\/(service\/discovery|config\/core)\//.test(to);
}

/** A script (.mjs) is a command line of its own. */
function mayReadEnvironment(path: string): boolean {
  return isIn(path, "test/") || path.endsWith(".mjs") || path.endsWith("/config.ts") || path.includes("/cli/");
}

function isIn(path: string, ...folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(folder));
}

function importsOf(path: string, text: string): readonly Import[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => ({
    from: path,
    to: fileName.startsWith(".") ? join(dirname(path), fileName).replace(/\.js$/, ".ts") : fileName,
  }));
}

/** Each circle once, from the file in it whose name comes first. */
function circles(imports: readonly Import[]): readonly (readonly string[])[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const found = new Map<string, readonly string[]>();

  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) {
      const circle = way.slice(start);
      const first = circle.indexOf([...circle].sort()[0] ?? path);
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      found.set(turned.join(), [...turned, turned[0] ?? path]);
      return;
    }
    if (done.has(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of [...next.keys()].sort()) visit(path, []);
  return [...found.values()];
}

/** A script may have its `#!` line before the sentence, and a long sentence may begin on the comment's second line. */
function startsWithSentence(text: string): boolean {
  return /^(\/\*\*?(\n \*)? |\/\/ )\S+ \S+/.test(text.replace(/^#!.*\n/, ""));
}

const environment = /^(globalThis\.)?process\.(env|argv)$/;
const impure = /^(Date\.now|performance\.now|Math\.random|process\.hrtime|crypto\.random\w+|new Date|random\w+|setTimeout|setInterval|setImmediate|fetch)$/;

function uses(tree: ts.SourceFile, path: string, what: RegExp, sentence: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = nameOf(node, tree);
    if (name !== undefined && what.test(name)) found.push(`${path}: ${name}: ${sentence}`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** What a node names, where it is a use: `a.b`, a call of `f`, `new C()` without arguments. */
function nameOf(node: ts.Node, tree: ts.SourceFile): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.getText(tree);
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return node.expression.text;
  if (ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0) return `new ${node.expression.getText(tree)}`;
  return undefined;
}

function hasAsync(tree: ts.SourceFile): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    found ||= node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
