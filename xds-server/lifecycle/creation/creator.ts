/** Makes true in Kubernetes what the registry wants to be there: every server by itself, again and again until it holds. */

import type { Logger } from "pino";
import { KubernetesError } from "../../kubernetes/kubernetes-error.js";
import type { KubernetesApi } from "../../kubernetes/kubernetes-api.js";
import { pauseMs } from "../../kubernetes/watch-objects.js";
import type { Problem } from "../../model/model.js";
import type { CreatedServer } from "../plan/created-server.js";
import type { Applied } from "../plan/steps.js";
import { toTroubles, type DeploymentState } from "../plan/troubles.js";
import { CreationError } from "./creation-error.js";
import { OwnedObjects, serverKey } from "./owned-objects.js";
import { makeServer, removeServer, type Workshop } from "./reconcile.js";
import { toRemovable } from "../plan/ownership.js";
import type { WantedObjects } from "./wanted-objects.js";

export interface CreatorOptions {
  readonly api: KubernetesApi;
  /** Whose objects these are; a label's value. */
  readonly owner: string;
  /** Where is looked for what nobody wants any more. Undefined: in the whole cluster. */
  readonly namespaces: readonly string[] | undefined;
  /** Where something is wanted is looked, too. False: there nothing is made. */
  readonly watchesNamed: boolean;
  readonly wantedObjects: Pick<WantedObjects, "of" | "forget">;
  /** Resolves once no Envoy routes to servers that have left the registry. */
  readonly drained: (stop: AbortSignal) => Promise<void>;
  /** Resolves when a server has been unwanted for so long that it is no slip: at the latest when `stop` is aborted. */
  readonly ripened: (stop: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly log: Logger;
}

/** What is wanted, whole. */
export interface Wish {
  readonly servers: readonly CreatedServer[];
  /** False: nobody can tell whether the registry still names this server. */
  readonly mayRemove: (id: string) => boolean;
}

interface Job {
  readonly namespace: string;
  readonly id: string;
  isRunning: boolean;
  isAgain: boolean;
  failures: number;
  retry?: NodeJS.Timeout;
  failure?: Problem;
  /** There while its removal ripens; aborted when the registry says anything else. */
  doubt?: AbortController;
}

/** Requests of so many servers may be open at once. */
const maxAtOnce = 8;
/** What is there by somebody else, and what else is not the API server's word, is looked at again: nobody tells us when it has gone. */
const lookAgainMs = 15_000;
const chartLookMs = 10_000;

export class Creator {
  readonly #options: CreatorOptions;
  readonly #workshop: Workshop;
  readonly #owned: OwnedObjects;
  readonly #jobs = new Map<string, Job>();
  readonly #watchTroubles = new Map<string, KubernetesError>();
  readonly #watched = new Set<string>();
  readonly #stop: AbortSignal;
  #wish: { readonly byKey: ReadonlyMap<string, CreatedServer>; readonly mayRemove: Wish["mayRemove"] } | undefined;
  /** Absent: another xds-server writes. */
  #term: AbortSignal | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: CreatorOptions, stop: AbortSignal) {
    this.#options = options;
    this.#stop = stop;
    const { api, owner, log } = options;
    this.#owned = new OwnedObjects({
      api,
      owner,
      onChange: (keys, isFirst) => {
        // Servers of which nothing is there wait until all has been listed.
        if (isFirst) this.#wakeAll();
        else for (const key of keys) this.#wake(key);
      },
      onTrouble: (what, error) => {
        if (error === undefined) this.#watchTroubles.delete(what);
        else {
          if (!this.#watchTroubles.has(what)) log.warn({ err: error }, `cannot watch the ${what} that were made`);
          this.#watchTroubles.set(what, error);
        }
      },
    });
    this.#workshop = { api, owner, owned: this.#owned, applied: new Map<string, Applied>() };
    for (const namespace of options.namespaces ?? [undefined]) this.#watch(namespace);
    const looks = setInterval(() => this.#lookAtCharts(), chartLookMs);
    stop.addEventListener("abort", () => clearInterval(looks), { once: true });
  }

