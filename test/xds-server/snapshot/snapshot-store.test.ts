/** The store: who listens hears of every snapshot from then on, and of none after leaving. */

import { expect } from "chai";
import { SnapshotStore } from "../../../xds-server/snapshot/snapshot-store.js";
import type { Snapshot } from "../../../xds-server/snapshot/snapshot.js";

describe("SnapshotStore", () => {
  it("has nothing before the first, then the last published", () => {
    const store = new SnapshotStore();
    expect(store.current).to.equal(undefined);
    const [one, two] = [makeEmpty(), makeEmpty()];
    store.publish(one);
    store.publish(two);
    expect(store.current).to.equal(two);
  });

  it("tells each listener of what is published while it listens", () => {
    const store = new SnapshotStore();
    const [one, two, three] = [makeEmpty(), makeEmpty(), makeEmpty()];
    const heard: Snapshot[] = [];
    store.publish(one);
    const unsubscribe = store.subscribe((snapshot) => heard.push(snapshot));
    store.publish(two);
    unsubscribe();
    store.publish(three);
    expect(heard).to.deep.equal([two]);
  });

  it("holds the new snapshot already when listeners are told", () => {
    const store = new SnapshotStore();
    const snapshot = makeEmpty();
    store.subscribe(() => expect(store.current).to.equal(snapshot));
    store.publish(snapshot);
  });

  it("does not call a listener that another has just unsubscribed", () => {
    const store = new SnapshotStore();
    const calls: string[] = [];
    const stops: (() => void)[] = [];
    stops.push(store.subscribe(() => void (calls.push("first"), stops.forEach((stop) => stop()))));
    stops.push(store.subscribe(() => void calls.push("second")));
    store.publish(makeEmpty());
    store.publish(makeEmpty());
    expect(calls).to.deep.equal(["first"]);
  });

  it("takes one function subscribed twice for two listeners", () => {
    const store = new SnapshotStore();
    let calls = 0;
    const listener = (): void => void calls++;
    store.subscribe(listener);
    store.subscribe(listener)();
    store.publish(makeEmpty());
    expect(calls).to.equal(1);
  });
});

function makeEmpty(): Snapshot {
  return { byType: new Map() };
}
