/** The keys of session ids as a source: read from a file and again when it changes, or made up where there is none. */

import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Problem, SessionKeysView } from "../../model/model.js";
import { startFileWatch } from "../registry/file-watch.js";
import { reasonOf } from "../registry/registry-files.js";
import type { Source } from "../source.js";
import { readKeys } from "./read-keys.js";

export interface SessionKeysOptions {
  /** Absent: a key is made up, and known to nobody after this process. */
  readonly path: string | undefined;
  readonly makeKey: () => Uint8Array;
  readonly log: Logger;
  /** How often is looked where no event tells of a change. */
  readonly pollMs?: number;
}

export function makeSessionKeysSource({ path, makeKey, log, pollMs = 500 }: SessionKeysOptions): Source<SessionKeysView> {
  return {
    name: "session_keys",
    async *views(stop) {
      if (path === undefined) {
        log.info("session ids are sealed with a key made up now: a session that loses its process or worker after a restart of the xds-server is lost. --session-key-file keeps the key");
        yield { kind: "session_keys", keys: [makeKey()], problems: [] };
        if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
        return;
      }
      const ended = new AbortController();
      const watch = startFileWatch({ pollMs, stop: AbortSignal.any([stop, ended.signal]) });
      let last: SessionKeysView = { kind: "session_keys", keys: [makeKey()], problems: [] };
      let isFirst = true;
      try {
        watch.look([path]);
        while (!stop.aborted) {
          const now = readView(path, last);
          if (isFirst || !isSame(now, last)) yield last = now;
          isFirst = false;
          await watch.changed();
        }
      } finally {
        ended.abort();
      }
    },
  };
}

/** A file that gives no key changes nothing but the problems. */
function readView(path: string, last: SessionKeysView): SessionKeysView {
  const problem = (where: string, what: string): Problem => ({ severity: "error", where, what, hint: "write a key a line, as `openssl rand -base64 32` makes them" });
  const keep = (problems: readonly Problem[]): SessionKeysView => ({ ...last, problems });
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return keep([problem(path, `the session keys cannot be read: ${reasonOf(error)}; those before stay in force`)]);
  }
  const { keys, complaints } = readKeys(text);
  const problems = complaints.map(({ line, what }) => problem(`${path}:${line}`, `the line ${what}`));
  if (keys.length > 0) return { kind: "session_keys", keys, problems };
  return keep([...problems, problem(path, "the file holds no session key; those before stay in force")]);
}

function isSame(one: SessionKeysView, other: SessionKeysView): boolean {
  const text = ({ keys, problems }: SessionKeysView): string => JSON.stringify([keys.map((key) => Buffer.from(key).toString("base64")), problems]);
  return text(one) === text(other);
}
