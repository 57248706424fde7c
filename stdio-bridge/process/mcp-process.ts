/** One process of a stdio MCP server: messages in and out, its standard error to the log, and an end that leaves nobody behind. */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { toLine } from "../jsonrpc/line-framing.js";
import { ProcessCgroup } from "./cgroups.js";
import type { Custody } from "./custody.js";
import type { Watched } from "./memory-watch.js";
import type { ProcessCommand } from "./process-command.js";
import { describeExit, toProcessError, type ProcessExit } from "./process-exit.js";
import { ProcessOutput, type OutputEvents } from "./process-output.js";
import { signalGroup, waitForGroup } from "./process-group.js";
import { markVariable } from "./process-mark.js";
import { lookUpUser } from "./run-as.js";
import type { Tally } from "./tally.js";

export interface ProcessEvents extends OutputEvents {
  readonly onSpawn: () => void;
  /** Once, after the last message, also when the process never began. */
  readonly onExit: (exit: ProcessExit) => void;
}

/** How long each step of an end may take: after its input was closed, then after SIGTERM. Then comes SIGKILL. */
export interface StopGrace { readonly closeMs: number; readonly termMs: number }

export type SendOutcome = "sent" | "not_reading" | "gone";

export interface ProcessSurroundings {
  /** Of the worker. */
  readonly custody: Custody;
  /** These two of the server. */
  readonly log: Logger;
  readonly tally: Tally;
}

export class McpProcess {
  private readonly command: ProcessCommand;
  private readonly events: ProcessEvents;
  private readonly custody: Custody;
  private readonly log: Logger;
  private readonly tally: Tally;
  private readonly output: ProcessOutput;
  private child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  private isOver = false;
  private isCorked = false;
  private stopping: Promise<void> | undefined;
  private cgroup: ProcessCgroup | undefined;
  private watched: Watched | undefined;
  private exceededMemory = false;
  private readonly exited = makeSignal();
  private readonly gone = makeSignal();

  constructor(command: ProcessCommand, surroundings: ProcessSurroundings, events: ProcessEvents) {
    this.command = command;
    this.events = events;
    this.custody = surroundings.custody;
    this.log = surroundings.log;
    this.tally = surroundings.tally;
    this.output = new ProcessOutput(command, surroundings, () => this.pid, {
      onMessage: (message, envelope) => void (!this.isOver && events.onMessage(message, envelope)),
      onTornMessage: (torn) => void (!this.isOver && events.onTornMessage(torn)),
    });
    this.start();
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Of standard error, for people. */
  get lastStderrLines(): readonly string[] {
    return this.output.lastStderrLines;
  }

  send(message: Buffer): SendOutcome {
    const stdin = this.child?.stdin;
    if (this.isOver || stdin?.writable !== true) return "gone";
    if (stdin.writableLength > maxUnreadBytes) return "not_reading";
    // What comes together is written together: a call of the system for each message costs more than all else here.
    if (!this.isCorked) {
      this.isCorked = true;
      stdin.cork();
      setImmediate(() => {
        this.isCorked = false;
        stdin.uncork();
      });
    }
    stdin.write(toLine(message));
    return "sent";
  }

  /** What it says waits in its pipe until `resume`, and so does the process when that is full. */
  pause(): void {
    if (!this.isOver) this.child?.stdout.pause();
  }

  resume(): void {
    this.child?.stdout.resume();
  }

  /** Resolves when the process and all that it started are gone. */
  stop(grace: StopGrace): Promise<void> {
    this.stopping ??= this.runStop(grace);
    return this.stopping;
  }

  private start(): void {
    const { argv: [program, ...args], workingDir, env, user } = this.command;
    const { number, mark } = this.custody.reaper.admit();
    try {
      const runAs = user === undefined ? undefined : lookUpUser(user);
      this.child = spawn(program, args, {
        // The leader of a new session and process group, so that all it starts can be ended with it.
        detached: true,
        shell: false,
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...env, ...runAs?.env, [markVariable]: mark },
        ...(workingDir !== undefined && { cwd: workingDir }),
        ...(runAs !== undefined && { uid: runAs.uid, gid: runAs.gid }),
      });
    } catch (error) {
      // Some arguments are refused at once, before there is a child to tell of it.
      queueMicrotask(() => this.failStart(error));
      return;
    }
    const child = this.child;
    if (child.pid === undefined) {
      // There may not even be pipes, as when the bridge has no files left to open.
      child.on("error", (error) => this.failStart(error));
      return;
    }
    this.tally.add("processes_started");
    this.custody.guard.add(child.pid);
    this.limit(number, child.pid);
    child.on("error", (error) => this.log.warn({ pid: child.pid, error: error.message }, "server process"));
    child.on("spawn", () => {
      this.log.debug({ pid: child.pid }, "server process started");
      this.events.onSpawn();
    });
    // A process that has ended or closed its input is told of by its exit, not by a failed write.
    child.stdin.on("error", (error) => this.log.debug({ pid: child.pid, error: error.message }, "server process no longer reads"));
    const outputEnded = makeSignal();
    child.stdout.on("data", (chunk: Buffer) => this.output.push(chunk));
    child.stdout.on("close", () => {
      this.output.end();
      outputEnded.give();
      if (child.exitCode === null && child.signalCode === null) void this.noteClosedOutput();
    });
    child.stderr.on("data", (chunk: Buffer) => this.output.pushError(chunk));
    child.stderr.on("close", () => this.output.endError());
    child.on("exit", (code, signal) => {
      // Its last words are heard even if nobody could take them just now: they are no more than a pipe holds.
      child.stdout.resume();
      this.exited.give();
      void this.finish(number, child.pid, outputEnded.given, signal !== null ? { kind: "killed", signal } : { kind: "exited", code: code ?? 0 });
    });
  }

