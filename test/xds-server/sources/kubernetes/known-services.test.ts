/** Services and EndpointSlices → what is known of them: golden cases, and that the order of events does not matter. */

import { expect } from "chai";
import fc from "fast-check";
import type { HttpEndpoint, KubernetesService } from "../../../../xds-server/model/model.js";
import { toService, toSlice } from "../../../../xds-server/sources/kubernetes/endpoint-slices.js";
import { KnownServices, type Services } from "../../../../xds-server/sources/kubernetes/known-services.js";
import { golden } from "../../../golden.js";

interface Named { readonly metadata: { readonly name: string; readonly namespace: string } }

/** As the API server sends them; what a step leaves out stays, and null is gone. */
interface Step {
  readonly services?: Readonly<Record<string, object | null>>;
  readonly slices?: Readonly<Record<string, object | null>>;
}

interface Case extends Step { readonly discovers?: boolean; readonly then?: readonly Step[] }

golden("test/testdata/kubernetes-services", ({ discovers = false, then = [], ...first }: Case) => {
  const known = new KnownServices(discovers);
  const seen = [first, ...then].map((step) => {
    takeStep(known, step);
    return shown(known.read());
  });
  return seen.length === 1 ? seen[0] : seen;
});

function takeStep(known: KnownServices, { services = {}, slices = {} }: Step): void {
  known.takeServices(objectsOf(services, toService), Object.keys(services));
  known.takeSlices(objectsOf(slices, toSlice), Object.keys(slices));
}

/** By `namespace/name`, which the case need not say twice. */
function objectsOf<T>(objects: Readonly<Record<string, object | null>>, read: (object: object) => T): ReadonlyMap<string, T> {
  return new Map(Object.entries(objects).flatMap(([key, object]) => {
    if (object === null) return [];
    const [namespace = "", name = ""] = key.split("/");
    const { metadata, ...rest } = object as Partial<Named>;
    return [[key, read({ metadata: { namespace, name, ...metadata }, ...rest })] as const];
  }));
}

function shown({ namespaces, discovered, problems }: Services): unknown {
  return {
    services: Object.fromEntries([...namespaces].flatMap(([namespace, services]) => [...services].map(([name, service]) => [`${namespace}/${name}`, shownService(service)] as const))),
    ...(discovered.length === 0 ? {} : { discovered: discovered.map(({ mcpServer: { id }, where }) => `${id}: ${where}`) }),
    ...(problems.length === 0 ? {} : { problems }),
  };
}

function shownService({ ports, externalName }: KubernetesService): unknown {
  return {
    ...(externalName === undefined ? {} : { externalName }),
    ports: Object.fromEntries(ports.map(({ name, port, endpoints }) => [`${name ?? ""}:${port}`, endpoints.map(shownEndpoint)])),
  };
}

function shownEndpoint({ host, port, zone, health }: HttpEndpoint): string {
  return `${host} ${port}${zone === undefined ? "" : ` in ${zone}`}${health === "healthy" ? "" : ` ${health ?? ""}`}`;
}

describe("kubernetes: what is known of Services", () => {
  const service = (name: string): readonly [string, object] => [`ns/${name}`, { metadata: { name, namespace: "ns" }, spec: { ports: [{ name: "mcp", port: 80 }] } }];
  const address = fc.integer({ min: 1, max: 6 }).map((last) => `10.0.0.${last}`);
  const endpoint = fc.record({
    addresses: fc.tuple(address),
    conditions: fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }, { requiredKeys: [] }),
    targetRef: fc.record({ kind: fc.constant("Pod"), uid: fc.constantFrom("u1", "u2", "u3", "u4") }),
  });
  const slice = fc.record({
    owner: fc.constantFrom("a", "b", undefined),
    addressType: fc.constantFrom("IPv4", "IPv6"),
    endpoints: fc.array(endpoint, { maxLength: 4 }),
    port: fc.integer({ min: 8080, max: 8082 }),
  }).map(({ owner, port, ...rest }) => ({ metadata: { labels: owner === undefined ? {} : { "kubernetes.io/service-name": owner } }, ports: [{ name: "mcp", port }], ...rest }));
  const event = fc.oneof(
    fc.record({ slices: fc.dictionary(fc.constantFrom("ns/s1", "ns/s2", "ns/s3", "ns/s4"), fc.option(slice), { minKeys: 1, maxKeys: 1 }) }),
    fc.record({ services: fc.constantFrom("a", "b").chain((name) => fc.constantFrom<Readonly<Record<string, object | null>>>(Object.fromEntries([service(name)]), { [`ns/${name}`]: null })) }),
  );

  it("any way there leads to the same, read on the way or not", () => {
    fc.assert(fc.property(fc.array(event, { maxLength: 30 }), fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (events, reads) => {
      const travelled = new KnownServices(false);
      events.forEach((step, index) => {
        takeStep(travelled, step);
        if (reads[index] === true) travelled.read();
      });
      // The same end, reached at once, and slices first.
      const end = events.reduce<Required<Step>>(({ services, slices }, step: Step) => ({ services: { ...services, ...step.services }, slices: { ...slices, ...step.slices } }), { services: {}, slices: {} });
      const direct = new KnownServices(false);
      takeStep(direct, { slices: Object.fromEntries(Object.entries(end.slices).reverse()) });
      takeStep(direct, { services: end.services });
      expect(sorted(travelled.read())).to.deep.equal(sorted(direct.read()));
    }), { numRuns: 300 });
  });

  it("no address is there twice", () => {
    fc.assert(fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      const known = new KnownServices(false);
      for (const step of events) takeStep(known, step);
      for (const services of known.read().namespaces.values()) {
        for (const { ports } of services.values()) {
          for (const { endpoints } of ports) expect(new Set(endpoints.map(({ host, port }) => `${host}:${port}`)).size).to.equal(endpoints.length);
        }
      }
    }), { numRuns: 300 });
  });

  it("a change of one Service leaves the objects of the others as they are", () => {
    const known = new KnownServices(false);
    const slices = (last: number): Step => ({ slices: { "ns/s1": { metadata: { labels: { "kubernetes.io/service-name": "a" } }, addressType: "IPv4", ports: [{ name: "mcp", port: 1 }], endpoints: [{ addresses: [`10.0.0.${last}`] }] } } });
    takeStep(known, { services: Object.fromEntries([service("a"), service("b")]), ...slices(1) });
    const before = known.read();
    takeStep(known, slices(1));
    expect(known.read()).to.equal(before);
    takeStep(known, slices(2));
    const after = known.read();
    expect(after.namespaces.get("ns")?.get("b")).to.equal(before.namespaces.get("ns")?.get("b"));
    expect(after.namespaces.get("ns")?.get("a")).not.to.equal(before.namespaces.get("ns")?.get("a"));
    expect(after.discovered).to.equal(before.discovered);
  });

  it("of a namespace that is forgotten nothing stays", () => {
    const known = new KnownServices(true);
    takeStep(known, { services: { "ns/a": { metadata: { labels: { "app.kubernetes.io/component": "mcp-server" } }, spec: { ports: [{ port: 80 }] } } } });
    expect(known.read().discovered).to.have.length(1);
    known.forget("ns");
    expect(shown(known.read())).to.deep.equal({ services: {} });
  });
});

/** Maps by their keys: which came first says nothing. */
function sorted({ namespaces }: Services): unknown {
  return [...namespaces].map(([namespace, services]) => [namespace, [...services].sort(([a], [b]) => (a < b ? -1 : 1))]).filter(([, services]) => services?.length !== 0);
}
