/** What has happened to one server, or to the worker itself, counted for the metrics. */

/** All but what is kept or left just now count up only. The admin port says what they mean; some have a label, and so a count for each of its values. */
export type TallyName =
  | "processes_started" | "processes_ended" | "processes_left" | "start_failures" | "orphans_found"
  | "stderr_lines" | "stderr_lines_suppressed" | "noise_lines" | "torn_messages"
  | "sessions_opened" | "sessions_brought_back" | "sessions_revived" | "sessions_refused" | "session_wait_ms" | "requests_queued" | "requests_refused" | "request_wait_ms"
  | "events_kept_bytes" | "events_dropped" | "clients_cut";

export class Tally {
  private readonly counts = new Map<TallyName, Map<string, number>>();

  add(name: TallyName, amount = 1, label = ""): void {
    let byLabel = this.counts.get(name);
    if (byLabel === undefined) this.counts.set(name, (byLabel = new Map()));
    byLabel.set(label, (byLabel.get(label) ?? 0) + amount);
  }

  /** By label; without one there is one count, under "". */
  read(name: TallyName): ReadonlyMap<string, number> {
    return this.counts.get(name) ?? none;
  }
}

const none: ReadonlyMap<string, number> = new Map();
