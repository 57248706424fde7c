/** The registry over time: files in, a whole view out; what did not change is the same object as before. */

import { isDeepStrictEqual } from "node:util";
import type { McpServer, Problem, RegistryView, ServerDefaults } from "../../model/model.js";
import { checkEntry, type CheckedEntry, type Templates } from "./entry.js";
import type { FileText, Surroundings } from "./expansion.js";
import { checkGateway, defaultSettings, type CheckedGateway, type GatewaySettings } from "./gateway.js";
import { readFile, toProblem, type FileInput, type RegistryFile } from "./registry-file.js";
import type { RegistryNode } from "./registry-node.js";
import type { Piece, PieceReading } from "./piece.js";
import { toMcpServer } from "./to-mcp-server.js";

/** One of the paths that the registry was given: the files found there, or why there are none. */
export interface RegistryRoot {
  readonly path: string;
  readonly found: { readonly kind: "files"; readonly files: readonly FileInput[]; readonly isFolder: boolean } | { readonly kind: "missing"; readonly why: string };
}

export interface RegistryOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The same object as long as the file is the same. */
  readonly lookUpFile: (path: string) => FileText;
  /** Nobody waits for what is not there yet. */
  readonly isReadOnce?: boolean;
}

export interface RegistryNow {
  /** The same object as long as nothing changed. */
  readonly view: RegistryView;
  /** False: the registry wants to be read once and for all. */
  readonly reloads: boolean;
  /** Files whose present content cannot be used: perhaps somebody is still writing them. */
  readonly brokenFiles: readonly RegistryFile[];
}

interface Known {
  readonly isClientEntry: boolean;
  readonly checked: CheckedEntry;
  /** What was made of it, as long as the gateway's defaults are these. */
  made?: { readonly defaults: ServerDefaults; readonly mcpServer: McpServer };
}

const noIds: readonly string[] = [];
/** Somebody who has broken everything is not helped by more. */
const maxProblems = 100;

export class Registry {
  readonly #options: RegistryOptions;
  #files: ReadonlyMap<string, readonly RegistryFile[]> = new Map();
  /** By id, those with a good entry. */
  #inForce: ReadonlyMap<string, Known> = new Map();
  #goodSettings: GatewaySettings | undefined;
  #settings: GatewaySettings = defaultSettings;
  #view: RegistryView = { kind: "registry", gateway: defaultSettings.gateway, servers: [], unservedIds: [], defaults: defaultSettings.defaults, problems: [] };
  #sortedIds: readonly string[] = [];
  /** Of all entries, served or not. */
  #ids: ReadonlySet<string> = new Set();
  /** By what was read: an entry whose text and surroundings did not change is not checked again. */
  readonly #known = new WeakMap<PieceReading, Known>();
  readonly #checkedGateways = new WeakMap<PieceReading, CheckedGateway>();
  /** The servers of the view before by id, while a view is made and somebody asks. */
  #serversBefore: ReadonlyMap<string, McpServer> | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  read(roots: readonly RegistryRoot[]): RegistryNow {
    const problems: Problem[] = [];
    this.#files = new Map(roots.map((root) => [root.path, this.#readRoot(root, problems)] as const));
    const files = [...this.#files.values()].flat();
    const templates = collectTemplates(files, problems);
    this.#takeGateway(files, problems);
    this.#inForce = this.#takeEntries(files, templates, problems);
    const servers = this.#makeServers(this.#inForce);
    this.#view = this.#keptOrNew(servers, this.#unservedIds(servers), bounded(problems));
    this.#serversBefore = undefined;
    return { view: this.#view, reloads: this.#settings.reloads, brokenFiles: files.filter(({ isBroken }) => isBroken) };
  }

  #readRoot({ path, found }: RegistryRoot, problems: Problem[]): readonly RegistryFile[] {
    const before = this.#files.get(path) ?? [];
    if (found.kind === "missing") {
      const hint = before.length === 0 ? this.#options.isReadOnce === true ? "name a file or a folder that is there" : "it is read as soon as it is there" : "what it said before stays in force until it is back";
      problems.push({ severity: "error", where: path, what: `cannot be read: ${found.why}`, hint });
      return before;
    }
    if (found.isFolder && found.files.length === 0) {
      problems.push({ severity: "warning", where: path, what: "the folder holds no registry files", hint: "files that end in .yaml, .yml or .json are read" });
    }
    const byPath = new Map(before.map((file) => [file.path, file]));
    return found.files.map((input) => {
      const file = readFile(input, byPath.get(input.path));
      problems.push(...file.problems);
      return file;
    });
  }

