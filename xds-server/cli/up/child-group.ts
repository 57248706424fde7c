/** The children of `mcp-mesh up` together: ended in the order that cuts nobody off. */

import type { ChildSpec } from "./plan.js";
import { SupervisedChild, type ChildEvents } from "./supervised-child.js";

/** Envoy first, so that no new request comes in; the xds-server last, as the bridges report to it that they end. */
const endingOrder: readonly (readonly ChildSpec["role"][])[] = [["envoy"], ["bridge", "demo"], ["xds-server"]];
/** What is killed then may still need a second to end what it had started, and all is to be over within five. */
const graceMs = 3_500;

export class ChildGroup {
  readonly #children: SupervisedChild[] = [];
  readonly #events: ChildEvents;
  #isStopping = false;

  constructor(events: ChildEvents) {
    this.#events = events;
  }

  start(specs: readonly ChildSpec[]): void {
    if (this.#isStopping) return;
    for (const spec of specs) this.#children.push(new SupervisedChild(spec, this.#events));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const child of this.#children) child.stopRestarting();
    const late = setTimeout(() => this.kill(), graceMs);
    for (const roles of endingOrder) {
      await Promise.all(this.#children.filter(({ spec }) => roles.includes(spec.role)).map((child) => child.stop()));
    }
    clearTimeout(late);
  }

  kill(): void {
    for (const child of this.#children) child.kill();
  }
}
