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
