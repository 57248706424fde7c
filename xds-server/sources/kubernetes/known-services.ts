/** What is known of the Services of all watched namespaces, changed in place by what the watches tell; a change costs its Service only. */

import type { DiscoveredServer, HttpEndpoint, KubernetesPort, KubernetesService, Problem } from "../../model/model.js";
import { readAnnotations, type Told } from "./annotations.js";
import { toKubernetesService, type Service, type Slice } from "./endpoint-slices.js";

export interface Services {
  /** By namespace, then by name. */
  readonly namespaces: ReadonlyMap<string, ReadonlyMap<string, KubernetesService>>;
  /** The oldest first. */
  readonly discovered: readonly DiscoveredServer[];
  readonly problems: readonly Problem[];
}

interface KnownService {
  service?: Service;
  /** Keys of its slices. */
  readonly slices: Set<string>;
  built?: KubernetesService;
}

/** What a Service's annotations tell, and the last of it that could be used. */
interface KnownTold { readonly by: Service; readonly told: Told; readonly lastGood: DiscoveredServer | undefined }

export class KnownServices {
  readonly #discovers: boolean;
  /** By `namespace/name`, like all keys here. */
  readonly #services = new Map<string, KnownService>();
  readonly #slices = new Map<string, Slice>();
  readonly #told = new Map<string, KnownTold>();
  readonly #changed = new Set<string>();
  #now: Services = { namespaces: new Map(), discovered: [], problems: [] };

  /** `discovers`: whether labelled Services are servers by themselves. */
  constructor(discovers: boolean) {
    this.#discovers = discovers;
  }

  /** `changed`: keys of `services` that came, changed or went. */
  takeServices(services: ReadonlyMap<string, Service>, changed: Iterable<string>): void {
    for (const key of changed) {
      const service = services.get(key);
      const known = this.#of(key);
      if (service === undefined) delete known.service;
      else known.service = service;
    }
  }

  takeSlices(slices: ReadonlyMap<string, Slice>, changed: Iterable<string>): void {
    for (const key of changed) {
      const before = this.#slices.get(key)?.service;
      const slice = slices.get(key);
      if (slice === undefined) this.#slices.delete(key);
      else this.#slices.set(key, slice);
      // A slice may be of another Service than it was.
      if (before !== undefined && before !== slice?.service) this.#of(before).slices.delete(key);
      if (slice?.service !== undefined) this.#of(slice.service).slices.add(key);
    }
  }

  /** Of a namespace that is no longer watched nothing is known any more. */
  forget(namespace: string): void {
    const isThere = (key: string): boolean => key.startsWith(`${namespace}/`);
    this.takeSlices(new Map(), [...this.#slices.keys()].filter(isThere));
    this.takeServices(new Map(), [...this.#services.keys()].filter(isThere));
  }

  /** The same object as long as nothing has changed, and the same objects in it for what has not. */
  read(): Services {
    const namespaces = new Map(this.#now.namespaces);
    const own = new Map<string, Map<string, KubernetesService>>();
    let tellsOtherwise = false;
    for (const key of this.#changed) {
      const known = this.#services.get(key);
      tellsOtherwise = this.#listen(key, known?.service) || tellsOtherwise;
      const before = known?.built;
      const [namespace = "", name = ""] = key.split("/");
      if (known?.service === undefined) delete known?.built;
      else known.built = sameOrNew(before, toKubernetesService(known.service, this.#slicesOf(known)));
      if (known !== undefined && known.service === undefined && known.slices.size === 0) this.#services.delete(key);
      if (known?.built === before) continue;
      const services = own.get(namespace) ?? new Map(namespaces.get(namespace));
      own.set(namespace, services);
      if (known?.built === undefined) services.delete(name);
      else services.set(name, known.built);
      if (services.size === 0) namespaces.delete(namespace);
      else namespaces.set(namespace, services);
    }
    this.#changed.clear();
    if (own.size > 0 || tellsOtherwise) this.#now = { ...this.#now, namespaces: own.size > 0 ? namespaces : this.#now.namespaces, ...(tellsOtherwise ? this.#allTold() : {}) };
    return this.#now;
  }

  #of(key: string): KnownService {
    this.#changed.add(key);
    const known = this.#services.get(key) ?? { slices: new Set<string>() };
    this.#services.set(key, known);
    return known;
  }

  #slicesOf({ slices }: KnownService): readonly Slice[] {
    return [...slices].sort().flatMap((key) => this.#slices.get(key) ?? []);
  }

  /** True: the Service tells something else than before. */
  #listen(key: string, service: Service | undefined): boolean {
    const before = this.#told.get(key);
    if (before?.by === service) return false;
    if (!this.#discovers || service?.annotations === undefined) return this.#told.delete(key);
    const told = readAnnotations(service);
    const lastGood = told.outcome.kind === "good" ? told.outcome.server : told.outcome.kind === "bad" ? before?.lastGood : undefined;
    this.#told.set(key, { by: service, told, lastGood });
    return true;
  }

  #allTold(): Pick<Services, "discovered" | "problems"> {
    const sorted = [...this.#told].sort(([keyA, a], [keyB, b]) => compare(a.by.createdAt, b.by.createdAt) || compare(keyA, keyB)).map(([, told]) => told);
    return { discovered: sorted.flatMap(({ lastGood }) => lastGood ?? []), problems: sorted.flatMap(({ told }) => told.problems) };
  }
}

function sameOrNew(before: KubernetesService | undefined, after: KubernetesService): KubernetesService {
  if (before === undefined) return after;
  const ports = after.ports.map((port, index): KubernetesPort => {
    const known = before.ports.find(({ name, port: number }) => name === port.name && number === port.port);
    if (known === undefined || !areSame(known.endpoints, port.endpoints)) return port;
    return before.ports[index] === known ? known : { ...port, endpoints: known.endpoints };
  });
  const isSame = before.externalName === after.externalName && before.ports.length === ports.length && ports.every((port, index) => port === before.ports[index]);
  return isSame ? before : { ...after, ports };
}

function areSame(before: readonly HttpEndpoint[], after: readonly HttpEndpoint[]): boolean {
  return before.length === after.length && after.every(({ host, port, zone, health }, index) => {
    const other = before[index];
    return other?.host === host && other.port === port && other.zone === zone && other.health === health;
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
