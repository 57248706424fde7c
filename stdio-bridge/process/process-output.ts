/** What a process says: its standard output as messages, all else and its standard error to the log, both within bounds. */

import type { Logger } from "pino";
import { splitBatch } from "../jsonrpc/batch.js";
import { readEnvelope, readTornEnvelope, type Envelope, type InvalidEnvelope } from "../jsonrpc/envelope.js";
import { LineFraming, type DroppedLine } from "../jsonrpc/line-framing.js";
import { LineRate } from "./line-rate.js";
import { makeMask } from "./mask.js";
import type { ProcessCommand } from "./process-command.js";
import type { Tally } from "./tally.js";

/** A message of which the middle was thrown away because it was too long. */
export interface TornMessage {
  readonly kind: "request" | "response" | "unknown";
  readonly id: Buffer | undefined;
  readonly bytes: number;
}

export interface OutputEvents {
  /** The message is to be used or copied at once: it lies in a buffer that is kept alive with it. */
  readonly onMessage: (message: Buffer, envelope: Envelope) => void;
  readonly onTornMessage: (torn: TornMessage) => void;
}

export class ProcessOutput {
  readonly lastStderrLines: string[] = [];
  private readonly maxMessageBytes: number;
  private readonly log: Logger;
  private readonly tally: Tally;
  private readonly pid: () => number | undefined;
  private readonly events: OutputEvents;
  private readonly mask: (line: string) => string;
  private readonly messages: LineFraming;
  private readonly stderrLines: LineFraming;
  private readonly stderrRate = new LineRate(logLimits, performance.now());
  private readonly noiseRate = new LineRate(logLimits, performance.now());

  constructor(command: ProcessCommand, { log, tally }: { readonly log: Logger; readonly tally: Tally }, pid: () => number | undefined, events: OutputEvents) {
    this.maxMessageBytes = command.maxMessageBytes;
    this.log = log;
    this.tally = tally;
    this.pid = pid;
    this.events = events;
    this.mask = makeMask(command);
    this.messages = new LineFraming(command.maxMessageBytes, {
      onLine: (line) => this.receive(line),
      onTooLong: (dropped) => this.receiveTooLong(dropped),
    });
    this.stderrLines = new LineFraming(maxStderrLineBytes, {
      onLine: (line) => this.noteStderr(line.toString("utf8")),
      onTooLong: (dropped) => this.noteStderr(`${dropped.head.toString("utf8")} … (${dropped.bytes} bytes)`),
    });
  }

  push(chunk: Buffer): void {
    this.messages.push(chunk);
  }

  end(): void {
    this.messages.end();
  }

  pushError(chunk: Buffer): void {
    this.stderrLines.push(chunk);
  }

  endError(): void {
    this.stderrLines.end();
  }

  private receive(line: Buffer): void {
    const envelope = readEnvelope(line);
    if (envelope.kind === "batch") this.receiveBatch(line);
    else if (envelope.kind === "invalid") this.noteNoise(line, envelope);
    else this.events.onMessage(line, envelope);
  }

  /** The revision 2025-03-26 lets a server send several messages at once; whom each is for, it says itself. */
  private receiveBatch(line: Buffer): void {
    const parts = splitBatch(line);
    if (parts.length === 0) this.noteNoise(line, { fault: "shape", what: "the batch is empty" });
    for (const part of parts) {
      const envelope = readEnvelope(part);
      if (envelope.kind === "batch") this.noteNoise(part, { fault: "shape", what: "a batch in a batch" });
      else if (envelope.kind === "invalid") this.noteNoise(part, envelope);
      else this.events.onMessage(part, envelope);
    }
  }

  private noteNoise(line: Buffer, { fault, what }: Pick<InvalidEnvelope, "fault" | "what">): void {
    this.tally.add("noise_lines");
    const allowed = this.noiseRate.take(performance.now());
    if (allowed === undefined) return;
    // What looks like a message may hold somebody's data: then only its size is told.
    const isTextual = fault === "syntax" && line[0] !== 0x7b && line[0] !== 0x5b;
    const text = isTextual ? this.mask(line.toString("utf8", 0, maxNoiseBytes)) : undefined;
    this.log.warn({ pid: this.pid(), bytes: line.length, text, ...(allowed.suppressed > 0 && allowed) }, `output that is no message was passed over: ${what}`);
  }

  private receiveTooLong(dropped: DroppedLine): void {
    this.tally.add("torn_messages");
    const { kind, id } = readTornEnvelope(dropped.head, dropped.tail);
    this.log.warn({ pid: this.pid(), kind, bytes: dropped.bytes, maxMessageBytes: this.maxMessageBytes }, "a message longer than allowed was dropped");
    this.events.onTornMessage({ kind, id, bytes: dropped.bytes });
  }

  private noteStderr(written: string): void {
    this.tally.add("stderr_lines");
    const line = this.mask(written);
    this.lastStderrLines.push(line);
    if (this.lastStderrLines.length > keptStderrLines) this.lastStderrLines.shift();
    const allowed = this.stderrRate.take(performance.now());
    if (allowed === undefined) return this.tally.add("stderr_lines_suppressed");
    this.log.info({ pid: this.pid(), stderr: line, ...(allowed.suppressed > 0 && allowed) }, "server process says");
  }
}

const logLimits = { burst: 50, perSecond: 10 };
const keptStderrLines = 20;
const maxStderrLineBytes = 2_048;
const maxNoiseBytes = 200;
