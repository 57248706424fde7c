/** The source that stands in for Kubernetes where nobody wants it: it says so once, and costs nothing. */

import type { KubernetesView } from "../../model/model.js";
import type { Source } from "../source.js";

export const noKubernetesView: KubernetesView = { kind: "kubernetes", state: "off", namespace: "default", namespaces: new Map(), elsewhere: "unwatched", discovered: [], problems: [], settled: true };

export const noKubernetes: Source<KubernetesView> = {
  name: "kubernetes",
  async *views(stop) {
    yield noKubernetesView;
    if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  },
};
