/** The sessions of older clients at processes of 2026-07-28: begun where `initialize` is refused, and brought back by their ids. */

import type { Logger } from "pino";
import { elderVersions } from "../jsonrpc/revisions.js";
import type { Lease, LeaseRefusal, Pool } from "../pool/pool.js";
import type { ClientSession } from "./client-session.js";
import { elderTimes } from "./elder-calls.js";
import { ElderSession, type Learnt } from "./elder-session.js";
import type { EraProbe } from "./era.js";
import { Identity, type Rebuilt } from "./identity.js";
import { modernDialect } from "./modern-news.js";
import type { ModernSide } from "./modern-side.js";
import { OpeningSession, type HowOver } from "./opening-session.js";
import { OwnHost } from "./own-host.js";
import type { RequestHost } from "./request-host.js";
import { Session, type SessionLimits, type SessionNeeds } from "./session.js";
import type { SessionIds } from "./session-ids.js";
import type { SessionTable } from "./session-table.js";
import { sharedProcessTimes } from "./shared-process.js";
import { within } from "./time-limit.js";

/** Where processes are started now: the command may change while sessions live. */
export interface ElderPlace {
  readonly pool: Pool;
  readonly era: EraProbe;
  readonly modern: ModernSide;
  readonly isShared: boolean;
}

export interface ElderSideNeeds {
  readonly serverName: string;
  readonly place: () => ElderPlace;
  readonly ids: SessionIds;
  readonly sessions: SessionTable;
  /** Of sessions where processes take `initialize`. */
  readonly sessionNeeds: SessionNeeds;
  readonly limits: SessionLimits;
  readonly log: Logger;
  /** The processes turn out to speak 2026-07-28 and nothing else. */
  readonly onModernOnly: () => void;
  readonly onOver: (session: ClientSession, identity: Identity, how: HowOver) => void;
}

export type OpenedElder =
  | { readonly kind: "opened"; readonly session: ElderSession }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

export class ElderSide {
  private readonly needs: ElderSideNeeds;
  /** Those that share processes. */
  private readonly sharing = new Set<ElderSession>();

  constructor(needs: ElderSideNeeds) {
    this.needs = needs;
  }

  /** A session with a server that is known to refuse `initialize`. `stop`: the client is gone. */
  async open(stop: AbortSignal): Promise<OpenedElder> {
    const identity: Identity = this.makeIdentity(() => (opened.kind === "opened" ? opened.session : undefined));
    const opened = await this.begin(identity, (session, how) => this.needs.onOver(session, identity, how), stop);
    if (opened.kind === "opened") this.needs.sessions.add(opened.session);
    return opened;
  }

  /** A session with a server of which it is not known whether it takes `initialize`. */
  makeOpening(lease: Lease): OpeningSession {
    const { needs } = this;
    const { era } = needs.place();
    const identity: Identity = this.makeIdentity(() => session);
    const session: OpeningSession = new OpeningSession({
      makeFirst: (onOver) => new Session(identity, lease, { ...needs.sessionNeeds, onOver: (_, how) => onOver(how) }),
      onTaken: () => era.noteLegacy({ kind: "spoken" }),
      makeSecond: (onOver, over) => within(secondMs, over, (stop) => this.begin(identity, (_, how) => onOver(how), stop)),
      onOver: (how) => needs.onOver(session, identity, how),
    });
    needs.sessions.add(session);
    return session;
  }

  /** A session that was begun at another worker, or here, and was forgotten since. It gets a process when it needs one. */
  bringBack(rebuilt: Rebuilt): ElderSession {
    const identity: Identity = this.makeIdentity(() => session, rebuilt);
    const { host, own } = this.makeHost();
    const session: ElderSession = this.make(identity, host, undefined, (over, how) => this.needs.onOver(over, identity, how));
    if (own !== undefined) own.session = session;
    this.needs.sessions.add(session);
    this.needs.sessions.name(session, rebuilt.id);
    return session;
  }

  /** Another command is in force. Those that share processes go on with the new ones, if these speak the same. */
  async move(): Promise<void> {
    const { modern, era, isShared } = this.needs.place();
    for (const session of this.sharing) session.host = modern.sharedHost;
    const found = isShared && this.sharing.size > 0 ? await era.eraOf(untilClosed) : undefined;
    const why = !isShared ? "from now on each session has a process of its own" : found?.kind === "legacy" ? "the server speaks only older revisions now" : undefined;
    if (why !== undefined) for (const session of [...this.sharing]) session.end(why);
  }

