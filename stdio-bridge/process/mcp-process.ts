/** One process of a stdio MCP server: messages in and out, its standard error to the log, and an end that leaves nobody behind. */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { readEnvelope, readTornEnvelope, type Envelope } from "../jsonrpc/envelope.js";
import { LineFraming, toLine, type DroppedLine } from "../jsonrpc/line-framing.js";
import type { Guard } from "./guard.js";
import { LineRate } from "./line-rate.js";
import { makeMask } from "./mask.js";
import type { ProcessCommand } from "./process-command.js";
import { describeExit, toProcessError, type ProcessExit } from "./process-exit.js";
import { signalGroup, waitForGroup } from "./process-group.js";

/** A message of which the middle was thrown away because it was too long. */
export interface TornMessage {
  readonly kind: "request" | "response" | "unknown";
  readonly id: Buffer | undefined;
  readonly bytes: number;
}

export interface ProcessEvents {
  readonly onSpawn: () => void;
  /** The message is to be used or copied at once: it lies in a buffer that is kept alive with it. */
  readonly onMessage: (message: Buffer, envelope: Envelope) => void;
  readonly onTornMessage: (torn: TornMessage) => void;
  /** Once, after the last message, also when the process never began. */
  readonly onExit: (exit: ProcessExit) => void;
}

/** How long each step of an end may take: after its input was closed, then after SIGTERM. Then comes SIGKILL. */
export interface StopGrace { readonly closeMs: number; readonly termMs: number }

export type SendOutcome = "sent" | "not_reading" | "gone";

/** What all processes of a worker share. */
export interface ProcessSurroundings { readonly guard: Guard; readonly log: Logger }

export class McpProcess {
  /** The last lines of standard error, for people. */
  readonly lastStderrLines: string[] = [];
  private readonly command: ProcessCommand;
  private readonly events: ProcessEvents;
  private readonly guard: Guard;
  private readonly log: Logger;
  private readonly mask: (line: string) => string;
  private readonly stderrRate = new LineRate(logLimits, performance.now());
  private readonly noiseRate = new LineRate(logLimits, performance.now());
  private child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  private isOver = false;
  private isCorked = false;
  private stopping: Promise<void> | undefined;
  private readonly exited = makeSignal();
  private readonly gone = makeSignal();

  constructor(command: ProcessCommand, surroundings: ProcessSurroundings, events: ProcessEvents) {
    this.command = command;
    this.events = events;
    this.guard = surroundings.guard;
    this.log = surroundings.log;
    this.mask = makeMask(command);
    this.start();
  }

  get pid(): number | undefined {
    return this.child?.pid;
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
    const { argv: [program, ...args], workingDir, env } = this.command;
    try {
      this.child = spawn(program, args, {
        // The leader of a new process group, so that all it starts can be ended with it.
        detached: true,
        shell: false,
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...env },
        ...(workingDir !== undefined && { cwd: workingDir }),
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
    this.guard.add(child.pid);
    child.on("error", (error) => this.log.warn({ pid: child.pid, error: error.message }, "server process"));
    child.on("spawn", () => {
      this.log.debug({ pid: child.pid }, "server process started");
      this.events.onSpawn();
    });
    // A process that has ended or closed its input is told of by its exit, not by a failed write.
    child.stdin.on("error", (error) => this.log.debug({ pid: child.pid, error: error.message }, "server process no longer reads"));
    const messages = new LineFraming(this.command.maxMessageBytes, {
      onLine: (line) => this.receive(line),
      onTooLong: (dropped) => this.receiveTooLong(dropped),
    });
    const outputEnded = makeSignal();
    child.stdout.on("data", (chunk: Buffer) => messages.push(chunk));
    child.stdout.on("close", () => {
      messages.end();
      outputEnded.give();
      if (child.exitCode === null && child.signalCode === null) void this.noteClosedOutput();
    });
    const stderrLines = new LineFraming(maxStderrLineBytes, {
      onLine: (line) => this.noteStderr(line.toString("utf8")),
      onTooLong: (dropped) => this.noteStderr(`${dropped.head.toString("utf8")} … (${dropped.bytes} bytes)`),
    });
    child.stderr.on("data", (chunk: Buffer) => stderrLines.push(chunk));
    child.stderr.on("close", () => stderrLines.end());
    child.on("exit", (code, signal) => {
      // Its last words are heard even if nobody could take them just now: they are no more than a pipe holds.
      child.stdout.resume();
      this.exited.give();
      void this.finish(child.pid, outputEnded.given, signal !== null ? { kind: "killed", signal } : { kind: "exited", code: code ?? 0 });
    });
  }

  private failStart(cause: unknown): void {
    const error = toProcessError(this.command, cause);
    this.exited.give();
    this.gone.give();
    this.end({ kind: "not_started", error });
  }

  /** The leader is gone: what it started goes too, and what it said last is heard. */
  private async finish(group: number | undefined, outputEnded: Promise<void>, exit: ProcessExit): Promise<void> {
    const groupEnded = group === undefined ? Promise.resolve() : this.endGroup(group);
    // A grandchild may hold the pipe open: it is not waited for longer than it lives.
    await Promise.race([outputEnded, delay(lastWordsMs, undefined, { ref: false })]);
    this.end(exit);
    await groupEnded;
    this.gone.give();
  }

  private async endGroup(group: number): Promise<void> {
    if (signalGroup(group, "SIGTERM") && !(await waitForGroup(group, groupTermMs))) {
      signalGroup(group, "SIGKILL");
      if (!(await waitForGroup(group, groupKillMs))) this.log.warn({ group }, "a process of the group does not end after SIGKILL");
    }
    this.guard.remove(group);
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

  private receive(line: Buffer): void {
    if (this.isOver) return;
    const envelope = readEnvelope(line);
    if (envelope.kind !== "invalid") return this.events.onMessage(line, envelope);
    const allowed = this.noiseRate.take(performance.now());
    if (allowed === undefined) return;
    // What looks like a message may hold somebody's data: then only its size is told.
    const isTextual = envelope.fault === "syntax" && line[0] !== 0x7b && line[0] !== 0x5b;
    const text = isTextual ? this.mask(line.toString("utf8", 0, maxNoiseBytes)) : undefined;
    this.log.warn({ pid: this.pid, bytes: line.length, text, ...(allowed.suppressed > 0 && allowed) }, `output that is no message was passed over: ${envelope.what}`);
  }

  private receiveTooLong(dropped: DroppedLine): void {
    if (this.isOver) return;
    const { kind, id } = readTornEnvelope(dropped.head, dropped.tail);
    this.log.warn({ pid: this.pid, kind, bytes: dropped.bytes, maxMessageBytes: this.command.maxMessageBytes }, "a message longer than allowed was dropped");
    this.events.onTornMessage({ kind, id, bytes: dropped.bytes });
  }

  private noteStderr(written: string): void {
    const line = this.mask(written);
    this.lastStderrLines.push(line);
    if (this.lastStderrLines.length > keptStderrLines) this.lastStderrLines.shift();
    const allowed = this.stderrRate.take(performance.now());
    if (allowed !== undefined) this.log.info({ pid: this.pid, stderr: line, ...(allowed.suppressed > 0 && allowed) }, "server process says");
  }
}

const logLimits = { burst: 50, perSecond: 10 };
const keptStderrLines = 20;
const maxStderrLineBytes = 2_048;
const maxNoiseBytes = 200;
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
