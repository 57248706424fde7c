/** What sessions have asked of the processes that they share, and what each of these is therefore told: subscriptions and the level of logs. */

import { rawOf, type NotificationEnvelope } from "../jsonrpc/envelope.js";
import { memberOf } from "../jsonrpc/member.js";
import { logLevels } from "../jsonrpc/modern-claims.js";
import type { SharedProcess } from "./shared-process.js";
import type { AskedProcess, Asker, SharedRequest } from "./shared-request.js";
import { Subscriptions } from "./subscriptions.js";

export class SharedWishes {
  private readonly subscriptions = new Subscriptions();
  /** Sessions that have set a level, which the processes share. */
  private readonly levelSetters = new Set<Asker>();
  /** The bytes of the last one. */
  private level: Buffer | undefined;
  /** Of processes: the level down to which they were asked to log for single requests. */
  private readonly opened = new WeakMap<SharedProcess, string>();

  /** It tells of a resource, so it stays. */
  holds(process: AskedProcess): boolean {
    return this.subscriptions.holds(process);
  }

  /** The process that tells of the resource. */
  processOf(uri: Buffer): AskedProcess | undefined {
    return this.subscriptions.processOf(uri);
  }

  /** True where others still want to hear of the resource, so that no process need be asked. */
  unsubscribeAmongOthers(uri: Buffer, asker: Asker): boolean {
    if (!this.subscriptions.isNeededWithout(uri, asker)) return false;
    this.subscriptions.remove(uri, asker);
    return true;
  }

  /** A request was granted by its process. `others`: those that are to be told the same. */
  noteGranted(request: SharedRequest, process: AskedProcess, others: Iterable<SharedProcess>): void {
    const { asker, uri } = request;
    switch (request.envelope.method) {
      case "resources/subscribe":
        if (uri !== undefined) this.subscriptions.add(uri, asker, process);
        break;
      case "resources/unsubscribe":
        if (uri !== undefined) this.subscriptions.remove(uri, asker);
        break;
      case "logging/setLevel":
        this.levelSetters.add(asker);
        this.level = readLevel(request.message);
        for (const other of others) if (other !== process) this.setLevel(other);
        break;
      default:
    }
  }

  /** The process has begun to serve. */
  tellAll(process: SharedProcess): void {
    this.setLevel(process);
    this.subscribeAnew(process);
  }

  setLevel(process: SharedProcess): void {
    if (this.level !== undefined && process.isServing) process.askItself(`"logging/setLevel","params":{"level":${this.level.toString("latin1")}}`);
  }

  /** To resources that no process tells of any more. */
  subscribeAnew(process: SharedProcess): void {
    for (const uri of this.subscriptions.rehome(process)) process.askItself(`"resources/subscribe","params":{"uri":${uri.toString("latin1")}}`);
  }

  /**
   * For a single request that wants logs. A process has one level for all: it is lowered only as long as no session has
   * set one, and never raised again. `introduction`: what the process said to `initialize`.
   */
  openLogs(process: SharedProcess, level: string, introduction: Buffer): void {
    if (this.level !== undefined || memberOf(introduction, ["result", "capabilities", "logging"]) === undefined) return;
    const before = this.opened.get(process);
    if (before !== undefined && logLevels.indexOf(before) <= logLevels.indexOf(level)) return;
    this.opened.set(process, level);
    process.askItself(`"logging/setLevel","params":{"level":${JSON.stringify(level)}}`);
  }

  /** The session is gone. */
  leave(asker: Asker): void {
    this.levelSetters.delete(asker);
    for (const { uri, process } of this.subscriptions.removeAll(asker)) {
      if (process?.isServing === true) process.askItself(`"resources/unsubscribe","params":{"uri":${uri.toString("latin1")}}`);
    }
  }

  /** The process is gone. */
  lose(process: AskedProcess): void {
    this.subscriptions.lose(process);
  }

  /** The processes of another command are to grant it from now on. */
  moveTo(processes: Iterable<SharedProcess>): void {
    this.subscriptions.loseAll();
    for (const process of processes) this.setLevel(process);
  }

  /** Whom a notification of the process concerns, and nobody on suspicion. */
  hearersOf(process: SharedProcess, message: Buffer, { method }: NotificationEnvelope, everyone: () => Iterable<Asker>): Iterable<Asker> {
    if (method === "notifications/resources/updated") {
      const uri = memberOf(message, ["params", "uri"]);
      return uri === undefined || message[uri.start] !== QUOTE ? [] : this.subscriptions.subscribersOf(rawOf(message, uri), process);
    }
    if (method.endsWith("/list_changed")) return everyone();
    const sole = process.soleAsker();
    if (sole !== undefined) return [sole];
    return method === "notifications/message" ? this.levelSetters : [];
  }
}

const QUOTE = 0x22;

function readLevel(message: Buffer): Buffer | undefined {
  const level = memberOf(message, ["params", "level"]);
  return level === undefined ? undefined : Buffer.from(rawOf(message, level));
}
