/** What a client has refused of one type: which resources, what is still suspected, and when it is tried again. */

/** In the place of a version: the resource is gone, or never was. */
export const absent = "";

export interface Nack {
  readonly message: string;
  readonly atMs: number;
}

/** The answer to a refused response: what it brought or took, `absent` for a removal, and how many that were. */
export interface RefusedResponse {
  readonly versions: ReadonlyMap<string, string>;
  readonly size: number;
}

const firstRetryMs = 1_000;
const longestRetryMs = 15_000;

export class Refusals {
  /** The versions that are not sent again, but for a trial, until the content is another. */
  readonly #refused = new Map<string, string>();
  /** Refused together with what is bad: sent again, in ever smaller groups until that is known. */
  readonly #suspects: (readonly string[])[] = [];
  /** May be sent once more as they are. */
  readonly #onTrial = new Set<string>();
  #nack: Nack | undefined;
  /** In a row, of the same. */
  #trials = 0;
  #lastTrialMs = 0;

  get nack(): Nack | undefined { return this.#nack; }
  get count(): number { return this.#refused.size; }
  get names(): readonly string[] { return [...this.#refused.keys()]; }
  get isEmpty(): boolean { return this.#refused.size + this.#suspects.length === 0; }
  get hasSuspects(): boolean { return this.#suspects.length > 0; }

  has(name: string, version: string): boolean {
    return this.#refused.get(name) === version;
  }

  /** When what was refused may be tried again: what was in its way may be gone. */
  get retryAtMs(): number | undefined {
    if (this.#refused.size === 0 || this.#nack === undefined) return undefined;
    return Math.max(this.#nack.atMs, this.#lastTrialMs) + Math.min(longestRetryMs, firstRetryMs * 2 ** this.#trials);
  }

  /** The names that are to be looked at again. */
  tryAgain(nowMs: number): readonly string[] {
    this.#trials += 1;
    this.#lastTrialMs = nowMs;
    for (const name of this.#refused.keys()) this.#onTrial.add(name);
    return this.names;
  }

  /**
   * A refusal may or may not name the bad resources, and the client may or may not have taken the good ones: Envoy does
   * either, by type and by error. So the good ones are sent again without the bad ones; their names are returned.
   */
  note(message: string, { versions, size }: RefusedResponse, nowMs: number): readonly string[] {
    this.#nack = { message, atMs: nowMs };
    const names = [...versions.keys()];
    const bad = new Set(size === 1 ? names : names.filter((name) => isNamedIn(message, name)));
    for (const name of bad) {
      const version = versions.get(name) ?? absent;
      if (!this.has(name, version)) this.#trials = 0;
      this.#refused.set(name, version);
    }
    const rest = names.filter((name) => !bad.has(name));
    const half = Math.ceil(rest.length / 2);
    const groups = bad.size > 0 ? [rest] : [rest.slice(0, half), rest.slice(half)];
    this.#suspects.unshift(...groups.filter((group) => group.length > 0));
    return rest;
  }

  takeSuspects(): readonly string[] | undefined {
    return this.#suspects.shift();
  }

  /** Whether this version is not to be sent. Another version is another chance. */
  holdsBack(name: string, version: string): boolean {
    if (!this.has(name, version)) {
      this.forget(name);
      return false;
    }
    return !this.#onTrial.delete(name);
  }

  /** The last refusal is told until all it concerned has been replaced. */
  settle(): void {
    if (this.isEmpty) this.#nack = undefined;
  }

  /** It was accepted, or is no longer asked for. */
  forget(name: string): void {
    this.#refused.delete(name);
    this.#onTrial.delete(name);
    if (this.#refused.size === 0) this.#trials = 0;
  }
}

function isNamedIn(message: string, name: string): boolean {
  for (let at = message.indexOf(name); at >= 0; at = message.indexOf(name, at + 1)) {
    const end = at + name.length;
    if (!/[\w/-]/.test(message.charAt(at - 1)) && !/^(?:[\w/-]|\.\w)/.test(message.slice(end, end + 2))) return true;
  }
  return false;
}
