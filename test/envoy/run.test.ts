/** Tests of the leash: the command ends when whoever holds the leash dies, gets the signals, and gives its exit code. */

import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../../protos/project-root.js";

const leash = join(projectRoot, "envoy", "run.sh");
const node = process.execPath;
/** Says its process id, then lives until it is ended. */
const forever = "console.log(process.pid); setInterval(() => undefined, 1e6)";
const stubborn = `process.on("SIGTERM", () => undefined); ${forever}`;

describe("envoy/run.sh", () => {
  const started: ChildProcess[] = [];
  afterEach(() => { for (const child of started.splice(0)) child.kill("SIGKILL"); });

  function start(command: string, args: readonly string[]): ChildProcess {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    started.push(child);
    return child;
  }

  /** The first line is the process id of the command on the leash. */
  async function firstLine(child: ChildProcess): Promise<string> {
    const [line] = await once(createInterface({ input: child.stdout! }), "line") as [string];
    return line;
  }

  /** `close` comes when every process that holds the output, the command on the leash among them, is gone. */
  async function closed(child: ChildProcess): Promise<number | null> {
    const [code] = await once(child, "close") as [number | null];
    return code;
  }

  it("gives the exit code of the command, and its arguments as they are", async () => {
    expect(await closed(start("/bin/sh", [leash, node, "-e", "process.exit(process.argv[1] === 'a b' ? 7 : 1)", "a b"]))).to.equal(7);
  });

  it("tells of a command that was killed", async () => {
    const child = start("/bin/sh", [leash, node, "-e", forever]);
    process.kill(Number(await firstLine(child)), "SIGKILL");
    expect(await closed(child)).to.equal(128 + 9);
  });

  it("passes SIGTERM on and waits for the command's own end", async () => {
    const child = start("/bin/sh", [leash, node, "-e", `process.on("SIGTERM", () => process.exit(5)); ${forever}`]);
    await firstLine(child);
    child.kill("SIGTERM");
    expect(await closed(child)).to.equal(5);
  });

  it("ends the command when its stdin closes", async () => {
    const child = start("/bin/sh", [leash, node, "-e", forever]);
    await firstLine(child);
    child.stdin!.end();
    expect(await closed(child)).to.equal(128 + 15);
  });

  for (const [what, program] of [["the command", forever], ["a command that ignores SIGTERM", stubborn]] as const) {
    it(`ends ${what} when the holder of the leash is killed`, async () => {
      const holder = start(node, ["-e", `
        require("node:child_process").spawn("/bin/sh", ${JSON.stringify([leash, node, "-e", program])}, { stdio: ["pipe", "inherit", "inherit"] });
      `]);
      await firstLine(holder);
      holder.kill("SIGKILL");
      await closed(holder);
    });
  }

  it("ends the command when the leash itself and its holder are killed", async () => {
    const child = start("/bin/sh", [leash, node, "-e", forever]);
    await firstLine(child);
    child.kill("SIGKILL");
    child.stdin!.end();
    await closed(child);
  });
});
