/** Mocha reporter: prints as "spec" does, and adds a line "passed failed skipped" to the file that .ci/run sums up. */

const { appendFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

module.exports = class CountingSpec extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const counts = process.env.MCP_MESH_TEST_COUNTS;
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (counts !== undefined) appendFileSync(counts, `${passes} ${failures} ${pending}\n`);
    });
  }
};
