/** What runs a server by one command: the pool of its processes, which revisions they speak, and who shares them. A changed command is another generation. */

import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { firstHealth } from "../pool/pool-health.js";
import { Pool, type PoolSettings, type PoolTimes } from "../pool/pool.js";
import { unkeptLimits } from "../process/custody.js";
import type { ProcessSurroundings } from "../process/mcp-process.js";
import type { ProcessCommand } from "../process/process-command.js";
import { EraProbe, eraTimes, type EraMemory } from "./era.js";
import { ModernSide, type ModernSideNeeds, type WorkerPlace } from "./modern-side.js";
import type { SessionIdSettings } from "./session-ids.js";
import { SharedHost, type SharedSettings } from "./shared-host.js";
import { elderDialect, sharedProcessTimes } from "./shared-process.js";
import type { Asker } from "./shared-request.js";
import type { SharedSession } from "./shared-session.js";

export interface ServerSettings {
  readonly name: string;
  /** Of the resource that says so. */
  readonly version: string;
  readonly command: ProcessCommand;
  readonly pool: PoolSettings;
  /** A session without a request or stream for so long gives back all that it holds. */
  readonly idleTimeoutMs: number;
  /** Absent: each session has a process of its own. */
  readonly shared: { readonly concurrency: number; readonly maxRequests: number } | undefined;
  readonly sessions: SessionIdSettings;
}

export interface GenerationNeeds {
  readonly poolTimes: PoolTimes;
  readonly surroundings: ProcessSurroundings;
  readonly eras: EraMemory;
  readonly worker: WorkerPlace;
  readonly log: Logger;
  readonly keys: ModernSideNeeds["keys"];
  /** The sessions that share processes, of whichever generation. */
  readonly sharing: Iterable<SharedSession>;
  /** The health of the pool has changed. */
  readonly onState: () => void;
  /** A shared process could not be initialised. */
  readonly onUnbegun: () => void;
}

export class Generation {
  readonly pool: Pool;
  readonly era: EraProbe;
  readonly modern: ModernSide;
  /** Where the processes are shared. */
  readonly host: SharedHost | undefined;
  private inForce: ServerSettings;

  constructor(settings: ServerSettings, needs: GenerationNeeds) {
    const { surroundings, log } = needs;
    this.inForce = settings;
    for (const warning of unkeptLimits(settings.command.limits, surroundings.custody)) log.warn(warning);
    this.pool = new Pool(settings.command, poolSettingsOf(settings), needs.poolTimes, surroundings, { onState: needs.onState }, firstHealth(settings.pool.min));
    this.era = new EraProbe(settings.command, this.pool, needs.eras, eraTimes);
    const shared = sharedSettingsOf(settings);
    this.modern = new ModernSide({
      sessionsHost: () => this.host,
      serverName: settings.name, pool: this.pool, era: this.era, settings: shared ?? singleSettingsOf(settings),
      keys: needs.keys, worker: needs.worker, log,
    });
    const everyone = (): Iterable<Asker> => [...needs.sharing, ...this.modern.askers];
    this.host = shared === undefined ? undefined : new SharedHost(this.pool, shared, sharedProcessTimes, log, everyone, { speech: elderDialect, onUnbegun: needs.onUnbegun });
  }

  get settings(): ServerSettings {
    return this.inForce;
  }

  /** What runs serves on when only sizes change. */
  runsAlike({ command, shared }: ServerSettings): boolean {
    return isDeepStrictEqual(command, this.inForce.command) && (shared === undefined) === (this.inForce.shared === undefined);
  }

  /** To settings by which it runs alike. */
  resize(settings: ServerSettings): void {
    this.inForce = settings;
    this.pool.resize(poolSettingsOf(settings));
    const shared = sharedSettingsOf(settings);
    if (shared !== undefined) this.host?.resize(shared);
    this.modern.resize(shared ?? singleSettingsOf(settings));
  }
}

/** Shared processes are all put to use: none is kept as a spare beside them. */
function poolSettingsOf({ pool, shared }: ServerSettings): PoolSettings {
  return shared === undefined ? pool : { ...pool, min: 0 };
}

function sharedSettingsOf({ pool, shared, idleTimeoutMs }: ServerSettings): SharedSettings | undefined {
  return shared === undefined ? undefined : { ...pool, ...shared, idleTimeoutMs };
}

/** Requests without a session share processes also where each session has one of its own. */
function singleSettingsOf({ pool, idleTimeoutMs }: ServerSettings): SharedSettings {
  return { ...pool, min: 0, concurrency: defaultConcurrency, maxRequests: 0, idleTimeoutMs };
}

/** As the registry has it where it says nothing else. */
const defaultConcurrency = 16;