  private failStart(cause: unknown): void {
    const error = toProcessError(this.command, cause);
    this.exited.give();
    this.gone.give();
    this.end({ kind: "not_started", error });
  }

  /** In a cgroup where there can be one, else watched. */
  private limit(number: number, pid: number): void {
    const { cgroups, memoryWatch, reaper } = this.custody;
    const { limits } = this.command;
    if (cgroups.kind === "usable") {
      try {
        const cgroup = new ProcessCgroup(cgroups, number, limits);
        cgroup.place(pid);
        this.cgroup = cgroup;
      } catch (error) {
        this.log.warn({ pid, error: error instanceof Error ? error.message : String(error) }, "the server process could not be put into its cgroup");
      }
    }
    if (limits.memoryBytes === undefined || this.cgroup?.limitsMemory === true) return;
    this.watched = {
      limitBytes: limits.memoryBytes,
      isKin: reaper.kinOf(number, pid),
      onExceeded: (usedBytes) => {
        this.log.warn({ pid, usedBytes, ...limits }, "the server process needs more memory than it may: SIGKILL");
        this.exceededMemory = true;
        signalGroup(pid, "SIGKILL");
      },
    };
    memoryWatch?.add(this.watched);
  }

  /** The leader is gone: what it started goes too, and what it said last is heard. */
  private async finish(number: number, group: number | undefined, outputEnded: Promise<void>, exit: ProcessExit): Promise<void> {
    if (this.watched !== undefined) this.custody.memoryWatch?.remove(this.watched);
    const { memoryBytes } = this.command.limits;
    const isOverMemory = memoryBytes !== undefined && (this.exceededMemory || this.cgroup?.ranOutOfMemory() === true);
    const familyEnded = group === undefined ? Promise.resolve() : this.endFamily(number, group);
    // A grandchild may hold the pipe open: it is not waited for longer than it lives.
    await Promise.race([outputEnded, delay(lastWordsMs, undefined, { ref: false })]);
    this.end(isOverMemory ? { kind: "out_of_memory", limitBytes: memoryBytes } : exit);
    await familyEnded;
    this.gone.give();
  }

  private async endFamily(number: number, group: number): Promise<void> {
    await this.endGroup(group);
    const strays = await this.custody.reaper.endStrays(number, group, this.cgroup);
    if (strays > 0) this.tally.add("orphans_found", strays, "process_end");
  }

  private async endGroup(group: number): Promise<void> {
    if (signalGroup(group, "SIGTERM") && !(await waitForGroup(group, groupTermMs))) {
      signalGroup(group, "SIGKILL");
      if (!(await waitForGroup(group, groupKillMs))) this.log.warn({ group }, "a process of the group does not end after SIGKILL");
    }
    this.custody.guard.remove(group);
  }

  /** The exit mostly follows at once and says more; without it the process lives, but is of no use. */
  private async noteClosedOutput(): Promise<void> {
    await Promise.race([this.exited.given, delay(lastWordsMs, undefined, { ref: false })]);
    if (this.isOver || this.exited.isGiven()) return;
    this.end({ kind: "closed_output" });
    await this.stop({ closeMs: groupTermMs, termMs: groupTermMs });
  }

  private end(exit: ProcessExit): void {
    if (this.isOver) return;
    this.isOver = true;
    this.tally.add("processes_ended", 1, this.stopping === undefined ? exit.kind : "stopped");
    this.log.debug({ pid: this.pid }, `server process ${describeExit(exit)}`);
    this.events.onExit(exit);
  }

  private async runStop(grace: StopGrace): Promise<void> {
    const child = this.child;
    if (child?.pid === undefined) return this.exited.given;
    if (!this.exited.isGiven()) {
      child.stdout.resume();
      child.stdin.end();
      if (!(await this.exitsWithin(grace.closeMs))) {
        signalGroup(child.pid, "SIGTERM");
        if (!(await this.exitsWithin(grace.termMs))) {
          this.log.info({ pid: child.pid }, "server process ignores SIGTERM: SIGKILL");
          signalGroup(child.pid, "SIGKILL");
        }
      }
    }
    await this.gone.given;
  }

  private async exitsWithin(limitMs: number): Promise<boolean> {
    const limit = new AbortController();
    const waited = delay(limitMs, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([this.exited.given, waited]);
    limit.abort();
    return this.exited.isGiven();
  }
}

/** What may wait for a process that does not read its input. */
const maxUnreadBytes = 16 * 1024 * 1024;
/** How long the output of an ended process is read on. */
const lastWordsMs = 500;
const groupTermMs = 500;
const groupKillMs = 1_000;

/** A moment that comes once. */
function makeSignal(): { readonly given: Promise<void>; readonly give: () => void; readonly isGiven: () => boolean } {
  let given = false;
  let resolve = (): void => undefined;
  const promise = new Promise<void>((resolvePromise) => (resolve = resolvePromise));
  return {
    given: promise,
    give: () => {
      given = true;
      resolve();
    },
    isGiven: () => given,
  };
}
