/** The small watcher that ends all processes when this worker dies without doing so itself, as after a SIGKILL. */

import { spawn, type ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import type { Logger } from "pino";

const restartMs = 1_000;

/**
 * It learns of each group through a pipe whose other end closes with us, and needs nothing else to notice our death.
 * Then it also looks for processes with our mark, so that none is missed that was started a moment ago, or has left its group.
 */
export class Guard {
  private readonly args: readonly string[];
  private readonly log: Logger;
  private readonly groups = new Set<number>();
  private child: ChildProcess | undefined;
  private restart: NodeJS.Timeout | undefined;
  private stopped = false;

  /** `mark`: what the marks of all our processes begin with. `cgroup`: the folder with all of them, where there is one. */
  constructor(script: string, mark: string, cgroup: string | undefined, log: Logger) {
    this.args = [script, mark, cgroup ?? ""];
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

  /** Every process is gone: there is nothing to do for it, and it ends. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.restart);
    this.child?.stdin?.end(".\n");
  }

  private start(): void {
    // Its own process group: what is sent to ours must not reach it.
    const child = spawn("/bin/sh", this.args, { detached: true, stdio: ["pipe", "ignore", "ignore"], cwd: "/" });
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
