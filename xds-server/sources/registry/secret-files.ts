/** The files that `${file:…}` and tls name: read once, and again when they change. */

import { readFileSync, statSync } from "node:fs";
import { isUtf8 } from "node:buffer";
import type { FileText } from "./expansion.js";
import { reasonOf } from "./registry-files.js";

interface Known {
  readonly text: FileText;
  readonly signature: string;
  /** When it was read, the file had lain still for long enough that its times can be trusted. */
  readonly isSettled: boolean;
  isUsed: boolean;
}

const maxBytes = 1024 * 1024;
/** Two writes within one tick of the file system's clock look like one. */
const settledAfterMs = 2_000;

export class SecretFiles {
  readonly #known = new Map<string, Known>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The same object as long as the file is the same; looks at the disk only after `refresh`. */
  readonly lookUp = (path: string): FileText => {
    const known = this.#known.get(path) ?? this.#read(path, undefined);
    known.isUsed = true;
    this.#known.set(path, known);
    return known.text;
  };

  get paths(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Looks again at every file that was asked for since the last time, and forgets the others. */
  refresh(): void {
    for (const [path, known] of this.#known) {
      if (!known.isUsed) this.#known.delete(path);
      else this.#known.set(path, { ...this.#read(path, known), isUsed: false });
    }
  }

  #read(path: string, before: Known | undefined): Known {
    try {
      const stats = statSync(path);
      const signature = `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
      if (before?.isSettled === true && before.signature === signature) return before;
      const isSettled = this.#now() - stats.mtimeMs > settledAfterMs;
      const text = !stats.isFile() ? unreadable("it is not a file") : stats.size > maxBytes ? unreadable("it is larger than 1 MiB") : toText(readFileSync(path));
      return { text: sameOrNew(before?.text, text), signature, isSettled, isUsed: false };
    } catch (error) {
      return { text: sameOrNew(before?.text, unreadable(reasonOf(error))), signature: "", isSettled: false, isUsed: false };
    }
  }
}

function toText(bytes: Buffer): FileText {
  return isUtf8(bytes) ? { kind: "text", text: bytes.toString() } : unreadable("it is not UTF-8 text");
}

function unreadable(why: string): FileText {
  return { kind: "unreadable", why };
}

function sameOrNew(before: FileText | undefined, now: FileText): FileText {
  if (before?.kind === "text" && now.kind === "text" && before.text === now.text) return before;
  if (before?.kind === "unreadable" && now.kind === "unreadable" && before.why === now.why) return before;
  return now;
}
