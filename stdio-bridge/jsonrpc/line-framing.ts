/** Newline-delimited messages out of and into a stream of bytes, with a limit to the length of a line. */

/** What is kept of a line that was too long: enough to say what it was. */
export interface DroppedLine { readonly head: Buffer; readonly tail: Buffer; readonly bytes: number }

export interface LineEvents {
  /** A line without its end; not copied where it came in one piece, so it is to be used or copied at once. Empty lines are passed over. */
  readonly onLine: (line: Buffer) => void;
  readonly onTooLong: (dropped: DroppedLine) => void;
}

/** Cuts chunks into lines. Holds at most `maxLineBytes` and a chunk, whatever comes. */
export class LineFraming {
  private parts: Buffer[] = [];
  private partsBytes = 0;
  /** Set while the rest of a too long line passes by. */
  private dropping: { head: Buffer; tail: Buffer; bytes: number } | undefined;

  private readonly maxLineBytes: number;
  private readonly events: LineEvents;

  constructor(maxLineBytes: number, events: LineEvents) {
    this.maxLineBytes = maxLineBytes;
    this.events = events;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      this.endLine(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.hold(chunk.subarray(start));
  }

  /** The stream has ended: what came last may lack its line end. */
  end(): void {
    this.endLine(EMPTY);
  }

  private endLine(rest: Buffer): void {
    if (this.dropping !== undefined || this.isTooMuch(rest)) {
      this.hold(rest);
      return this.reportDropped();
    }
    const whole = this.parts.length === 0 ? rest : Buffer.concat([...this.parts, rest], this.partsBytes + rest.length);
    this.forgetParts();
    const line = whole[whole.length - 1] === CARRIAGE_RETURN ? whole.subarray(0, -1) : whole;
    if (line.length > this.maxLineBytes) {
      this.drop(line);
      return this.reportDropped();
    }
    if (line.length > 0) this.events.onLine(line);
  }

  private hold(part: Buffer): void {
    if (this.dropping !== undefined) {
      this.dropping.bytes += part.length;
      this.dropping.tail = Buffer.from(Buffer.concat([this.dropping.tail, part.subarray(-KEPT_BYTES)]).subarray(-KEPT_BYTES));
      return;
    }
    const isTooMuch = this.isTooMuch(part);
    this.parts.push(part);
    this.partsBytes += part.length;
    if (!isTooMuch) return;
    this.drop(Buffer.concat(this.parts, this.partsBytes));
    this.forgetParts();
  }

  /** One byte more than the limit is held: it may be the carriage return of the line's end. */
  private isTooMuch(part: Buffer): boolean {
    return this.partsBytes + part.length > this.maxLineBytes + 1;
  }

  private drop(whole: Buffer): void {
    this.dropping = { head: Buffer.from(whole.subarray(0, KEPT_BYTES)), tail: Buffer.from(whole.subarray(-KEPT_BYTES)), bytes: whole.length };
  }

  private forgetParts(): void {
    this.parts = [];
    this.partsBytes = 0;
  }

  private reportDropped(): void {
    if (this.dropping === undefined) return;
    const dropped = this.dropping;
    this.dropping = undefined;
    this.events.onTooLong(dropped);
  }
}

/**
 * A JSON message as a line. Between JSON's tokens a line end is only white space, so that a message that was
 * written over several lines can become one without a change of its meaning; within a string there is none.
 * A lone carriage return goes too: Python's text streams end a line there.
 */
export function toLine(message: Buffer): Buffer {
  const line = Buffer.allocUnsafe(message.length + 1);
  message.copy(line);
  line[message.length] = LINE_FEED;
  replaceAll(line.subarray(0, -1), LINE_FEED);
  replaceAll(line.subarray(0, -1), CARRIAGE_RETURN);
  return line;
}

/** A JSON message without line ends; the same buffer where it has none. */
export function withoutLineEnds(message: Buffer): Buffer {
  if (!message.includes(LINE_FEED) && !message.includes(CARRIAGE_RETURN)) return message;
  return toLine(message).subarray(0, -1);
}

const LINE_FEED = 0x0a, CARRIAGE_RETURN = 0x0d, SPACE = 0x20;
const EMPTY = Buffer.alloc(0);
const KEPT_BYTES = 4096;

function replaceAll(bytes: Buffer, byte: number): void {
  for (let i = bytes.indexOf(byte); i >= 0; i = bytes.indexOf(byte, i + 1)) bytes[i] = SPACE;
}
