/** Random conversations: whatever is changed, accepted, refused or cut, in whatever order, some things always hold. */

import { expect } from "chai";
import fc from "fast-check";
import { Conversation } from "../../../xds-server/serve/conversation.js";
import type { Protocol } from "../../../xds-server/serve/discovery.js";
import { toSnapshotChanges } from "../../../xds-server/serve/snapshot-changes.js";
import { typeUrls, type Snapshot } from "../../../xds-server/snapshot/snapshot.js";
import { ModelClient, type Refusing } from "./model-client.js";
import { toSnapshot, type SmallSnapshot } from "./small-snapshot.js";

type Versions = Readonly<Record<"cluster" | "endpoints" | "scope" | "routes", string>>;
type Servers = Readonly<Record<string, Versions>>;

type Step =
  | { readonly kind: "publish"; readonly servers: Servers; readonly listener: number; readonly onDemand: boolean }
  | { readonly kind: "touch"; readonly name: string }
  | { readonly kind: "send" | "receive" | "time-out" | "reconnect" };

const names = ["a", "ab", "b", "c"] as const;
const version = fc.constantFrom("1", "1", "2", "2", "3", "bad");
/** "?": what could not be found out yet. */
const versions: fc.Arbitrary<Versions> = fc.record({ cluster: version, endpoints: fc.oneof({ weight: 4, arbitrary: version }, fc.constant("?")), scope: version, routes: version });
const servers: fc.Arbitrary<Servers> = fc.dictionary(fc.constantFrom(...names), versions);

const refusing = fc.constantFrom<Refusing>("names the bad and takes the others", "names the bad and takes nothing", "names and takes nothing");

function stepsFor(protocol: Protocol): fc.Arbitrary<readonly Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("publish" as const), servers, listener: fc.nat(2), onDemand: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("touch" as const), name: fc.constantFrom(...names) }) },
    { weight: 5, arbitrary: fc.constant({ kind: "send" as const }) },
    { weight: 5, arbitrary: fc.constant({ kind: "receive" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "time-out" as const }) },
    // A returning state-of-the-world client is not known to hold what is gone meanwhile: nothing can be promised to it.
    { weight: protocol === "delta" ? 1 : 0, arbitrary: fc.constant({ kind: "reconnect" as const }) },
  );
  return fc.array(step, { maxLength: 80 });
}

for (const protocol of ["delta", "sotw"] as const) {
  describe(`random ${protocol} conversations`, () => {
    it("end with the client in sync, nothing that leads nowhere on the way, and one unanswered response a type", () => {
      fc.assert(
        fc.property(stepsFor(protocol), servers, fc.boolean(), refusing, (steps, last, onDemand, how) => run(protocol, steps, toSmallSnapshot(withoutBad(last), 9, onDemand), how)),
        { numRuns: 1000 },
      );
    });
  });
}

function run(protocol: Protocol, steps: readonly Step[], good: SmallSnapshot, how: Refusing): void {
  let snapshot: Snapshot | undefined;
  const newConversation = (): Conversation => new Conversation({ snapshot, patienceMs: 1 });
  const client = new ModelClient(protocol, how, newConversation());
  const publish = (small: SmallSnapshot): void => {
    const before = snapshot;
    snapshot = toSnapshot(small);
    client.hear({ kind: "snapshot", snapshot, changes: toSnapshotChanges(before, snapshot) });
  };

  for (const step of steps) {
    switch (step.kind) {
      case "publish": publish(toSmallSnapshot(step.servers, step.listener, step.onDemand)); break;
      case "touch": client.touch(step.name); break;
      case "send": client.sendNext(); break;
      case "receive": client.receiveNext(); break;
      case "time-out": client.timeOut(endpointsOf(snapshot)); break;
      case "reconnect": client.reconnect(newConversation()); break;
    }
  }

  publish(good);
  for (const name of names) client.touch(name);
  let turns = 0;
  for (; !client.isIdle; turns += 1) {
    expect(turns, "the conversation does not come to rest").to.be.lessThan(200);
    client.sendNext();
    client.receiveNext();
    if (client.isIdle) client.timeOut(endpointsOf(snapshot));
  }
  for (const type of ["cluster", "endpoints", "listener", "scope", "routes"] as const) {
    expect(Object.fromEntries(client.held.get(typeUrls[type]) ?? []), type).to.deep.equal(good[type]);
  }
}

function endpointsOf(snapshot: Snapshot | undefined): ReadonlyMap<string, unknown> {
  return snapshot?.byType.get(typeUrls.endpoints) ?? new Map<string, unknown>();
}

function toSmallSnapshot(all: Servers, listener: number, onDemand: boolean): SmallSnapshot {
  const of = (type: keyof Versions): Record<string, string> => Object.fromEntries(Object.entries(all).map(([name, server]) => [name, server[type]]));
  return { cluster: of("cluster"), endpoints: of("endpoints"), scope: of("scope"), routes: of("routes"), listener: { gateway: String(listener) }, guessed: Object.keys(all).filter((name) => all[name]?.endpoints === "?"), ...(onDemand ? { eagerClusters: [] } : {}) };
}

function withoutBad(all: Servers): Servers {
  const better = (one: string): string => (one === "bad" || one === "?" ? "good" : one);
  return Object.fromEntries(Object.entries(all).map(([name, server]) => [name, {
    cluster: better(server.cluster), endpoints: better(server.endpoints), scope: better(server.scope), routes: better(server.routes),
  }]));
}
