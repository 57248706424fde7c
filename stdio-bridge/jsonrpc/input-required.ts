/** A result of 2026-07-28 that asks for input, and the requests by which older revisions ask a client for the same. */

import { rawOf } from "./envelope.js";
import { memberOf, textAt } from "./member.js";
import { isObject } from "./modern-request.js";
import { editsFor, membersAt, toObject, withAllEdits, type Member } from "./splice.js";

/** One thing that the process wants to know of the client. */
export interface InputRequest {
  /** What the process calls it. */
  readonly key: string;
  readonly method: InputMethod;
  /** An object, as the process wrote it; absent where it has none. */
  readonly params: Buffer | undefined;
}

export type InputMethod = "sampling/createMessage" | "elicitation/create" | "roots/list";

export type ResultKind =
  /** What was asked for. */
  | { readonly kind: "complete" }
  | { readonly kind: "input_required"; readonly requests: readonly InputRequest[]; readonly state: Buffer | undefined }
  /** Nothing that a client of an older revision could be given. */
  | { readonly kind: "unusable"; readonly what: string };

/** Of an answer that is a result. What it tells is copied, so that it may be kept. */
export function readResultKind(message: Buffer): ResultKind {
  const type = memberOf(message, ["result", "resultType"]);
  if (type === undefined) return { kind: "complete" };
  const said = textAt(message, type);
  if (said === "complete") return { kind: "complete" };
  if (said !== "input_required") return { kind: "unusable", what: `its result is of type ${JSON.stringify(said ?? null)}, which is not known` };
  const state = memberOf(message, ["result", "requestState"]);
  const asked = memberOf(message, ["result", "inputRequests"]);
  const requests: InputRequest[] = [];
  for (const { name, value } of asked === undefined ? [] : membersAt(message, asked.start)) {
    const request = rawOf(message, value);
    const method = readMethod(request);
    if (method === undefined) return { kind: "unusable", what: `it asks for ${JSON.stringify(name)} in a way that is not known` };
    const params = memberOf(request, ["params"]);
    requests.push({ key: name, method, params: isObject(request, params) ? Buffer.from(rawOf(request, params)) : undefined });
  }
  const hasState = state !== undefined && message[state.start] === QUOTE;
  if (requests.length === 0 && !hasState) return { kind: "unusable", what: "it asks for input, and does not say for what" };
  return { kind: "input_required", requests, state: hasState ? Buffer.from(rawOf(message, state)) : undefined };
}

/** As the client is asked. `elicitationId`: for one that opens a URL, which revisions with sessions know by an id. */
export function toClientRequest(id: number, { method, params }: InputRequest, elicitationId: string): Buffer {
  const head = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}`;
  if (params === undefined) return Buffer.from(`${head}}`);
  const asked = method === "elicitation/create" ? withElicitationId(params, elicitationId) : params;
  return Buffer.concat([Buffer.from(`${head},"params":`), asked, CLOSE]);
}

/** What the retry says besides what was asked at first. `answers`: the results of the client by the names of the process, as it wrote them. */
export function toRetryParams(answers: readonly Member[], state: Buffer | undefined): readonly Member[] {
  return [
    ...(answers.length === 0 ? [] : [{ name: "inputResponses", raw: toObject(answers) }]),
    ...(state === undefined ? [] : [{ name: "requestState", raw: state }]),
  ];
}

/** The capability that a client declares for it. */
export function capabilityOf(method: InputMethod): "sampling" | "elicitation" | "roots" {
  switch (method) {
    case "sampling/createMessage": return "sampling";
    case "elicitation/create": return "elicitation";
    case "roots/list": return "roots";
  }
}

const QUOTE = 0x22;
const CLOSE = Buffer.from("}");
const methods: readonly InputMethod[] = ["sampling/createMessage", "elicitation/create", "roots/list"];

function readMethod(request: Buffer): InputMethod | undefined {
  const said = textAt(request, memberOf(request, ["method"]));
  return methods.find((method) => method === said);
}

function withElicitationId(params: Buffer, elicitationId: string): Buffer {
  if (textAt(params, memberOf(params, ["mode"])) !== "url" || memberOf(params, ["elicitationId"]) !== undefined) return params;
  return withAllEdits(params, editsFor(params, { start: 0, end: params.length }, [{ name: "elicitationId", raw: Buffer.from(JSON.stringify(elicitationId)) }]));
}
