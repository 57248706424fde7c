/** Who wants to hear of which resource, and which process was asked to tell: one subscription at a process serves many sessions. */

import type { AskedProcess, Asker } from "./shared-request.js";

interface Subscription {
  readonly uri: Buffer;
  readonly subscribers: Set<Asker>;
  process: AskedProcess | undefined;
}

export class Subscriptions {
  private readonly byUri = new Map<string, Subscription>();

  processOf(uri: Buffer): AskedProcess | undefined {
    return this.byUri.get(keyOf(uri))?.process;
  }

  holds(process: AskedProcess): boolean {
    for (const subscription of this.byUri.values()) if (subscription.process === process) return true;
    return false;
  }

  add(uri: Buffer, subscriber: Asker, process: AskedProcess): void {
    const key = keyOf(uri);
    const known = this.byUri.get(key);
    if (known === undefined) return void this.byUri.set(key, { uri, subscribers: new Set([subscriber]), process });
    known.subscribers.add(subscriber);
    known.process ??= process;
  }

  /** True while others are subscribed to it, so that the process has to go on telling. */
  isNeededWithout(uri: Buffer, subscriber: Asker): boolean {
    const subscribers = this.byUri.get(keyOf(uri))?.subscribers;
    return subscribers !== undefined && subscribers.size > (subscribers.has(subscriber) ? 1 : 0);
  }

  remove(uri: Buffer, subscriber: Asker): void {
    const subscription = this.byUri.get(keyOf(uri));
    subscription?.subscribers.delete(subscriber);
    if (subscription?.subscribers.size === 0) this.byUri.delete(keyOf(uri));
  }

  /** The subscriber is gone: those that nobody else wants, with the process that has to be told. */
  removeAll(subscriber: Asker): readonly { readonly uri: Buffer; readonly process: AskedProcess | undefined }[] {
    const unwanted = [...this.byUri.values()].filter(({ subscribers }) => subscribers.delete(subscriber) && subscribers.size === 0);
    for (const { uri } of unwanted) this.byUri.delete(keyOf(uri));
    return unwanted;
  }

  /** Of an update: who is subscribed to the resource, or to one that it is a part of. */
  subscribersOf(uri: Buffer, process: AskedProcess): ReadonlySet<Asker> {
    const exact = this.byUri.get(keyOf(uri));
    if (exact !== undefined) return exact.process === process ? exact.subscribers : new Set();
    const text = keyOf(uri);
    const subscribers = new Set<Asker>();
    for (const [key, subscription] of this.byUri) {
      if (subscription.process !== process || !text.startsWith(key)) continue;
      for (const subscriber of subscription.subscribers) subscribers.add(subscriber);
    }
    return subscribers;
  }

  /** The process will tell no more. */
  lose(process: AskedProcess): void {
    for (const subscription of this.byUri.values()) if (subscription.process === process) subscription.process = undefined;
  }

  loseAll(): void {
    for (const subscription of this.byUri.values()) subscription.process = undefined;
  }

  /** Those that no process tells of are now this one's; it has to be asked. */
  rehome(process: AskedProcess): readonly Buffer[] {
    const lost = [...this.byUri.values()].filter((subscription) => subscription.process === undefined);
    for (const subscription of lost) subscription.process = process;
    return lost.map(({ uri }) => uri);
  }
}

/** The URI itself, however its JSON was written. */
function keyOf(uri: Buffer): string {
  return JSON.parse(uri.toString("utf8")) as string;
}
