/** One type on one stream: what the client wants, what it holds, what is on its way, and what it refused. */

import type { EncodedResource, TypeUrl } from "../snapshot/snapshot.js";
import { versionOfAll } from "../snapshot/type-version.js";
import { absent, Refusals, type Nack } from "./refusals.js";

/** Whether a resource may go out: now, when something that is on its way has arrived, or not before another change. */
export type Admission = "now" | "later" | "blocked";

export interface Admissions {
  readonly mayAdd: (resource: EncodedResource) => Admission;
  readonly mayRemove: boolean;
  /** To ask for all is not enough: the resource has to be asked for by its name. */
  readonly isOnDemand: (name: string) => boolean;
}

/** What a response is to bring. */
export interface Due {
  readonly changed: readonly EncodedResource[];
  readonly removed: readonly string[];
}

interface Outstanding {
  readonly nonce: string;
  readonly sentAtMs: number;
  /** How many resources it brought or took. */
  readonly size: number;
  /** By name, but for those asked for again or no longer since; `absent` is a removal. */
  readonly versions: Map<string, string>;
}

/**
 * Changes in place: a copy of 10,000 names for each of 10,000 requests would be quadratic. What is to be sent is never
 * queued: it is found by comparing the names in `unsure` with the snapshot, and only when no response is outstanding.
 */
export class Subscription {
  readonly typeUrl: TypeUrl;
  #isBegun = false;
  #isForAll = false;
  #hasHistory = false;
  readonly #names = new Set<string>();
  readonly #held = new Map<string, string>();
  /** In a response that was refused: the client may have taken it all the same, or not. */
  readonly #uncertain = new Set<string>();
  /** Names asked for of which the client knows that there is nothing. */
  readonly #knownAbsent = new Set<string>();
  readonly #refusals = new Refusals();
  /** To be compared with the snapshot. */
  readonly #unsure = new Set<string>();
  /** Compared, and held back until something that is on its way has arrived. */
  readonly #waiting = new Set<string>();
  /** Compared, and held back because what they lead to was refused. */
  readonly #blocked = new Set<string>();
  /** To be sent although the client has them. */
  readonly #owed = new Set<string>();
  #owesFirstAnswer = false;
  #outstanding: Outstanding | undefined;
  #lastNonce = "";
  /** Of what is held, once somebody has asked and until it changes. */
  #heldVersion: string | undefined;

  constructor(typeUrl: TypeUrl) {
    this.typeUrl = typeUrl;
  }

