/** What the tools of a command want in headers too: asked for once in a while, as nobody is told of changes who has not asked to be. */

import { readEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes } from "../jsonrpc/error-message.js";
import { readClaims } from "../jsonrpc/modern-claims.js";
import { errorCodeOf } from "../jsonrpc/modern-result.js";
import { faultOfHeaders, nextCursorOf, readParamHeaders, toToolsList, type ParamHeader } from "../jsonrpc/param-headers.js";
import type { ModernAsk, ModernCall } from "./passed-call.js";
import type { Caller } from "./pending.js";

export class ToolHeaders {
  private readonly pass: (ask: ModernAsk) => ModernCall;
  private byTool: ReadonlyMap<string, readonly ParamHeader[]> = new Map();
  private knownUntilMs = -Infinity;
  private asking: Promise<void> | undefined;

  /** `pass`: brings a request of ours to a process. */
  constructor(pass: (ask: ModernAsk) => ModernCall) {
    this.pass = pass;
  }

  /** Why a tools/call is to be refused, as a sentence; absent: its headers say what its arguments say. */
  async faultOf({ message, claims, paramHeaders }: ModernAsk): Promise<string | undefined> {
    if (performance.now() > this.knownUntilMs) await (this.asking ??= this.learn());
    const wanted = this.byTool.get(claims.subject?.value ?? "");
    return wanted === undefined ? undefined : faultOfHeaders(message, wanted, paramHeaders);
  }

  private async learn(): Promise<void> {
    try {
      const found = new Map<string, readonly ParamHeader[]>();
      let cursor: string | undefined;
      for (let page = 0; page < maxPages; page++) {
        const answer = await this.list(cursor);
        // What was known is better than nothing, and the next call asks again.
        if (answer === undefined) return;
        for (const [tool, headers] of readParamHeaders(answer)) found.set(tool, headers);
        cursor = nextCursorOf(answer);
        if (cursor === undefined) break;
      }
      this.byTool = found;
      this.knownUntilMs = performance.now() + keptMs;
    } finally {
      this.asking = undefined;
    }
  }

  /** Absent: there is no answer to be had. */
  private list(cursor: string | undefined): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const message = toToolsList(cursor), envelope = readEnvelope(message);
      if (envelope.kind !== "request") throw new Error("what asks for the list of tools is a request");
      const caller: Caller = {
        isOpen: true,
        canStream: false,
        stream: () => undefined,
        // That the method does not exist is an answer too: there are no tools.
        answer: (answer, outcome) => end(outcome === "result" || errorCodeOf(answer) === errorCodes.methodNotFound ? answer : undefined),
        refuse: () => end(undefined),
      };
      const limit = setTimeout(() => {
        call.abandon("the list of tools was waited for too long");
        resolve(undefined);
      }, limitMs);
      const end = (answer: Buffer | undefined): void => {
        clearTimeout(limit);
        resolve(answer);
      };
      const call = this.pass({ message, envelope, claims: readClaims(message, envelope.method), paramHeaders: {}, caller });
    });
  }
}

const keptMs = 60_000, limitMs = 10_000;
const maxPages = 100;
