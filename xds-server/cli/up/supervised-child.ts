/** One child of `mcp-mesh up`: its process, in a group of its own, started again when it ends unasked. */

import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { ChildSpec } from "./plan.js";
import { afterExit } from "./restart-policy.js";

export interface ChildEvents {
  onLine(spec: ChildSpec, line: string): void;
  /** It has ended unasked and will be started again. */
  onRestart(spec: ChildSpec, how: string, afterMs: number): void;
  /** It has ended unasked, and starting it again would not help. */
  onGiveUp(spec: ChildSpec, how: string, lastLines: readonly string[]): void;
  hasBeenReady(): boolean;
}

const keptLines = 12;

export class SupervisedChild {
  readonly spec: ChildSpec;
  readonly #events: ChildEvents;
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopping = false;
  #lastLines: string[] = [];
  #whenGone: (() => void)[] = [];

  constructor(spec: ChildSpec, events: ChildEvents) {
    this.spec = spec;
    this.#events = events;
    this.#start();
  }

  stopRestarting(): void {
    this.#isStopping = true;
    clearTimeout(this.#restart);
  }

  /** Asks it to end, and waits until it has. */
  stop(): Promise<void> {
    this.stopRestarting();
    const running = this.#process;
    if (running === undefined) return Promise.resolve();
    running.kill("SIGTERM");
    // To those on a leash, and those that end with their parent, a closed stdin says the same.
    running.stdin?.end();
    return new Promise((resolve) => this.#whenGone.push(resolve));
  }

  /** Ends it and its whole group now. */
  kill(): void {
    this.stopRestarting();
    this.#killGroup();
  }

  #start(): void {
    const startedAtMs = performance.now();
    // A group of its own: a Ctrl-C in the terminal reaches `up` alone, which then ends the children in order.
    const child = spawn(this.spec.program, this.spec.args, { env: this.spec.env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.#process = child;
    this.#lastLines = [];
    // The pipe is the leash and never written to; it breaks when the child ends.
    child.stdin.on("error", () => undefined);
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (line) => this.#takeLine(line));
    let isOver = false;
    const over = (how: string): void => {
      if (isOver) return;
      isOver = true;
      this.#ended(how, performance.now() - startedAtMs);
    };
    child.on("error", (error) => {
      // Without a process no exit follows.
      if (child.pid === undefined) over(`cannot be started: ${error.message}`);
    });
    child.on("exit", (code, signal) => {
      this.#killGroup();
      const how = describeExit(code, signal);
      // Its last lines are still in the pipe; who holds the pipe open longer than this is not waited for.
      const late = setTimeout(over, 500, how);
      child.on("close", () => {
        clearTimeout(late);
        over(how);
      });
    });
  }

  #takeLine(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > keptLines) this.#lastLines.shift();
    this.#events.onLine(this.spec, line);
  }

  #ended(how: string, ranMs: number): void {
    this.#process = undefined;
    for (const resolve of this.#whenGone.splice(0)) resolve();
    if (this.#isStopping) return;
    const decision = afterExit({ ranMs, failuresBefore: this.#failures, hasBeenReady: this.#events.hasBeenReady(), attemptsAtStart: this.spec.attemptsAtStart });
    if (decision.kind === "give_up") {
      this.#events.onGiveUp(this.spec, how, this.#lastLines);
      return;
    }
    this.#failures = decision.failures;
    this.#events.onRestart(this.spec, how, decision.afterMs);
    this.#restart = setTimeout(() => this.#start(), decision.afterMs);
  }

  /** Also what the child has left behind in its group: the Envoy of a leash that was killed, for one. */
  #killGroup(): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      // The group is empty, which is what we want.
      if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
    }
  }
}

/** A shell tells of a signal as 128 and its number. */
function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `ended by ${signal}`;
  if (code === 137) return "ended by SIGKILL";
  if (code === 139) return "crashed (SIGSEGV)";
  if (code === 134) return "crashed (SIGABRT)";
  return `ended with exit code ${code}`;
}