  /** False until the first request for the type. */
  get isBegun(): boolean { return this.#isBegun; }
  /** The client came with resources from a stream before this one. */
  get hasHistory(): boolean { return this.#hasHistory; }
  get isForAll(): boolean { return this.#isForAll; }
  get names(): ReadonlySet<string> { return this.#names; }
  /** The nonce of the last response, empty before the first. */
  get lastNonce(): string { return this.#lastNonce; }
  get outstandingSinceMs(): number | undefined { return this.#outstanding?.sentAtMs; }
  get hasWaiting(): boolean { return this.#waiting.size > 0; }
  get hasHeldBack(): boolean { return this.#waiting.size + this.#blocked.size > 0; }
  get heldCount(): number { return this.#held.size; }
  /** One version for all that the client has accepted; empty where that is nothing. */
  get heldVersion(): string {
    return (this.#heldVersion ??= this.#held.size === 0 ? "" : versionOfAll(this.#held));
  }
  get sentCount(): number {
    let count = this.#held.size;
    for (const [name, version] of this.#outstanding?.versions ?? []) if (version !== absent && !this.#held.has(name)) count += 1;
    return count;
  }
  get nack(): Nack | undefined { return this.#refusals.nack; }
  get hasRefusals(): boolean { return !this.#refusals.isEmpty; }
  get refusedNames(): readonly string[] { return this.#refusals.names; }
  /** When `tryAgain` is due. */
  get retryAtMs(): number | undefined { return this.#outstanding === undefined ? this.#refusals.retryAtMs : undefined; }

  /** Nothing is on its way or about to be. What was refused, or is blocked by a refusal, is not. */
  get isSettled(): boolean {
    return this.#outstanding === undefined && this.#unsure.size === 0 && this.#waiting.size === 0 && !this.#refusals.hasSuspects;
  }

  /** Settled, and nothing the client should have is kept from it. */
  get isInSync(): boolean {
    return this.isSettled && this.#refusals.count === 0 && this.#blocked.size === 0 && !this.#owesFirstAnswer;
  }

  wants(name: string): boolean {
    return this.#isForAll || this.#names.has(name);
  }

  /** What a client has, it keeps, though it never named it: its cluster may be in use. */
  leavesOut(name: string, isOnDemand: boolean): boolean {
    return isOnDemand && !this.#names.has(name) && !this.#held.has(name) && !this.#uncertain.has(name);
  }

  /** For certain, in whichever version. */
  holds(name: string): boolean {
    return this.#held.has(name) && this.#outstanding?.versions.get(name) !== absent;
  }

  holdsVersion(resource: EncodedResource): boolean {
    return this.#held.get(resource.name) === resource.version;
  }

  hasRefused(resource: EncodedResource): boolean {
    return this.#refusals.has(resource.name, resource.version);
  }

  /** On its way, and has been so since `sentBeforeMs` or longer. */
  isOnItsWaySince(name: string, sentBeforeMs: number): boolean {
    return this.#outstanding !== undefined && this.#outstanding.sentAtMs <= sentBeforeMs && this.#outstanding.versions.has(name);
  }

  begin(): void {
    this.#isBegun = true;
  }

  /** Asked for again, a resource is sent again: the client may have forgotten it. */
  add(name: string): void {
    this.#names.add(name);
    this.#doubt(name);
  }

  remove(name: string): void {
    if (!this.#names.delete(name)) return;
    // A client that asks for all besides is told what becomes of it.
    if (this.#isForAll) this.#doubt(name);
    else this.#forget(name);
    this.#unsure.add(name);
  }

  /** `known`: the names that there are. */
  addAll(known: Iterable<string>): void {
    this.#isForAll = true;
    for (const name of known) this.#unsure.add(name);
  }

  removeAll(): void {
    this.#isForAll = false;
    for (const name of this.#held.keys()) this.#unsure.add(name);
  }

  /** From a stream before this one. What is owed is sent all the same. */
  learnHeld(name: string, version: string): void {
    if (!this.wants(name)) return;
    this.#hasHistory = true;
    this.#owesFirstAnswer = false;
    this.#held.set(name, version);
    this.#heldVersion = undefined;
    this.#unsure.add(name);
  }

  /** A client that asked for all waits for an answer, even if there is nothing. */
  oweFirstAnswer(): void {
    this.#owesFirstAnswer = true;
  }

  /** The content of `name` has changed. */
  look(name: string, exists: boolean): void {
    if (!exists) this.#owed.delete(name);
    if (this.wants(name) || this.#held.has(name)) this.#unsure.add(name);
  }

  lookAtAll(known: Iterable<string>): void {
    if (this.#isForAll) for (const name of known) this.#unsure.add(name);
    for (const name of this.#names) this.#unsure.add(name);
    for (const name of this.#held.keys()) this.#unsure.add(name);
    for (const name of this.#uncertain) this.#unsure.add(name);
  }

  /** What was held back is compared anew. */
  reconsider(): void {
    for (const name of this.#waiting) this.#unsure.add(name);
    for (const name of this.#blocked) this.#unsure.add(name);
    this.#waiting.clear();
    this.#blocked.clear();
  }

  owe(name: string): void {
    this.#owed.add(name);
    if (this.wants(name)) this.#unsure.add(name);
  }

  /** Compares the unsure names with what there is. Undefined: nothing to say, or not before an answer has come. */
  takeDue(resources: ReadonlyMap<string, EncodedResource>, admissions: Admissions): Due | undefined {
    if (this.#outstanding !== undefined) return undefined;
    let due = this.#compare(this.#unsure, resources, admissions);
    this.#unsure.clear();
    while (isNothing(due)) {
      const suspects = this.#refusals.takeSuspects();
      if (suspects === undefined) break;
      due = this.#compare(suspects, resources, admissions);
    }
    const isFirstAnswer = this.#owesFirstAnswer && this.#waiting.size === 0;
    if (!isNothing(due) || isFirstAnswer) return due;
    // The refused content is gone, and the client has never let go of what is there again.
    if (this.#waiting.size === 0) this.#refusals.settle();
    return undefined;
  }

  noteSent(nonce: string, due: Due, nowMs: number): void {
    const versions = new Map(due.changed.map((resource) => [resource.name, resource.version]));
    for (const name of due.removed) versions.set(name, absent);
    for (const name of versions.keys()) this.#owed.delete(name);
    this.#outstanding = { nonce, versions, size: versions.size, sentAtMs: nowMs };
    this.#lastNonce = nonce;
    this.#owesFirstAnswer = false;
  }

  /** The answer to the outstanding response. False: it answers another one, and means nothing. */
  takeAnswer(nonce: string, refusal: string | undefined, nowMs: number): boolean {
    const outstanding = this.#outstanding;
    if (outstanding === undefined || outstanding.nonce !== nonce) return false;
    this.#outstanding = undefined;
    if (refusal === undefined) {
      for (const [name, version] of outstanding.versions) this.#noteHeld(name, version);
      this.#refusals.settle();
    } else {
      for (const name of this.#refusals.note(refusal, outstanding, nowMs)) this.#uncertain.add(name);
    }
    return true;
  }

  /** What was refused is sent once more as it is. */
  tryAgain(nowMs: number): void {
    for (const name of this.#refusals.tryAgain(nowMs)) this.#unsure.add(name);
  }

  #compare(names: Iterable<string>, resources: ReadonlyMap<string, EncodedResource>, admissions: Admissions): Due {
    const changed: EncodedResource[] = [];
    const removed: string[] = [];
    for (const name of names) {
      this.#waiting.delete(name);
      this.#blocked.delete(name);
      const resource = resources.get(name);
      const next = this.#next(name, resource, admissions);
      if (next === "later") this.#waiting.add(name);
      else if (next === "blocked") this.#blocked.add(name);
      else if (next === "now") {
        if (resource === undefined) removed.push(name);
        else changed.push(resource);
      }
    }
    return { changed, removed };
  }

  /** Undefined: the client has it, or must do without. */
  #next(name: string, resource: EncodedResource | undefined, admissions: Admissions): Admission | undefined {
    if (!this.wants(name) || this.leavesOut(name, admissions.isOnDemand(name))) {
      this.#forget(name);
      return undefined;
    }
    const held = this.#held.get(name);
    if (this.#refusals.holdsBack(name, resource?.version ?? absent)) return undefined;
    const isUncertain = this.#uncertain.has(name);
    if (resource !== undefined) {
      // What was known before is better than a guess.
      if (resource.isGuess === true && held !== undefined) return undefined;
      return held === resource.version && !isUncertain && !this.#owed.has(name) ? undefined : admissions.mayAdd(resource);
    }
    if (held !== undefined || isUncertain) return admissions.mayRemove ? "now" : "later";
    return this.#names.has(name) && !this.#knownAbsent.has(name) ? "now" : undefined;
  }

  #noteHeld(name: string, version: string): void {
    this.#refusals.forget(name);
    this.#uncertain.delete(name);
    this.#heldVersion = undefined;
    if (version === absent) {
      this.#held.delete(name);
      if (this.#names.has(name)) this.#knownAbsent.add(name);
    } else {
      this.#held.set(name, version);
      this.#knownAbsent.delete(name);
    }
  }

  /** The client may or may not have it: if it exists it is sent again, and if not, it is removed in its turn. */
  #doubt(name: string): void {
    const mayHave = this.#held.has(name) || (this.#outstanding?.versions.get(name) ?? absent) !== absent;
    this.#forget(name);
    if (mayHave) this.#uncertain.add(name);
    this.#unsure.add(name);
  }

  /** The client no longer counts as having it, not even if it accepts what is on its way. */
  #forget(name: string): void {
    this.#held.delete(name);
    this.#heldVersion = undefined;
    this.#uncertain.delete(name);
    this.#knownAbsent.delete(name);
    this.#refusals.forget(name);
    this.#outstanding?.versions.delete(name);
  }
}

function isNothing(due: Due): boolean {
  return due.changed.length + due.removed.length === 0;
}
