/** The small watcher that ends all process groups when this worker dies without doing so itself, as after a SIGKILL. */

import { spawn, type ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import type { Logger } from "pino";

const restartMs = 1_000;

/** It learns of each group through a pipe whose other end closes with us, and needs nothing else to notice our death. */
export class Guard {
  private readonly script: string;
  private readonly log: Logger;
  private readonly groups = new Set<number>();
  private child: ChildProcess | undefined;
  private restart: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(script: string, log: Logger) {
    this.script = script;
    this.log = log;
    this.start();
  }

  add(group: number): void {
    this.groups.add(group);
    this.tell(`+${group}\n`);
  }

  remove(group: number): void {
    this.groups.delete(group);
    this.tell(`-${group}\n`);
  }

  /** It ends by itself, having nothing to do when every group is gone. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.restart);
    this.child?.stdin?.end();
  }

  private start(): void {
    // Its own process group: what is sent to ours must not reach it.
    const child = spawn("/bin/sh", [this.script], { detached: true, stdio: ["pipe", "ignore", "ignore"], cwd: "/" });
    this.child = child;
    child.unref();
    child.on("error", (error) => this.log.warn({ error: error.message }, "the guard against orphans cannot be started: processes may outlive a killed bridge"));
    child.on("exit", () => {
      if (this.stopped || this.child !== child) return;
      this.log.warn("the guard against orphans has ended: starting it again");
      this.restart = setTimeout(() => this.start(), restartMs);
      this.restart.unref();
    });
    // Without a pipe it was not started, of which the error above tells.
    (child.stdin as Writable | undefined)?.on("error", (error) => this.log.debug({ error: error.message }, "the guard against orphans does not read"));
    for (const group of this.groups) this.tell(`+${group}\n`);
  }

  private tell(line: string): void {
    if (this.child?.stdin?.writable === true) this.child.stdin.write(line);
  }
}
