/** A request of 2026-07-28 at a process of the same revision: passed on as it is, but for its ids. */

import { rawOf, type RequestEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { textAt } from "../jsonrpc/member.js";
import { withId } from "../jsonrpc/message-id.js";
import type { ModernClaims } from "../jsonrpc/modern-claims.js";
import type { SentHeaders } from "../jsonrpc/param-headers.js";
import { requestStateOf, toListenEnd, withSubscriptionId } from "../jsonrpc/modern-result.js";
import type { Caller } from "./pending.js";
import type { SharedHost } from "./shared-host.js";
import type { SharedProcess } from "./shared-process.js";
import type { Asker, SharedRequest } from "./shared-request.js";

/** As the front has read it. */
export interface ModernAsk {
  readonly message: Buffer;
  readonly envelope: RequestEnvelope;
  readonly claims: ModernClaims;
  /** Arguments that came in headers too. */
  readonly paramHeaders: SentHeaders;
  readonly caller: Caller;
}

/** A request on its way, to whomever. */
export interface ModernCall {
  /** It lasts for as long as the client likes. */
  readonly lasts: boolean;
  /** True when it was still waiting, and has never reached a process. */
  readonly withdraw: () => boolean;
  /** The client has closed its stream, which is how it cancels. */
  readonly abandon: (why: string) => void;
  /** The server is on its way out: what lasts is brought to its end. */
  readonly dismiss: () => void;
}

export interface PassedCallNeeds {
  /** The bytes of a state of the process, with where it is awaited around them. */
  readonly seal: (process: SharedProcess, state: Buffer) => Buffer;
  readonly onEnd: (call: ModernCall) => void;
}

export class PassedCall implements Asker, ModernCall {
  readonly lasts: boolean;
  private readonly needs: PassedCallNeeds;
  private readonly request: SharedRequest;
  private host: SharedHost | undefined;

  constructor({ message, envelope, claims, caller }: ModernAsk, needs: PassedCallNeeds) {
    this.needs = needs;
    this.lasts = envelope.method === "subscriptions/listen";
    this.request = {
      asker: this, message, envelope, caller,
      key: "",
      id: rawOf(message, envelope.id),
      token: envelope.progressToken === undefined ? undefined : rawOf(message, envelope.progressToken),
      uri: undefined,
      logs: textAt(message, claims.logLevel),
      lasts: this.lasts,
      place: { kind: "waiting", timer: undefined },
    };
  }

  /** To whichever process has room. */
  submit(host: SharedHost): void {
    this.host = host;
    host.submit(this.request);
  }

  /** To the one that knows of it, however busy that is. */
  submitTo(process: SharedProcess): void {
    if (process.ask(this.request) !== "sent") this.refused(this.request, "the server process does not take it");
  }

  withdraw(): boolean {
    return this.host?.withdraw(this.request) === true;
  }

  abandon(why: string): void {
    const { place } = this.request;
    if (place.kind === "done") return;
    if (place.kind === "waiting") this.withdraw();
    else place.process.cancel(place.number, why);
    this.end();
  }

  dismiss(): void {
    if (!this.lasts || this.request.place.kind === "done") return;
    this.abandon("the server is being stopped");
    this.request.caller.answer(toListenEnd(this.request.id), "result");
  }

  answered(request: SharedRequest, message: Buffer, outcome: "result" | "error"): void {
    const { place } = request;
    this.end();
    if (outcome === "error") return request.caller.answer(message, outcome);
    if (this.lasts) return request.caller.answer(withSubscriptionId(message, request.id), outcome);
    const state = place.kind === "sent" ? requestStateOf(message) : undefined;
    if (state === undefined || place.kind !== "sent") return request.caller.answer(message, outcome);
    // The process is of a host, which has no others.
    request.caller.answer(withId(message, state, this.needs.seal(place.process as SharedProcess, rawOf(message, state))), outcome);
  }

  failed(request: SharedRequest, what: string): void {
    this.end();
    request.caller.answer(toErrorMessage(request.id, { code: errorCodes.unavailable, message: what }), "error");
  }

  refused(request: SharedRequest, what: string): void {
    this.end();
    request.caller.refuse(toErrorMessage(request.id, { code: errorCodes.unavailable, message: `the request was not run: ${what}` }));
  }

  dismissed(request: SharedRequest): void {
    this.end();
    request.caller.answer(toListenEnd(request.id), "result");
  }

  askedBy(): string {
    return "a server of 2026-07-28 asks for input by its answer";
  }

  cancelledBy(): boolean {
    return false;
  }

  lost(): void {
    // Its end fails the request.
  }

  give(message: Buffer): string | undefined {
    if (!this.request.caller.canStream) return "the client takes no stream";
    this.request.caller.stream(message);
    return undefined;
  }

  private end(): void {
    this.request.place = { kind: "done" };
    this.needs.onEnd(this);
  }
}