  /** Processes could not be initialised: perhaps for this. */
  async wonder(stop: AbortSignal): Promise<void> {
    const learnt = await this.learn(stop);
    if (learnt.kind === "learnt") await this.confirm(stop);
  }

  /** `stop`: nobody wants it any more. */
  private async begin(identity: Identity, onOver: (session: ElderSession, how: HowOver) => void, stop: AbortSignal): Promise<OpenedElder> {
    const learnt = await this.learn(stop);
    if (learnt.kind === "refused") return learnt;
    const refusal = await this.confirm(stop);
    if (refusal !== undefined) return refusal;
    const { host, own } = this.makeHost();
    const begun = await own?.begin(stop);
    if (begun?.kind === "refused") return begun;
    const session = this.make(identity, host, learnt, onOver);
    if (own !== undefined) own.session = session;
    return { kind: "opened", session };
  }

  /** Of a server that speaks 2026-07-28 and has failed to be initialised: absent when it does not take that, else why it is not to be translated. */
  async confirm(stop: AbortSignal): Promise<Extract<OpenedElder, { kind: "refused" }> | undefined> {
    const { era } = this.needs.place();
    if (era.isKnownToBeModernOnly) return undefined;
    const legacy = await era.legacyOf(stop);
    if (legacy.kind === "spoken") return { kind: "refused", why: "cannot_start", what: "its processes take initialize" };
    // One that ended the first time may have had another reason, but not one that ends again.
    if (legacy.kind === "refused" && legacy.why !== "cannot_start") return legacy;
    era.noteLegacy({ kind: "not_spoken" });
    this.needs.onModernOnly();
    return undefined;
  }

  private async learn(stop: AbortSignal): Promise<Learnt> {
    const era = await this.needs.place().era.eraOf(stop);
    switch (era.kind) {
      case "refused": return era;
      case "legacy": return notModern;
      case "modern": return { kind: "learnt", terms: { discovered: era.discovered.result, versions: elderVersions, serverName: this.needs.serverName } };
    }
  }

  private make(identity: Identity, host: RequestHost, learnt: Extract<Learnt, { kind: "learnt" }> | undefined, onOver: (session: ElderSession, how: HowOver) => void): ElderSession {
    const { limits, log } = this.needs;
    const session = new ElderSession(identity, {
      host, limits, log,
      times: elderTimes,
      terms: learnt?.terms,
      learn: (stop) => this.learn(stop),
      onOver: (over, how) => {
        this.sharing.delete(over);
        onOver(over, how);
      },
    });
    if (!(host instanceof OwnHost)) this.sharing.add(session);
    return session;
  }

  private makeHost(): { readonly host: RequestHost; readonly own: OwnHost | undefined } {
    const { needs } = this;
    const { isShared, modern } = needs.place();
    if (isShared) return { host: modern.sharedHost, own: undefined };
    const own = new OwnHost({
      leaseProcess: async (seat, gone) => {
        const { pool, era } = needs.place();
        const found = await era.eraOf(gone);
        if (found.kind === "refused") return found;
        return found.kind === "legacy" ? notModern : pool.lease(seat, gone);
      },
      endsWithProcess: () => needs.ids.endOnLoss,
      dialect: modernDialect.speech,
      times: sharedProcessTimes,
      log: needs.log,
    });
    return { host: own, own };
  }

  private makeIdentity(sessionOf: () => ClientSession | undefined, rebuilt?: Rebuilt): Identity {
    const onNamed = (id: string): void => {
      const session = sessionOf();
      if (session !== undefined) this.needs.sessions.name(session, id);
    };
    return new Identity({ ids: this.needs.ids, log: this.needs.log, onNamed }, rebuilt);
  }
}

/** To find out what else a server that refuses to be initialised may speak. It goes on, for the next one who asks. */
export const secondMs = 10_000;
const notModern = { kind: "refused", why: "cannot_start", what: "its processes do not speak 2026-07-28" } as const;
/** A pool that closes refuses by itself. */
export const untilClosed = new AbortController().signal;
