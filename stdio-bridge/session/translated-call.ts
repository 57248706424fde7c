/** A request of 2026-07-28 at a process of an older revision: what that asks its client meanwhile becomes an answer, and the retry goes on with the call. */

import { randomUUID } from "node:crypto";
import { levelOf, offers, readInputResponses, toAnswer, toInputRequired, withResultType, type Asked } from "../jsonrpc/as-modern.js";
import { rawOf, readEnvelope, type NotificationEnvelope, type RequestEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { memberOf, textAt } from "../jsonrpc/member.js";
import { idKey } from "../jsonrpc/message-id.js";
import { logLevels } from "../jsonrpc/modern-claims.js";
import type { ModernAsk, ModernCall } from "./passed-call.js";
import type { Caller } from "./pending.js";
import type { SharedHost } from "./shared-host.js";
import type { AskedProcess, Asker, SharedRequest } from "./shared-request.js";

export interface TranslatedCallNeeds {
  readonly host: Pick<SharedHost, "submit" | "withdraw">;
  /** For so long a call waits for its client. */
  readonly keptMs: number;
  /** The bytes of a state by which the client comes back to this call. */
  readonly seal: (callId: string) => Buffer;
  /** How many calls are kept open already, for clients that were asked for something. */
  readonly kept: () => number;
  readonly onEnd: (call: TranslatedCall) => void;
}

/** What a process waits for, in its own words. */
interface Question extends Asked {
  readonly process: AskedProcess;
  readonly id: Buffer;
}

export class TranslatedCall implements Asker, ModernCall {
  readonly lasts = false;
  private readonly needs: TranslatedCallNeeds;
  private readonly method: string;
  private readonly subject: string | undefined;
  private readonly capabilities: Buffer;
  private readonly level: string | undefined;
  private readonly request: SharedRequest;
  /** The HTTP request that awaits the answer now; absent while the client is asked for something. */
  private ask: ModernAsk | undefined;
  private readonly questions = new Map<string, Question>();
  private lastKey = 0;
  /** By it the client comes back; another after each answer, so that none is gone on with twice. */
  private callId = "";
  private isFlushing = false;
  private keeping: NodeJS.Timeout | undefined;
  private unkeep: (() => void) | undefined;
  /** An answer that came while nobody awaited it. */
  private early: { readonly message: Buffer; readonly outcome: "result" | "error" } | undefined;

  constructor(ask: ModernAsk, needs: TranslatedCallNeeds) {
    const { message, envelope, claims } = ask;
    this.needs = needs;
    this.ask = ask;
    this.method = envelope.method;
    this.subject = claims.subject?.value;
    this.capabilities = claims.clientCapabilities === undefined ? Buffer.from("{}") : rawOf(message, claims.clientCapabilities);
    this.level = textAt(message, claims.logLevel);
    const current = (): ModernAsk | undefined => this.ask;
    const firstId = rawOf(message, envelope.id);
    this.request = {
      asker: this, message, envelope, key: "", uri: undefined,
      logs: this.level,
      // Those of the retry, once there is one.
      get id() {
        const now = current();
        return now === undefined ? firstId : rawOf(now.message, now.envelope.id);
      },
      get token() {
        const now = current();
        return now?.envelope.progressToken === undefined ? undefined : rawOf(now.message, now.envelope.progressToken);
      },
      get caller() {
        return current()?.caller ?? nobody;
      },
      place: { kind: "waiting", timer: undefined },
    };
  }

  get isKept(): boolean {
    return this.ask === undefined;
  }

  get id(): string {
    return this.callId;
  }

  submit(): void {
    this.needs.host.submit(this.request);
  }

  withdraw(): boolean {
    return this.needs.host.withdraw(this.request);
  }

  /** The client comes back with what it was asked for. */
  resume(ask: ModernAsk): void {
    const { message, envelope, claims, caller } = ask;
    if (envelope.method !== this.method || claims.subject?.value !== this.subject) {
      return caller.answer(toErrorMessage(rawOf(message, envelope.id), { code: errorCodes.invalidParams, message: `requestState is of a ${this.method} of something else` }), "error");
    }
    this.leave();
    this.ask = ask;
    const responses = readInputResponses(message);
    for (const [key, { process, id }] of [...this.questions]) {
      const response = responses.get(key);
      if (response === undefined) continue;
      this.questions.delete(key);
      process.tell(response[0] === OPEN_BRACE ? toAnswer(id, response) : toErrorMessage(id, { code: errorCodes.unavailable, message: "the client gave no answer that is one" }));
    }
    if (this.early !== undefined) return this.conclude(this.early.message, this.early.outcome);
    if (this.questions.size > 0) this.flush();
  }

  abandon(why: string): void {
    const { place } = this.request;
    if (place.kind === "done") {
      // The answer came early, and nobody will fetch it.
      if (this.isKept) this.end();
      return;
    }
    if (place.kind === "waiting") this.withdraw();
    else place.process.cancel(place.number, why);
    this.answerQuestions(why);
    this.end();
  }

  dismiss(): void {
    if (this.isKept) this.abandon("the server is being stopped");
  }

  answered(request: SharedRequest, message: Buffer, outcome: "result" | "error"): void {
    request.place = { kind: "done" };
    const translated = outcome === "result" ? withResultType(message, this.method) : message;
    if (this.ask === undefined) {
      // A copy: the message lies in a buffer that is used again.
      this.early = { message: Buffer.from(translated), outcome };
      return;
    }
    this.conclude(translated, outcome);
  }

  failed(request: SharedRequest, what: string): void {
    this.answered(request, toErrorMessage(request.id, { code: errorCodes.unavailable, message: what }), "error");
  }

  refused(request: SharedRequest, what: string): void {
    const { caller, id } = request;
    this.end();
    caller.refuse(toErrorMessage(id, { code: errorCodes.unavailable, message: `the request was not run: ${what}` }));
  }

  askedBy(process: AskedProcess, message: Buffer, { method, id }: RequestEnvelope): string | undefined {
    const capability = Object.hasOwn(capabilityOf, method) ? capabilityOf[method] : undefined;
    if (capability === undefined) return `${method} is nothing that a client of 2026-07-28 can be asked for`;
    if (!interactive.includes(this.method)) return `a client cannot be asked for input by ${this.method}`;
    if (!offers(this.capabilities, capability)) return `the client does not offer ${capability}`;
    if (this.questions.size >= maxQuestions) return `the client is asked for ${this.questions.size} things already`;
    if (!this.isKept && this.needs.kept() >= maxKept) return `${maxKept} calls wait for their clients already`;
    const params = memberOf(message, ["params"]);
    // Copies: they outlive the message.
    this.questions.set(`input-${++this.lastKey}`, {
      key: `input-${this.lastKey}`, method, process, id: Buffer.from(rawOf(message, id)), params: params === undefined ? undefined : Buffer.from(rawOf(message, params)),
    });
    // What the process asks at once the client is asked at once.
    if (!this.isFlushing) {
      this.isFlushing = true;
      setImmediate(() => {
        this.isFlushing = false;
        if (this.ask !== undefined && this.questions.size > 0 && this.request.place.kind === "sent") this.flush();
      });
    }
    return undefined;
  }

  cancelledBy(process: AskedProcess, message: Buffer, { requestId }: NotificationEnvelope): boolean {
    if (requestId === undefined) return false;
    const id = idKey(rawOf(message, requestId));
    for (const [key, question] of this.questions) {
      if (question.process === process && idKey(question.id) === id) return this.questions.delete(key);
    }
    return false;
  }

  lost(process: AskedProcess): void {
    for (const [key, question] of this.questions) if (question.process === process) this.questions.delete(key);
  }

  /** What the process says to nobody in particular, while this is the only request that it is busy with: log messages, where they are wanted. */
  give(message: Buffer): string | undefined {
    const envelope = readEnvelope(message);
    if (envelope.kind !== "notification" || envelope.method !== "notifications/message") return undefined;
    const level = levelOf(message);
    if (this.level === undefined || level === undefined || logLevels.indexOf(level) < logLevels.indexOf(this.level)) return undefined;
    if (this.request.caller.canStream) this.request.caller.stream(message);
    return undefined;
  }

  /** The client is asked, and the call kept until it comes back. */
  private flush(): void {
    const { ask } = this;
    if (ask === undefined) return;
    this.ask = undefined;
    this.callId = randomUUID();
    const { place } = this.request;
    if (place.kind === "sent") {
      const { process } = place;
      process.keep(1);
      this.unkeep = () => process.keep(-1);
    }
    this.keeping = setTimeout(() => this.abandon("the client did not come back with what it was asked for"), this.needs.keptMs);
    ask.caller.answer(toInputRequired(rawOf(ask.message, ask.envelope.id), [...this.questions.values()], this.needs.seal(this.callId)), "result");
  }

  /** `message` may bear the id of an earlier HTTP request of this call. */
  private conclude(message: Buffer, outcome: "result" | "error"): void {
    const { caller, id } = this.request;
    const envelope = readEnvelope(message);
    this.end();
    caller.answer(envelope.kind === "response" && envelope.id !== undefined ? Buffer.concat([message.subarray(0, envelope.id.start), id, message.subarray(envelope.id.end)]) : message, outcome);
  }

  /** Nobody will: the process need not wait. */
  private answerQuestions(why: string): void {
    for (const { process, id } of this.questions.values()) process.tell(toErrorMessage(id, { code: errorCodes.unavailable, message: why }));
    this.questions.clear();
  }

  /** The client is waited for no longer. */
  private leave(): void {
    clearTimeout(this.keeping);
    this.unkeep?.();
    this.unkeep = undefined;
  }

  private end(): void {
    this.leave();
    this.request.place = { kind: "done" };
    this.needs.onEnd(this);
  }
}

const OPEN_BRACE = 0x7b;
const maxKept = 100;
const maxQuestions = 16;
/** Methods whose answer may ask for input. */
const interactive: readonly string[] = ["tools/call", "prompts/get", "resources/read"];
const capabilityOf: Readonly<Record<string, string>> = { "sampling/createMessage": "sampling", "elicitation/create": "elicitation", "roots/list": "roots" };

/** While the client is asked for something. */
const nobody: Caller = { isOpen: false, canStream: false, stream: () => undefined, answer: () => undefined, refuse: () => undefined };
