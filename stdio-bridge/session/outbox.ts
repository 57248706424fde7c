/** Messages to a client that has no stream open just now, kept within bounds until it opens one. */

export interface OutboxLimits { readonly maxMessages: number; readonly maxBytes: number }

export class Outbox {
  private readonly limits: OutboxLimits;
  private messages: Buffer[] = [];
  private bytes = 0;

  constructor(limits: OutboxLimits) {
    this.limits = limits;
  }

  /** False when it is full: then the message is not kept. */
  keep(message: Buffer): boolean {
    if (this.messages.length >= this.limits.maxMessages || this.bytes + message.length > this.limits.maxBytes) return false;
    // A copy: the message lies in a larger buffer that would be kept alive with it.
    this.messages.push(Buffer.from(message));
    this.bytes += message.length;
    return true;
  }

  takeAll(): readonly Buffer[] {
    if (this.messages.length === 0) return NOTHING;
    const all = this.messages;
    this.messages = [];
    this.bytes = 0;
    return all;
  }
}

const NOTHING: readonly Buffer[] = [];
