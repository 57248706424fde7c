/** The event streams of one session: each message on one of them, kept for a while for a client that comes back for what it missed. */

import type { Listener } from "../session/client-session.js";
import type { Tally } from "../process/tally.js";
import type { EventStream } from "./event-stream.js";

export interface StreamsLimits {
  /** What is kept for clients that come back, of all streams of a session together. */
  readonly keptEvents: number;
  readonly keptBytes: number;
  /** Streams that belong to no request and are open at once. */
  readonly maxOpen: number;
  /** Streams without a client that can still be come back to. */
  readonly maxLeft: number;
}

export const streamsLimits: StreamsLimits = { keptEvents: 256, keptBytes: 1024 * 1024, maxOpen: 16, maxLeft: 32 };

/** An event stream that outlives its connections. Its id is not to be guessed, so an event's id names the stream and proves it. */
export class LoggedStream {
  readonly id: string;
  /** Belongs to a request, and ends with its answer. */
  readonly isAnswer: boolean;
  private readonly log: EventLog;
  private events: EventStream | undefined;
  private count = 0;
  private isFinished = false;

  constructor(id: string, isAnswer: boolean, log: EventLog) {
    this.id = id;
    this.isAnswer = isAnswer;
    this.log = log;
  }

  get isAttached(): boolean {
    return this.events !== undefined;
  }

  get lastSentMs(): number | undefined {
    return this.events?.lastSentMs;
  }

  /** Over a new connection; one that is still there is ended. Sends what came after event `after`. */
  attach(events: EventStream, after: number, primes: boolean): void {
    this.events?.end();
    this.events = events;
    if (primes) events.prime(this.eventId(after));
    for (const { number, message } of this.log.after(this.id, after)) events.send(message, this.eventId(number));
    if (this.isFinished) events.end();
  }

  detach(events: EventStream): void {
    if (this.events === events) this.events = undefined;
  }

  send(message: Buffer): void {
    this.count += 1;
    this.log.keep({ stream: this.id, number: this.count, message });
    this.events?.send(message, this.eventId(this.count));
  }

  comment(): void {
    this.events?.comment();
  }

  end(): void {
    this.isFinished = true;
    this.events?.end();
  }

  /** Of an answer's stream nothing may be missing; of others a part is better than nothing. */
  canResume(after: number): boolean {
    if (after > this.count) return false;
    return !this.isAnswer || this.log.after(this.id, after).length === this.count - after;
  }

  private eventId(number: number): string {
    return `${this.id}_${number}`;
  }
}

export class SessionStreams implements Listener {
  private readonly limits: StreamsLimits;
  private readonly makeId: (requestId: Buffer | undefined) => string;
  private readonly log: EventLog;
  private readonly streams = new Map<string, LoggedStream>();

  /** `makeId`: never the same, and not to be guessed. */
  constructor(limits: StreamsLimits, makeId: (requestId: Buffer | undefined) => string, tally: Tally) {
    this.limits = limits;
    this.makeId = makeId;
    this.log = new EventLog(limits, tally);
  }

  /** `requestId`: of the one request that it belongs to. */
  begin(isAnswer: boolean, requestId?: Buffer): LoggedStream {
    const stream = new LoggedStream(this.makeId(requestId), isAnswer, this.log);
    this.forgetLeft();
    this.streams.set(stream.id, stream);
    return stream;
  }

  /** The stream of an event, and the event's number, if all that has to be sent again is still there. */
  find(eventId: string): { readonly stream: LoggedStream; readonly after: number } | undefined {
    const [, id = "", number = ""] = /^(.+)_(\d{1,15})$/.exec(eventId) ?? [];
    const stream = this.streams.get(id);
    return stream?.canResume(Number(number)) === true ? { stream, after: Number(number) } : undefined;
  }

  get canOpen(): boolean {
    return this.open().length < this.limits.maxOpen;
  }

  /** A stream is open that belongs to no request. */
  get isListening(): boolean {
    return this.open().length > 0;
  }

  /** To the youngest: of a client that came back the older connection may be dead, and nobody knows it yet. */
  send(message: Buffer): void {
    this.open().at(-1)?.send(message);
  }

  close(): void {
    for (const stream of this.open()) stream.end();
  }

  private open(): readonly LoggedStream[] {
    return [...this.streams.values()].filter((stream) => !stream.isAnswer && stream.isAttached);
  }

  private forgetLeft(): void {
    const left = [...this.streams.values()].filter((stream) => !stream.isAttached);
    for (const stream of left.slice(0, Math.max(0, left.length - this.limits.maxLeft + 1))) this.streams.delete(stream.id);
  }
}

const lettingGo = new FinalizationRegistry<{ readonly kept: { readonly bytes: number }; readonly tally: Tally }>(({ kept, tally }) => tally.add("events_kept_bytes", -kept.bytes));

interface LoggedEvent { readonly stream: string; readonly number: number; readonly message: Buffer }

/** The latest events, within bounds. */
class EventLog {
  private readonly limits: StreamsLimits;
  private readonly tally: Tally;
  private events: LoggedEvent[] = [];
  private readonly kept = { bytes: 0 };

  constructor(limits: StreamsLimits, tally: Tally) {
    this.limits = limits;
    this.tally = tally;
    // A session ends without a word to its streams: what they keep counts until it is let go of, as it takes up memory until then.
    lettingGo.register(this, { kept: this.kept, tally });
  }

  keep(event: LoggedEvent): void {
    // A copy: the message lies in a larger buffer that would be kept alive with it.
    this.events.push({ ...event, message: Buffer.from(event.message) });
    let added = event.message.length;
    while (this.events.length > this.limits.keptEvents || this.kept.bytes + added > this.limits.keptBytes) {
      added -= this.events.shift()?.message.length ?? 0;
      this.tally.add("events_dropped");
    }
    this.kept.bytes += added;
    this.tally.add("events_kept_bytes", added);
  }

  after(stream: string, number: number): readonly LoggedEvent[] {
    return this.events.filter((event) => event.stream === stream && event.number > number);
  }
}
