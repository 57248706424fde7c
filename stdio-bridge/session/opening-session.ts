/** A session at a server of which it is not known yet whether its processes take `initialize`: when one does not, another session takes its place before the client notices. */

import type { Envelope, NotificationEnvelope, RequestEnvelope, ResponseEnvelope } from "../jsonrpc/envelope.js";
import type { LeaseRefusal, Tenant } from "../pool/pool.js";
import type { ProcessExit } from "../process/process-exit.js";
import type { TornMessage } from "../process/process-output.js";
import type { AskOutcome, ClientSession, Listener, TellOutcome } from "./client-session.js";
import type { Caller } from "./pending.js";

export type HowOver = "forgotten" | "ended";

export interface OpeningNeeds {
  /** The session as it is where processes take `initialize`. */
  readonly makeFirst: (onOver: (how: HowOver) => void) => ClientSession & Tenant;
  /** `initialize` was taken. */
  readonly onTaken: () => void;
  /** It was refused: what else there is for the client. `stop`: the session has ended. */
  readonly makeSecond: (onOver: (how: HowOver) => void, stop: AbortSignal) => Promise<Second>;
  readonly onOver: (how: HowOver) => void;
}

export type Second =
  | { readonly kind: "opened"; readonly session: ClientSession }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

export class OpeningSession implements ClientSession, Tenant {
  readonly isRebuilt = false;
  private readonly needs: OpeningNeeds;
  private readonly first: ClientSession & Tenant;
  private inner: ClientSession;
  /** Between the refusal and what comes of it. */
  private isChanging = false;
  private listener: Listener | undefined;
  /** The same, as the session inside knows it: it does not end with the first of the two. */
  private listenerInside: Listener | undefined;
  private slowStreams = 0;
  private readonly over = new AbortController();

  constructor(needs: OpeningNeeds) {
    this.needs = needs;
    this.inner = this.first = needs.makeFirst((how) => this.noteOver(how));
  }

  get id(): string {
    return this.inner.id;
  }

  get openRequests(): number {
    return this.isChanging ? 1 : this.inner.openRequests;
  }

  idleMs(nowMs: number): number {
    return this.isChanging ? 0 : this.inner.idleMs(nowMs);
  }

  leftMs(nowMs: number): number {
    return this.isChanging ? 0 : this.inner.leftMs(nowMs);
  }

  ask(message: Buffer, envelope: RequestEnvelope, caller: Caller): AskOutcome {
    // Nothing is to be asked before `initialize` is answered.
    if (this.isChanging) return "not_reading";
    return this.inner.ask(message, envelope, envelope.method === "initialize" ? this.watch(message, envelope, caller) : caller);
  }

  tell(message: Buffer, envelope: NotificationEnvelope | ResponseEnvelope): TellOutcome {
    return this.isChanging ? "not_reading" : this.inner.tell(message, envelope);
  }

  listen(listener: Listener): boolean {
    if (this.over.signal.aborted || this.listener !== undefined) return false;
    this.listener = listener;
    this.listenerInside = {
      send: (message) => listener.send(message),
      close: () => {
        if (!this.isChanging) listener.close();
      },
    };
    return this.isChanging || this.inner.listen(this.listenerInside);
  }

  unlisten(listener: Listener): void {
    if (this.listener !== listener) return;
    if (this.listenerInside !== undefined) this.inner.unlisten(this.listenerInside);
    this.listener = this.listenerInside = undefined;
  }

  slow(): void {
    this.slowStreams++;
    if (!this.isChanging) this.inner.slow();
  }

  flowing(): void {
    this.slowStreams--;
    if (!this.isChanging) this.inner.flowing();
  }

  end(why: string): void {
    if (!this.isChanging) return this.inner.end(why);
    this.finish("ended");
    this.listener?.close();
  }

  forget(why: string): void {
    if (this.isChanging) return this.end(why);
    this.inner.forget(why);
  }

  receive(message: Buffer, envelope: Envelope): void {
    this.first.receive(message, envelope);
  }

  receiveTorn(torn: TornMessage): void {
    this.first.receiveTorn(torn);
  }

  processEnded(exit: ProcessExit): void {
    this.first.processEnded(exit);
  }

  /** The caller of `initialize`, who hears of a refusal only when nothing else is left. */
  private watch(message: Buffer, envelope: RequestEnvelope, caller: Caller): Caller {
    return {
      get isOpen() { return caller.isOpen; },
      get canStream() { return caller.canStream; },
      stream: (streamed) => caller.stream(streamed),
      refuse: (refusal, why) => caller.refuse(refusal, why),
      answer: (answer, outcome) => {
        if (outcome === "result") {
          this.needs.onTaken();
          return caller.answer(answer, outcome);
        }
        this.isChanging = true;
        // A copy: the answer lies in a buffer that is used again. Nothing in this is expected to fail.
        void this.change(message, envelope, caller, Buffer.from(answer));
      },
    };
  }

  private async change(message: Buffer, envelope: RequestEnvelope, caller: Caller, refusal: Buffer): Promise<void> {
    const second = await this.needs.makeSecond((how) => this.noteOver(how), this.over.signal);
    this.isChanging = false;
    const isOver = this.over.signal.aborted;
    if (second.kind === "refused" || isOver) {
      caller.answer(refusal, "error");
      if (second.kind === "opened") second.session.end("the client has gone before it had begun");
      if (isOver) return;
      this.finish("ended");
      this.listener?.close();
      return;
    }
    const { session } = second;
    this.inner = session;
    if (this.listenerInside !== undefined) session.listen(this.listenerInside);
    for (let stream = 0; stream < this.slowStreams; stream++) session.slow();
    if (session.ask(message, envelope, caller) !== "sent") caller.answer(refusal, "error");
  }

  private noteOver(how: HowOver): void {
    if (!this.isChanging) this.finish(how);
  }

  private finish(how: HowOver): void {
    if (this.over.signal.aborted) return;
    this.over.abort();
    this.needs.onOver(how);
  }
}
