/** When a pool loses its trust in a command, and regains it. */

import { expect } from "chai";
import { afterFailure, afterSuccess, firstHealth, type StartFailure } from "../../../stdio-bridge/pool/pool-health.js";
import { ProcessError } from "../../../stdio-bridge/process/process-exit.js";

const limits = { backoff: { firstMs: 100, maxMs: 1_000 }, failuresUntilUnhealthy: 3 };
const crash: StartFailure = { exit: { kind: "exited", code: 1 }, lastStderrLines: ["why"] };

describe("pool health", () => {
  it("is ready at once where no spare is to be seen to run", () => {
    expect(firstHealth(0).state.kind).to.equal("ready");
    expect(firstHealth(1).state.kind).to.equal("starting");
  });

  it("bears two failures, and waits longer after each", () => {
    const one = afterFailure(firstHealth(1), crash, limits, 1_000, 1);
    const two = afterFailure(one, crash, limits, 2_000, 1);
    expect([one.state.kind, one.nextStartMs]).to.deep.equal(["starting", 1_100]);
    expect([two.state.kind, two.nextStartMs]).to.deep.equal(["starting", 2_200]);
    expect(afterFailure(two, crash, limits, 3_000, 1).state).to.deep.equal({
      kind: "unhealthy",
      reason: "the server process ended with exit code 1, 3 times in a row or more",
      lastStderrLines: ["why"],
    });
  });

  it("does not wait for a third time where the command is not there", () => {
    const error = new ProcessError("command_not_found", 'command "x" not found', undefined);
    const health = afterFailure(firstHealth(1), { exit: { kind: "not_started", error }, lastStderrLines: [] }, limits, 0, 1);
    expect(health.state).to.deep.include({ kind: "unhealthy", reason: 'command "x" not found' });
    expect(health.couldNotSpawn).to.equal(true);
  });

  it("tries again where the machine was short of something", () => {
    const error = new ProcessError("spawn_failed", "EAGAIN", undefined);
    expect(afterFailure(firstHealth(1), { exit: { kind: "not_started", error }, lastStderrLines: [] }, limits, 0, 1).state.kind).to.equal("starting");
  });

  it("forgets failures after a success", () => {
    expect(afterSuccess()).to.deep.equal({ state: { kind: "ready" }, failures: 0, nextStartMs: 0, couldNotSpawn: false });
  });
});
