/** The children of `mcp-mesh up` together: started in their order, ended in the order that cuts nobody off. */

import type { ChildSpec } from "./plan.js";
import { SupervisedChild, type ChildEvents } from "./supervised-child.js";

/** Envoy first, so that no new request comes in; the xds-server last, as the bridges report to it that they end. */
const endingOrder: readonly (readonly ChildSpec["role"][])[] = [["envoy"], ["bridge", "demo"], ["xds-server"]];
/** What is killed then may still need a second to end what it had started, and all is to be over within five. */
const graceMs = 3_500;

export class ChildGroup {
  readonly #children: readonly SupervisedChild[];

  constructor(specs: readonly ChildSpec[], events: ChildEvents) {
    this.#children = specs.map((spec) => new SupervisedChild(spec, events));
  }

  async stop(): Promise<void> {
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
