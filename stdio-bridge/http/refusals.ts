/** What a client is told when a session, a process or a request is not to be had. */

import { errorCodes } from "../jsonrpc/error-message.js";
import type { LeaseRefusal } from "../pool/pool.js";
import type { AskOutcome, TellOutcome } from "../session/client-session.js";
import { refuse, type Refusal } from "./mcp-request.js";

const retryLater = { "retry-after": "1" };

export function refuseAsk(outcome: Exclude<AskOutcome, "sent">, id: Buffer | undefined): Refusal {
  switch (outcome) {
    case "duplicate_id": return refuse(400, errorCodes.invalidRequest, "a request with this id is still open in this session", id);
    case "too_many_requests": return refuse(503, errorCodes.unavailable, "too many requests of this session are open", id, retryLater);
    case "not_reading":
    case "ended": return refuseTell(outcome, id);
  }
}

export function refuseTell(outcome: Exclude<TellOutcome, "sent">, id: Buffer | undefined): Refusal {
  switch (outcome) {
    case "not_reading": return refuse(503, errorCodes.unavailable, "the server process does not read its input", id, retryLater);
    case "ended": return sessionNotFound(id);
  }
}

export function sessionNotFound(id: Buffer | undefined): Refusal {
  return refuse(404, errorCodes.sessionNotFound, "session not found: it has ended or never was, begin a new one with initialize", id);
}

/** A 404 would end the client's session. */
export function notKnownYet(): Refusal {
  return refuse(503, errorCodes.unavailable, "what is to be served here is not known yet: the xds-server has not said it", undefined, retryLater);
}

export function serverNotFound(serverName: string, id: Buffer | undefined): Refusal {
  return refuse(404, errorCodes.invalidRequest, `no stdio server "${serverName}" here`, id);
}

export function refuseLease(serverName: string, why: LeaseRefusal, what: string, id: Buffer | undefined): Refusal {
  const message = why === "cannot_start" ? `server "${serverName}" cannot be run: ${what}` : `server "${serverName}" has no process for a new session: ${what}`;
  return refuse(503, errorCodes.unavailable, message, id, retryLater);
}
