/** What a process of 2026-07-28 wants to know of an older client before it goes on: asked as that client's revision has it, and collected for the retry. */

import { randomUUID } from "node:crypto";
import { rawOf, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { capabilityOf, toClientRequest, type InputRequest } from "../jsonrpc/input-required.js";
import { memberOf, textAt } from "../jsonrpc/member.js";
import type { Member } from "../jsonrpc/splice.js";

export interface InputsNeeds {
  /** As the client has declared them. */
  readonly capabilities: Buffer;
  /** To the client; absent, or why it cannot be. */
  readonly send: (message: Buffer) => string | undefined;
  /** A number that no other open request to the client has. */
  readonly nextNumber: () => number;
  /** All is there: the client's answers by the names of the process. */
  readonly onAnswered: (answers: readonly Member[]) => void;
  readonly onFailed: (what: string) => void;
}

/** One round of questions to the client. */
export class ElderInputs {
  private readonly needs: InputsNeeds;
  private readonly requests: readonly InputRequest[];
  /** Those that are not answered yet, by the number that the client knows them by. */
  private readonly open = new Map<number, InputRequest>();
  private readonly answers = new Map<string, Buffer>();

  constructor(requests: readonly InputRequest[], needs: InputsNeeds) {
    this.requests = requests;
    this.needs = needs;
  }

  /** The numbers that the client is asked by; none when it could not be asked, which `onFailed` has told. */
  ask(): readonly number[] {
    for (const { method } of this.requests) {
      if (memberOf(this.needs.capabilities, [capabilityOf(method)]) === undefined) return this.fail(`the server asks for ${method}, which the client does not offer`);
    }
    for (const request of this.requests) {
      const number = this.needs.nextNumber();
      const refusal = this.needs.send(toClientRequest(number, request, randomUUID()));
      if (refusal !== undefined) return this.fail(`the server asks for ${request.method}, but ${refusal}`);
      this.open.set(number, request);
    }
    return [...this.open.keys()];
  }

  /** The client has answered the request of this number. */
  receive(number: number, message: Buffer, envelope: ResponseEnvelope): void {
    const request = this.open.get(number);
    if (request === undefined) return;
    this.open.delete(number);
    const result = envelope.outcome === "error" ? undefined : memberOf(message, ["result"]);
    if (result !== undefined) this.answers.set(request.key, Buffer.from(rawOf(message, result)));
    // A user who was not asked has not declined: of the answers that the process knows this says it best.
    else if (request.method === "elicitation/create") this.answers.set(request.key, CANCELLED);
    else return void this.fail(`the client refused ${request.method}: ${textAt(message, memberOf(message, ["error", "message"])) ?? "it did not say why"}`);
    if (this.open.size > 0) return;
    this.needs.onAnswered(this.requests.flatMap(({ key }) => {
      const raw = this.answers.get(key);
      return raw === undefined ? [] : [{ name: key, raw }];
    }));
  }

  /** The client is not to answer any more what it has not answered yet. */
  withdraw(why: string): void {
    for (const number of this.open.keys()) {
      this.needs.send(Buffer.from(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: number, reason: why } })));
    }
    this.open.clear();
  }

  private fail(what: string): readonly number[] {
    this.withdraw(what);
    this.needs.onFailed(what);
    return [];
  }
}

const CANCELLED = Buffer.from('{"action":"cancel"}');