  want({ servers, mayRemove }: Wish): void {
    const before = this.#wish?.byKey;
    const byKey = new Map(servers.map((server) => [serverKey(server.namespace, server.id), server]));
    this.#wish = { byKey, mayRemove };
    for (const [key, job] of this.#jobs) if (this.#isWanted(key, job)) job.doubt?.abort();
    if (this.#options.watchesNamed) for (const { namespace } of servers) this.#watch(namespace);
    for (const [key, server] of byKey) {
      if (before?.get(key) === server) continue;
      forgive(this.#job(key, server.namespace, server.id));
      this.#wake(key);
    }
    for (const [key, job] of this.#jobs) if (!byKey.has(key)) forgive(job);
    for (const key of [...this.#jobs.keys(), ...this.#owned.keys()]) if (!byKey.has(key)) this.#wake(key);
  }

  /** Something is there of a server that nobody wants. */
  get hasUnwanted(): boolean {
    return [...this.#owned.keys()].some((key) => this.#wish?.byKey.has(key) === false);
  }

  /** From now on, until `term` is aborted, this xds-server is the one that writes. */
  lead(term: AbortSignal): void {
    // Joined once, not for each run: what is joined to a signal that lives as long as the process stays with it.
    const untilOver = AbortSignal.any([term, this.#stop]);
    this.#term = untilOver;
    term.addEventListener("abort", () => {
      if (this.#term === untilOver) this.#term = undefined;
      // What fails from now on is for another one to say.
      for (const job of this.#jobs.values()) forgive(job);
    }, { once: true });
    // Another one may have written meanwhile.
    this.#workshop.applied.clear();
    this.#wakeAll();
  }

  problems(): readonly Problem[] {
    const failures = [...this.#jobs.values()].flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
    const troubles = [...(this.#wish?.byKey.values() ?? [])].flatMap((server) => this.#troublesOf(server));
    return [...this.#watchProblems(), ...failures, ...troubles];
  }

  /** One for all that fail in the same way, as when the API server is gone. */
  #watchProblems(): readonly Problem[] {
    const byCode = new Map<string, { readonly lists: string[]; readonly error: KubernetesError }>();
    for (const [what, error] of this.#watchTroubles) {
      const group = byCode.get(error.code) ?? { lists: [], error };
      group.lists.push(what);
      byCode.set(error.code, group);
    }
    return [...byCode].map(([code, { lists, error }]) => ({ severity: "error", where: "kubernetes", what: `what was made in Kubernetes cannot be watched (${code}): nothing is created or repaired there`, hint: `${lists.join(", ")}: ${error.message}` }));
  }

  #troublesOf({ id, namespace, name }: CreatedServer): readonly Problem[] {
    // The status of a Deployment, as the API server has written it.
    const deployment = this.#owned.of(namespace, id).find(({ kind }) => kind === "Deployment") as DeploymentState | undefined;
    return toTroubles(deployment, this.#owned.pods(namespace, id)).map(({ what, says }) => ({ severity: "error", where: `kubernetes ${namespace}/${name}`, serverId: id, what, hint: says === "" ? "kubectl describe tells more" : says }));
  }

  /** Nobody tells us of a chart's changed file. */
  #lookAtCharts(): void {
    for (const [key, { workload }] of this.#wish?.byKey ?? []) if (workload.madeFrom.kind === "chart") this.#wake(key);
  }

  #watch(namespace: string | undefined): void {
    const scope = namespace ?? "";
    if (this.#watched.has(scope)) return;
    this.#watched.add(scope);
    void this.#owned.watch(namespace, this.#stop);
  }

  #job(key: string, namespace: string, id: string): Job {
    const known = this.#jobs.get(key);
    if (known !== undefined) return known;
    const job: Job = { namespace, id, isRunning: false, isAgain: false, failures: 0 };
    this.#jobs.set(key, job);
    return job;
  }

  #wakeAll(): void {
    for (const key of this.#wish?.byKey.keys() ?? []) this.#wake(key);
    for (const key of this.#owned.keys()) this.#wake(key);
  }

  #wake(key: string): void {
    if (this.#wish === undefined || this.#term === undefined || this.#stop.aborted) return;
    const slash = key.indexOf("/");
    const job = this.#job(key, key.slice(0, slash), key.slice(slash + 1));
    if (job.isRunning) {
      job.isAgain = true;
      return;
    }
    // A server that fails is tried again when its pause is over, whatever its objects do meanwhile.
    if (job.retry !== undefined && job.failures > 0) return;
    void this.#run(key, job);
  }

  async #run(key: string, job: Job): Promise<void> {
    clearTimeout(job.retry);
    delete job.retry;
    job.isRunning = true;
    try {
      do {
        job.isAgain = false;
        const term = this.#term;
        if (term === undefined) break;
        await this.#runOnce(key, job, term);
      } while (job.isAgain && job.failure === undefined && !this.#stop.aborted);
    } finally {
      job.isRunning = false;
    }
    if (this.#wish?.byKey.has(key) === false && job.failure === undefined) this.#jobs.delete(key);
  }

  async #runOnce(key: string, job: Job, stop: AbortSignal): Promise<void> {
    try {
      const server = this.#wish?.byKey.get(key);
      if (server !== undefined) {
        // Helm, too: at the start every server with a chart asks for it.
        const done = await this.#inTurn(async () => {
          const toWanted = await this.#options.wantedObjects.of(server, stop);
          // Until all has been listed, every object would be asked for by itself.
          return this.#owned.isListed(server.namespace) ? makeServer(this.#workshop, server, toWanted, stop) : undefined;
        });
        if (done === undefined) return;
        if (done.length > 0) this.#options.log.info({ server: server.id, namespace: server.namespace, done }, "the server is as the registry wants it");
      } else await this.#remove(key, job, stop);
      delete job.failure;
      job.failures = 0;
    } catch (error) {
      if (stop.aborted) return;
      this.#fail(key, job, error instanceof KubernetesError || error instanceof CreationError ? error : this.#unexpected(job, error));
    }
  }

  async #remove(key: string, job: Job, stop: AbortSignal): Promise<void> {
    const { namespace, id } = job;
    const isMade = (): boolean => toRemovable(this.#owned.of(namespace, id), this.#options.owner).length > 0;
    if (!isMade() || this.#isWanted(key, job)) return;
    const doubt = new AbortController();
    job.doubt = doubt;
    const end = AbortSignal.any([stop, doubt.signal]);
    try {
      await this.#options.drained(end);
      // A file that is read while it is written may end anywhere, and is YAML all the same: what is missing may be on its way.
      await this.#options.ripened(end);
      await this.#inTurn(async () => {
        if (end.aborted) return;
        await removeServer(this.#workshop, namespace, id, end);
        this.#options.wantedObjects.forget(key);
        this.#options.log.info({ server: id, namespace }, "the server has left the registry: what was made for it is deleted");
      });
    } catch (error) {
      // What is wanted again has not failed: it is made, or looked at again, at once.
      if (!doubt.signal.aborted) throw error;
    } finally {
      delete job.doubt;
    }
  }

  /** Or nobody can tell. */
  #isWanted(key: string, { id }: Pick<Job, "id">): boolean {
    return this.#wish?.byKey.has(key) !== false || !this.#wish.mayRemove(id);
  }

  /**
   * Even a bug is caught here, and nowhere below: what one server's entry or chart brings about must not end the
   * control plane of all, and then that of its standby. The problem leaves out what was thrown: it may quote a secret.
   */
  #unexpected({ namespace, id }: Job, error: unknown): CreationError {
    this.#options.log.error({ err: error, server: id, namespace }, "a server could not be made or deleted, for a reason that nobody has thought of");
    const name = error instanceof Error ? error.name : typeof error;
    return new CreationError("unexpected", `an unexpected ${name} keeps it from being made or deleted`, "it is tried again; the xds-server's log says where it comes from: please report it", { cause: error });
  }

  #fail(key: string, job: Job, error: KubernetesError | CreationError): void {
    const where = `kubernetes ${job.namespace}/${job.id}`;
    job.failure = error instanceof CreationError
      ? { severity: error.code === "foreign" ? "warning" : "error", where, serverId: job.id, what: error.message, hint: error.hint }
      : { severity: "error", where, serverId: job.id, what: saidBy(error), hint: hintOf(error, job.namespace) };
    const pause = error instanceof CreationError ? lookAgainMs : pauseMs(job.failures, error, this.#options.random());
    job.failures += 1;
    job.retry = setTimeout(() => {
      delete job.retry;
      this.#wake(key);
    }, pause);
    job.retry.unref();
  }

  /** One server after another, a few at a time: a thousand of them must not be a thousand requests at once. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running >= maxAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** The API server's own words, which name the object, without what was asked. */
function saidBy({ message }: KubernetesError): string {
  return message.replace(/^[A-Z]+ \/\S+: /, "");
}

/** What went wrong before counts no more, and is not waited for. */
function forgive(job: Job): void {
  clearTimeout(job.retry);
  delete job.retry;
  delete job.failure;
  job.failures = 0;
}

function hintOf({ code, status }: KubernetesError, namespace: string): string {
  switch (code) {
    case "forbidden": return `it is tried again: the xds-server's role in ${namespace} must allow it`;
    case "not_found": return `it is tried again: the namespace ${namespace} must be there`;
    case "conflict": return "it is tried again: somebody else says otherwise of an adopted object; let both say the same, or annotate it mcp-mesh.io/adopt=force";
    case "invalid": return "Kubernetes takes it in no such form: change the entry";
    default: return `it is tried again${status === undefined ? "" : ` (status ${status})`}`;
  }
}
