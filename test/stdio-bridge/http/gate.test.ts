/** Requests that come before it is known what there is to serve. */

import { expect } from "chai";
import { Gate } from "../../../stdio-bridge/http/gate.js";

describe("gate", () => {
  const heard: string[] = [];
  const wait = (gate: Gate, name: string): void => gate.wait(() => heard.push(`${name} passes`), () => heard.push(`${name} gives up`));
  beforeEach(() => heard.splice(0));

  it("holds requests until it opens, and then lets them and all later ones pass in their order", () => {
    const gate = new Gate({ holdMs: 60_000, maxHeld: 10 });
    wait(gate, "first");
    wait(gate, "second");
    expect(heard).to.deep.equal([]);
    gate.open();
    wait(gate, "third");
    expect(heard).to.deep.equal(["first passes", "second passes", "third passes"]);
  });

  it("gives up one that was held for too long, and one that is too many", async () => {
    const gate = new Gate({ holdMs: 1, maxHeld: 1 });
    await new Promise<void>((resolve) => {
      gate.wait(() => undefined, () => {
        heard.push("first gives up");
        resolve();
      });
      wait(gate, "second");
    });
    expect(heard).to.deep.equal(["second gives up", "first gives up"]);
  });

  it("gives up all at its end", () => {
    const gate = new Gate({ holdMs: 60_000, maxHeld: 10 });
    wait(gate, "first");
    gate.stop();
    expect(heard).to.deep.equal(["first gives up"]);
  });
});
