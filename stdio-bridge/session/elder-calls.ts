/** The open requests of an older client at processes of 2026-07-28: one attempt after the other, with questions to the client in between. */

import type { Logger } from "pino";
import { rawOf, type NotificationEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { readResultKind, toRetryParams } from "../jsonrpc/input-required.js";
import { memberOf, textAt } from "../jsonrpc/member.js";
import { idKey } from "../jsonrpc/message-id.js";
import { toModernRequest, type ElderClient } from "../jsonrpc/modern-request.js";
import type { Member } from "../jsonrpc/splice.js";
import type { AskOutcome } from "./client-session.js";
import { ElderInputs } from "./elder-inputs.js";
import type { Caller } from "./pending.js";
import type { RequestHost } from "./request-host.js";
import type { SessionLimits } from "./session.js";
import type { AskedProcess, SharedRequest } from "./shared-request.js";

export interface ElderTimes {
  /** For the client to answer what a process wants to know. */
  readonly inputMs: number;
  /** Between two attempts of a request for which the process only wants to be asked again. */
  readonly againMs: number;
}

export const elderTimes: ElderTimes = { inputMs: 10 * 60_000, againMs: 250 };

/** Who asks: what of a request is the same in all its attempts. */
export type AttemptOf = Pick<SharedRequest, "key" | "id" | "token" | "caller">;

export interface ElderCallNeeds {
  readonly host: () => RequestHost;
  readonly toAttempt: (of: AttemptOf, message: Buffer) => SharedRequest;
  readonly capabilities: () => ElderClient["capabilities"];
  /** To the client, beside any request; absent, or why it cannot be. */
  readonly give: (message: Buffer) => string | undefined;
  readonly limits: SessionLimits;
  readonly times: ElderTimes;
  readonly log: Logger;
  /** The client may still answer what it was asked elsewhere, by lower numbers. */
  readonly lastNumber: number;
}

/** A request of the client that is still open. */
interface ElderCall {
  readonly id: Buffer;
  readonly caller: Caller;
  /** What the process was asked at first, without the answers that a later attempt brings. */
  readonly message: Buffer;
  attempt: SharedRequest;
  attempts: number;
  asking: Asking | undefined;
}

/** What its client has to say before a request can go on. */
interface Asking {
  readonly inputs: ElderInputs;
  /** The process that wants to know. */
  readonly process: AskedProcess;
  readonly numbers: number[];
  timer: NodeJS.Timeout | undefined;
}

export class ElderCalls {
  private readonly needs: ElderCallNeeds;
  private readonly calls = new Map<string, ElderCall>();
  /** What the client was asked, by the number that it knows it by. */
  private readonly asked = new Map<number, ElderInputs>();
  private lastNumber: number;

  constructor(needs: ElderCallNeeds) {
    this.needs = needs;
    this.lastNumber = needs.lastNumber;
  }

  get size(): number {
    return this.calls.size;
  }

  /** Who waits for an answer, the latest last. */
  *callers(): Iterable<Caller> {
    for (const { caller } of this.calls.values()) yield caller;
  }

  has(attempt: SharedRequest): boolean {
    return this.find(attempt) !== undefined;
  }

  /** Why a request of this id cannot be begun; absent: it can. */
  refusalOf(id: Buffer): Exclude<AskOutcome, "sent"> | undefined {
    if (this.calls.has(idKey(id))) return "duplicate_id";
    return this.calls.size >= this.needs.limits.maxOpenRequests ? "too_many_requests" : undefined;
  }

  /** `message`: as a process of 2026-07-28 takes it. */
  begin(id: Buffer, token: Buffer | undefined, caller: Caller, message: Buffer): void {
    const key = idKey(id);
    const attempt = this.needs.toAttempt({ key, id, token, caller }, message);
    this.calls.set(key, { id, caller, message, attempt, attempts: 1, asking: undefined });
    this.needs.host().submit(attempt);
  }

  answered(attempt: SharedRequest, message: Buffer, outcome: "result" | "error"): void {
    const call = this.find(attempt);
    if (call === undefined) return;
    const kind = outcome === "result" && mayAskForInput(attempt.envelope.method) ? readResultKind(message) : COMPLETE;
    switch (kind.kind) {
      case "complete":
        this.finish(call);
        return call.caller.answer(message, outcome);
      case "unusable": return this.fail(call, `the server's answer cannot be given to a client of this revision: ${kind.what}`);
      case "input_required":
        if (call.attempts >= maxAttempts) return this.fail(call, `the server still wants to know more after ${maxAttempts} attempts`);
        return this.askClient(call, kind);
    }
  }

  failed(attempt: SharedRequest, what: string): void {
    const call = this.find(attempt);
    if (call !== undefined) this.fail(call, what);
  }

  refused(attempt: SharedRequest, what: string): void {
    const call = this.find(attempt);
    if (call === undefined) return;
    if (call.attempts > 1) return this.fail(call, what);
    this.finish(call);
    call.caller.refuse(toErrorMessage(call.id, { code: errorCodes.unavailable, message: `the request was not run: ${what}` }), "no_room");
  }

  cancel(message: Buffer, envelope: NotificationEnvelope): void {
    const call = envelope.requestId === undefined ? undefined : this.calls.get(idKey(rawOf(message, envelope.requestId)));
    if (call === undefined) return;
    if (call.asking === undefined) this.abandon(call.attempt, textAt(message, memberOf(message, ["params", "reason"])) ?? "the client has cancelled it");
    this.fail(call, "the request was cancelled by the client");
  }

  /** What the client says to what it was asked. */
  receiveAnswer(message: Buffer, envelope: ResponseEnvelope): void {
    const number = envelope.id === undefined ? NaN : Number(idKey(rawOf(message, envelope.id)));
    const inputs = this.asked.get(number);
    this.asked.delete(number);
    if (inputs === undefined) this.needs.log.debug({ bytes: message.length }, "an answer from the client to no open request was dropped");
    else inputs.receive(number, message, envelope);
  }

  /** The session is over. */
  endAll(why: string): void {
    for (const call of [...this.calls.values()]) {
      if (call.asking === undefined) this.abandon(call.attempt, "the session has ended");
      this.fail(call, `the session has ended: ${why}`);
    }
  }

  /** Nobody awaits the answer any more: the process is told so. */
  abandon(attempt: SharedRequest, reason: string): void {
    const { place } = attempt;
    if (place.kind === "waiting") this.needs.host().withdraw(attempt);
    else if (place.kind === "sent") place.process.cancel(place.number, reason);
  }

  private find(attempt: SharedRequest): ElderCall | undefined {
    const call = this.calls.get(attempt.key);
    return call?.attempt === attempt ? call : undefined;
  }

  private finish(call: ElderCall): void {
    this.stopAsking(call);
    call.attempt.place = { kind: "done" };
    this.calls.delete(call.attempt.key);
  }

  private fail(call: ElderCall, what: string): void {
    call.asking?.inputs.withdraw(what);
    this.finish(call);
    call.caller.answer(toErrorMessage(call.id, { code: errorCodes.unavailable, message: what }), "error");
  }

  /** The state that the process gave may be its own, so it is the one that is asked again. */
  private askClient(call: ElderCall, { requests, state }: Extract<ReturnType<typeof readResultKind>, { kind: "input_required" }>): void {
    const { place } = call.attempt;
    if (place.kind !== "sent") return;
    if (this.asked.size + requests.length > this.needs.limits.maxServerRequests) return this.fail(call, `the client owes ${this.asked.size} answers already`);
    const { process } = place;
    const again = (answers: readonly Member[]): void => this.askAgain(call, process, toRetryParams(answers, state));
    const inputs = new ElderInputs(requests, {
      capabilities: this.needs.capabilities(),
      // Over the stream of the request that it is about, where there is one.
      send: (message) => (call.caller.canStream ? void call.caller.stream(message) : this.needs.give(message)),
      nextNumber: () => ++this.lastNumber,
      onAnswered: again,
      onFailed: (what) => this.fail(call, what),
    });
    const asking: Asking = { inputs, process, numbers: [], timer: undefined };
    call.asking = asking;
    process.retain();
    const { inputMs, againMs } = this.needs.times;
    if (requests.length === 0) {
      asking.timer = setTimeout(() => again([]), againMs);
      return;
    }
    for (const number of inputs.ask()) {
      asking.numbers.push(number);
      this.asked.set(number, inputs);
    }
    if (call.asking === asking) asking.timer = setTimeout(() => this.fail(call, `the client did not answer within ${inputMs} ms what the server wants to know`), inputMs);
  }

  private askAgain(call: ElderCall, process: AskedProcess, params: readonly Member[]): void {
    const attempt = this.needs.toAttempt(call.attempt, toModernRequest(call.message, [], params));
    call.attempt = attempt;
    call.attempts++;
    const sent = process.ask(attempt);
    this.stopAsking(call);
    if (sent !== "sent") this.fail(call, sent === "gone" ? "the server process that asked for input has gone" : "the server process does not read its input");
  }

  private stopAsking(call: ElderCall): void {
    const { asking } = call;
    if (asking === undefined) return;
    call.asking = undefined;
    clearTimeout(asking.timer);
    for (const number of asking.numbers) this.asked.delete(number);
    asking.process.letGo();
  }
}

/** As many as clients of 2026-07-28 make by themselves. */
const maxAttempts = 10;
const COMPLETE = { kind: "complete" } as const;

/** Other requests are never answered by a question. */
function mayAskForInput(method: string): boolean {
  return method === "tools/call" || method === "prompts/get" || method === "resources/read";
}
