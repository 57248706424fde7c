/** The one interface that all sources share: whole views, at once and after every change. */

import type { View } from "../model/model.js";

export interface Source<V extends View = View> {
  readonly name: V["kind"];
  /** Yields all it knows as soon as it knows it, then again after every change, until `stop` is aborted. */
  views(stop: AbortSignal): AsyncIterable<V>;
}
