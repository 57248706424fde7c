/** Keeps limits of memory where no cgroup does: looks every now and then what processes use, with all that they have started. */

import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ListedProcess } from "./process-list.js";

export interface Watched {
  readonly limitBytes: number;
  /** Whose mark or session says that it belongs to the process. */
  readonly isKin: (process: ListedProcess) => boolean;
  /** Once. */
  readonly onExceeded: (usedBytes: number) => void;
}

export class MemoryWatch {
  private readonly list: () => Promise<readonly ListedProcess[]>;
  private readonly watched = new Set<Watched>();
  private isRunning = false;

  constructor(list: () => Promise<readonly ListedProcess[]>) {
    this.list = list;
  }

  add(watched: Watched): void {
    this.watched.add(watched);
    if (!this.isRunning) void this.run();
  }

  remove(watched: Watched): void {
    this.watched.delete(watched);
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.watched.size > 0) {
      const all = await this.list();
      for (const watched of [...this.watched]) {
        let usedBytes = 0;
        for (const process of all) if (watched.isKin(process)) usedBytes += readOwnMemory(process.pid);
        if (usedBytes <= watched.limitBytes || !this.watched.delete(watched)) continue;
        watched.onExceeded(usedBytes);
      }
      await delay(gapMs, undefined, { ref: false });
    }
    this.isRunning = false;
  }
}

const gapMs = 250;

/** What it would give back at its end: not the files and shared memory that it has mapped, which others may have too. */
function readOwnMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^RssAnon:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // It is gone.
  }
}
