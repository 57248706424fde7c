/** What became of a request: the right answer, a clear error, or something that must not be (pure). */

import type { RawAnswer } from "../bridge/raw-http.js";

export type Verdict =
  | { readonly kind: "right"; readonly result: Readonly<Record<string, unknown>> }
  /** A JSON-RPC error with the request's id. */
  | { readonly kind: "error"; readonly status: number; readonly code: number; readonly what: string }
  | { readonly kind: "wrong"; readonly what: string };

export interface EchoExpected { readonly nonce: string; readonly who: string; readonly isOwn: boolean }

export function judge({ status, head, body }: RawAnswer, id: number): Verdict {
  const isStream = /\r\ncontent-type: ?text\/event-stream/i.test(head);
  const json = isStream ? /^data: (\{.*\})\r?$/m.exec(body)?.[1] : body;
  const message = readObject(json);
  if (message === undefined) return { kind: "wrong", what: `no JSON-RPC message: ${status} ${body.slice(0, 200)}` };
  if (message["id"] !== id) return { kind: "wrong", what: `the answer to ${id} has another id: ${status} ${body.slice(0, 300)}` };
  const error = message["error"];
  if (isObject(error)) return { kind: "error", status, code: Number(error["code"]), what: String(error["message"]) };
  const result = message["result"];
  return status === 200 && isObject(result) ? { kind: "right", result } : { kind: "wrong", what: `neither result nor error: ${status} ${body.slice(0, 300)}` };
}

/** As `judge`, and the answer must hold what was asked, of a process that has served nobody else where sessions have their own. */
export function judgeEcho(answer: RawAnswer, id: number, { nonce, who, isOwn }: EchoExpected): Verdict {
  const verdict = judge(answer, id);
  if (verdict.kind !== "right") return verdict;
  const { content, structuredContent } = verdict.result;
  const text = Array.isArray(content) && isObject(content[0]) ? content[0]["text"] : undefined;
  if (text !== nonce) return { kind: "wrong", what: `the answer to ${nonce} is ${JSON.stringify(content)}` };
  const first = isObject(structuredContent) ? structuredContent["first"] : undefined;
  return isOwn && first !== who ? { kind: "wrong", what: `${who} is served by a process that has served ${String(first)}` } : verdict;
}

function readObject(json: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
