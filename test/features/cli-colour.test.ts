/** Colour: on a terminal, and where somebody asks for it; never where somebody does not want it. */

import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../envoy/run-program.js";
import { projectRoot } from "../../protos/project-root.js";

const escape = "\u001b[";
const program = join(projectRoot, "dist", "xds-server", "cli", "mcp-mesh.js");
/** Python's own terminal stands in for a user's: the program's stdout is one, Python's is a pipe. */
const inTerminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

describe("mcp-mesh's colours", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    writeFileSync(join(folder, "registry.yaml"), "a: {endpont: http://h:1}\n");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(isTerminal: boolean, own: NodeJS.ProcessEnv): Promise<string> {
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
    const command = [process.execPath, program, "validate", join(folder, "registry.yaml")];
    const [file = "", ...args] = isTerminal ? ["python3", "-c", inTerminal, ...command] : command;
    const { exitCode, stdout } = await runProgram(file, args, { env: { ...env, TERM: "xterm", ...own }, timeoutMs: 30_000 });
    expect(exitCode, stdout).to.equal(1);
    expect(stdout).to.match(/registry\.yaml:1:5/);
    return stdout;
  }

  const cases: readonly (readonly [what: string, isTerminal: boolean, env: NodeJS.ProcessEnv, isColoured: boolean])[] = [
    ["a terminal", true, {}, true],
    ["a terminal with NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["a terminal with an empty NO_COLOR", true, { NO_COLOR: "" }, true],
    ["a terminal that can do nothing", true, { TERM: "dumb" }, false],
    ["a terminal with FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
    ["a pipe", false, {}, false],
    ["a pipe with FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
    ["a pipe with both", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ];
  for (const [what, isTerminal, env, isColoured] of cases) {
    it(`${what}: ${isColoured ? "yes" : "no"}`, async () => {
      expect((await run(isTerminal, env)).includes(escape)).to.equal(isColoured);
    });
  }
});