  #takeGateway(files: readonly RegistryFile[], problems: Problem[]): void {
    const [first, ...others] = files.flatMap((file) => file.good?.content.gateway === undefined ? [] : [{ file, good: file.good, piece: file.good.content.gateway }]);
    for (const { file, good, piece } of others) {
      const place = first === undefined ? "" : ` (${placeOf(first.file, first.piece)})`;
      problems.push(toProblem({ severity: "error", offset: piece.start + piece.reading.keyOffset, what: `there is another gateway section${place}: that one stays in force`, hint: "keep one of the two" }, file.path, good.places));
    }
    if (first === undefined) {
      this.#goodSettings = undefined;
      this.#settings = this.#sameSettings(defaultSettings);
      return;
    }
    const checked = this.#checkGateway(first.piece, this.#surroundings(first.file));
    // The places of what stays in force are places in a text that is gone.
    if (!first.file.isBroken) problems.push(...checked.findings.map((finding) => toProblem(shifted(finding, first.piece), first.file.path, first.good.places)));
    if (checked.isGood) this.#goodSettings = checked.settings;
    this.#settings = this.#sameSettings(checked.isGood ? checked.settings : this.#goodSettings ?? checked.settings);
  }

  #checkGateway(piece: Piece, surroundings: Surroundings): CheckedGateway {
    const before = this.#checkedGateways.get(piece.reading);
    if (before !== undefined && this.#areSame(before.files)) return before;
    const checked = checkGateway(piece, surroundings);
    this.#checkedGateways.set(piece.reading, checked);
    return checked;
  }

  /** Servers are made anew only when the defaults are others, not when they are read anew. */
  #sameSettings(settings: GatewaySettings): GatewaySettings {
    const { gateway, defaults } = this.#settings;
    const nextDefaults: ServerDefaults = settings.keepsOut === "none" ? settings.defaults : { ...settings.defaults, isClosed: true };
    return {
      ...settings,
      gateway: isDeepStrictEqual(gateway, settings.gateway) ? gateway : settings.gateway,
      defaults: isDeepStrictEqual(defaults, nextDefaults) ? defaults : nextDefaults,
    };
  }

  #takeEntries(files: readonly RegistryFile[], templates: Templates, problems: Problem[]): ReadonlyMap<string, Known> {
    const inForce = new Map<string, Known>();
    const owners = new Map<string, { readonly file: RegistryFile; readonly piece: Piece }>();
    for (const file of files) {
      if (file.good === undefined) continue;
      const { content, places } = file.good;
      const surroundings = this.#surroundings(file);
      for (const { pieces, areClientEntries } of content.servers) {
        for (const piece of pieces) {
          const { name: id, start, reading } = piece;
          const owner = owners.get(id);
          if (owner !== undefined) {
            problems.push(toProblem({ severity: "error", offset: start + reading.keyOffset, what: `the id "${id}" is taken already, by ${placeOf(owner.file, owner.piece)}: that one stays in force`, hint: "rename one of the two" }, file.path, places, id));
            continue;
          }
          owners.set(id, { file, piece });
          const known = this.#check(piece, areClientEntries, templates, surroundings);
          const { outcome, findings } = known.checked;
          // The places of what stays in force are places in a text that is gone.
          if (!file.isBroken) for (const finding of findings) problems.push(toProblem(shifted(finding, piece), file.path, places, id));
          const counting = outcome.kind === "good" ? known : outcome.kind === "bad" ? this.#inForce.get(id) : undefined;
          if (counting !== undefined) inForce.set(id, counting);
        }
      }
    }
    this.#ids = new Set(owners.keys());
    return inForce;
  }

  #check(piece: Piece, isClientEntry: boolean, templates: Templates, surroundings: Surroundings): Known {
    const { reading } = piece;
    const before = this.#known.get(reading);
    if (before !== undefined && before.isClientEntry === isClientEntry && this.#areSame(before.checked.files)
      && (before.checked.template === undefined || templates.get(before.checked.template.name) === before.checked.template.node)) return before;
    const known: Known = { isClientEntry, checked: checkEntry(piece, isClientEntry, templates, surroundings) };
    this.#known.set(reading, known);
    reading.forget();
    return known;
  }

  #makeServers(inForce: ReadonlyMap<string, Known>): readonly McpServer[] {
    const { defaults, keepsOut } = this.#settings;
    if (this.#sortedIds.length !== inForce.size || !this.#sortedIds.every((id) => inForce.has(id))) this.#sortedIds = [...inForce.keys()].sort();
    const mcpServers: McpServer[] = [];
    for (const id of this.#sortedIds) {
      const known = inForce.get(id);
      if (known === undefined || known.checked.outcome.kind !== "good" || keepsOut === "all servers") continue;
      const { entry } = known.checked.outcome;
      if (keepsOut === "servers without auth" && entry.fields.auth === undefined) continue;
      if (known.made?.defaults !== defaults) known.made = { defaults, mcpServer: this.#sameServer(toMcpServer(id, entry, defaults)) };
      mcpServers.push(known.made.mcpServer);
    }
    return mcpServers;
  }

  /** An entry that was only written differently is the same server. */
  #sameServer(mcpServer: McpServer): McpServer {
    if (this.#serversBefore === undefined) this.#serversBefore = new Map(this.#view.servers.map((before) => [before.id, before]));
    const before = this.#serversBefore.get(mcpServer.id);
    return before !== undefined && isDeepStrictEqual(before, mcpServer) ? before : mcpServer;
  }

  #unservedIds(servers: readonly McpServer[]): readonly string[] {
    if (servers.length === this.#ids.size) return noIds;
    const served = new Set(servers.map(({ id }) => id));
    return [...this.#ids].filter((id) => !served.has(id)).sort();
  }

  #keptOrNew(servers: readonly McpServer[], unservedIds: readonly string[], problems: readonly Problem[]): RegistryView {
    const before = this.#view;
    const { gateway, defaults } = this.#settings;
    const sameServers = before.servers.length === servers.length && servers.every((mcpServer, index) => mcpServer === before.servers[index]);
    const sameProblems = isDeepStrictEqual(before.problems, problems);
    const sameIds = isDeepStrictEqual(before.unservedIds, unservedIds);
    if (sameServers && sameProblems && sameIds && gateway === before.gateway && defaults === before.defaults) return before;
    return { kind: "registry", gateway, servers: sameServers ? before.servers : servers, unservedIds: sameIds ? before.unservedIds : unservedIds, defaults, problems: sameProblems ? before.problems : problems };
  }

  #areSame(files: ReadonlyMap<string, FileText>): boolean {
    if (files.size === 0) return true;
    for (const [path, text] of files) if (this.#options.lookUpFile(path) !== text) return false;
    return true;
  }

  #surroundings({ folder }: RegistryFile): Surroundings {
    return { ...this.#options, folder };
  }
}

