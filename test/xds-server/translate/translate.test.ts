/** Golden tests of the whole translation, and that what did not change is the same object. */

import { expect } from "chai";
import { golden } from "../../golden.js";
import { dumpResources } from "../../../xds-server/snapshot/dump.js";
import { makeTranslation } from "../../../xds-server/translate/translate.js";
import { toModel, type PartialModel } from "./model-defaults.js";

const surroundings = { systemCaFile: "/etc/ssl/certs/ca-certificates.crt" };

describe("translate", () => {
  golden("test/testdata/translate", (partial: PartialModel) => {
    const all = dumpResources(makeTranslation(surroundings)(toModel(partial)));
    // The listener hangs on the gateway alone: it is shown where the case has one.
    return partial.gateway === undefined ? { ...all, listeners: `${all.listeners?.length} of them` } : all;
  });

  it("has clusters asked for above the threshold, but for the one that the listener leads to; only the routes know of it", () => {
    const model = toModel({ servers: { a: {}, b: {} } });
    const eager = makeTranslation({ ...surroundings, eagerServers: 2 })(model);
    const onDemand = makeTranslation({ ...surroundings, eagerServers: 1 })(model);
    expect(eager).not.to.have.property("eagerClusters");
    expect([...(onDemand.eagerClusters ?? [])]).to.deep.equal(["gateway/tracing"]);
    const { routes, ...others } = dumpResources(onDemand);
    const { routes: eagerRoutes, ...eagerOthers } = dumpResources(eager);
    expect(others).to.deep.equal(eagerOthers);
    expect(JSON.stringify(eagerRoutes)).not.to.contain("on_demand");
    // The index leads to no cluster.
    expect(routes?.slice(1).map((one) => JSON.stringify(one).includes("envoy.filters.http.on_demand"))).to.deep.equal([true, true]);
  });

  it("makes only the routes anew when the threshold is crossed", () => {
    const translate = makeTranslation({ ...surroundings, eagerServers: 1 });
    const model = toModel({ servers: { a: {}, b: {} } });
    const below = translate({ ...model, servers: model.servers.slice(0, 1) });
    const above = translate(model);
    expect(above.clusters?.[0]).to.equal(below.clusters?.[0]);
    expect(above.scopes?.[1]).to.equal(below.scopes?.[1]);
    expect(above.routes?.[1]).not.to.equal(below.routes?.[1]);
  });

  it("gives the same recipes for servers that are the same objects", () => {
    const translate = makeTranslation(surroundings);
    const model = toModel({ servers: { a: {}, b: {} } });
    const before = translate(model);
    const changed = translate({ ...model, servers: [...model.servers.slice(0, 1), ...toModel({ servers: { b: { http: { path: "/other" } } } }).servers] });
    expect(changed.clusters?.[0]).to.equal(before.clusters?.[0]);
    expect(changed.routes?.[1]).to.equal(before.routes?.[1]);
    expect(changed.routes?.[2]).to.not.equal(before.routes?.[2]);
    expect(changed.listeners?.[0]).to.equal(before.listeners?.[0]);
  });
});
