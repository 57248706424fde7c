/** One process of a stdio MCP server at the other end of a connection: who listens there begins it with the connection, and its end is the connection's. */

import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { toLine } from "../jsonrpc/line-framing.js";
import type { ProcessEvents, ProcessSurroundings, SendOutcome, StopGrace } from "./mcp-process.js";
import type { ProcessAddress, ProcessCommand } from "./process-command.js";
import { describeExit, ProcessError, type ProcessExit } from "./process-exit.js";
import { ProcessOutput } from "./process-output.js";
import type { Tally } from "./tally.js";

export class McpConnection {
  /** It has one over there, in a namespace of its own. */
  readonly pid: undefined;
  /** Its standard error does not come over the connection: it is in the log of its container. */
  readonly lastStderrLines: readonly string[] = [];
  private readonly events: ProcessEvents;
  private readonly log: Logger;
  private readonly tally: Tally;
  private readonly socket: Socket;
  private isOver = false;
  private leftAtMs: number | undefined;
  private isCorked = false;
  private stopping: Promise<void> | undefined;
  private readonly closed: Promise<void>;

  constructor(command: ProcessCommand, { host, port }: ProcessAddress, { log, tally }: ProcessSurroundings, events: ProcessEvents) {
    this.events = events;
    this.log = log;
    this.tally = tally;
    const output = new ProcessOutput(command, { log, tally }, () => undefined, {
      onMessage: (message, envelope) => void (!this.isOver && events.onMessage(message, envelope)),
      onTornMessage: (torn) => void (!this.isOver && events.onTornMessage(torn)),
    });
    let failure: Error | undefined;
    let isConnected = false;
    // Its input may be closed before its output: a process that has read everything may still have something to say.
    this.socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.socket.on("connect", () => {
      isConnected = true;
      tally.add("processes_started");
      events.onSpawn();
    });
    this.socket.on("error", (error) => (failure = error));
    this.socket.on("data", (chunk: Buffer) => {
      if (this.leftAtMs === undefined) output.push(chunk);
      // One that goes on talking ends by the loss of its listener, as a rule; the last words of one that stays would not show that it is there.
      else if (performance.now() - this.leftAtMs > lastWordsMs) this.socket.destroy();
    });
    this.socket.on("end", () => {
      if (this.leftAtMs === undefined) output.end();
      this.end({ kind: "closed_output" });
      this.socket.end();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => {
        resolve();
        const refusal = (): ProcessExit => ({ kind: "not_started", error: new ProcessError("cannot_connect", `nobody begins it at ${host}:${port}: ${failure?.message ?? "the connection was closed"}`, failure) });
        this.end(isConnected ? { kind: "closed_output" } : refusal());
      });
    });
  }

  send(message: Buffer): SendOutcome {
    if (this.isOver || !this.socket.writable) return "gone";
    if (this.socket.writableLength > maxUnreadBytes) return "not_reading";
    // What comes together is written together: a call of the system for each message costs more than all else here.
    if (!this.isCorked) {
      this.isCorked = true;
      this.socket.cork();
      setImmediate(() => {
        this.isCorked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(toLine(message));
    return "sent";
  }

  pause(): void {
    if (!this.isOver) this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /**
   * First its input is closed. One that does not end by that lives on, as nobody here can signal it: what it still says
   * is dropped, and it is counted as left until its end is seen, be it with its whole container.
   */
  stop({ closeMs }: StopGrace): Promise<void> {
    this.stopping ??= this.runStop(closeMs);
    return this.stopping;
  }

  private async runStop(closeMs: number): Promise<void> {
    this.socket.resume();
    this.socket.end();
    const limit = new AbortController();
    const waited = delay(closeMs, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([this.closed, waited]);
    limit.abort();
    if (!this.isOver && this.socket.writableFinished) this.leave();
    // It has not read what was said to it, and so cannot learn of the end of its input.
    else this.socket.destroy();
    if (this.leftAtMs === undefined) await this.closed;
  }

  private leave(): void {
    this.leftAtMs = performance.now();
    this.tally.add("processes_left");
    void this.closed.then(() => this.tally.add("processes_left", -1));
    this.log.warn("a server process lives on, though its input has ended: it holds its place until it ends, or its container does");
    this.end({ kind: "closed_output" });
    this.socket.resume();
    this.socket.unref();
  }

  private end(exit: ProcessExit): void {
    if (this.isOver) return;
    this.isOver = true;
    this.tally.add("processes_ended", 1, this.stopping === undefined ? exit.kind : "stopped");
    this.log.debug(`server process ${describeExit(exit)}`);
    this.events.onExit(exit);
  }
}

const lastWordsMs = 10_000;
/** What may wait for a process that does not read its input. */
const maxUnreadBytes = 16 * 1024 * 1024;