function collectTemplates(files: readonly RegistryFile[], problems: Problem[]): Templates {
  const templates = new Map<string, RegistryNode>();
  const owners = new Map<string, string>();
  for (const file of files) {
    for (const piece of file.good?.content.templates ?? []) {
      const owner = owners.get(piece.name);
      if (owner === undefined) {
        owners.set(piece.name, placeOf(file, piece));
        templates.set(piece.name, piece.reading.node);
      } else if (file.good !== undefined) {
        problems.push(toProblem({ severity: "error", offset: piece.start + piece.reading.keyOffset, what: `the template "${piece.name}" is there already (${owner}): that one stays in force`, hint: "rename one of the two" }, file.path, file.good.places));
      }
    }
  }
  return templates;
}

function placeOf({ path, good }: RegistryFile, { start, reading }: Piece): string {
  return `${path}:${good?.places.at(start + reading.keyOffset) ?? ""}`;
}

function shifted<T extends { readonly offset: number }>(finding: T, piece: Piece): T {
  return { ...finding, offset: finding.offset + piece.start };
}

function bounded(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= maxProblems) return problems;
  const rest = problems.length - maxProblems;
  return [...problems.slice(0, maxProblems), { severity: "error", where: "registry", what: `and ${rest} more problems`, hint: "the first ones are shown; mend them first" }];
}
