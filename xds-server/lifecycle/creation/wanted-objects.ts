/** A server → the objects that are wanted for it: by our own plan, or by a chart that Helm renders. */

import { builtInChart } from "../../model/workload.js";
import { toChartValues } from "../plan/chart-values.js";
import type { CreatedServer, PlanContext } from "../plan/created-server.js";
import { fingerprint } from "../plan/fingerprint.js";
import type { KubernetesObject } from "../plan/kubernetes-object.js";
import { toObjects } from "../plan/plan.js";
import type { SidecarImages } from "../plan/stdio-pod.js";
import { readRenderedChart, withChartMarks } from "../plan/rendered-chart.js";
import { CreationError } from "./creation-error.js";
import { findChart, renderChart, versionOfChart, type HelmOptions } from "./helm.js";

/** The same objects for every context, but for their marks. */
export type ToWanted = (context: PlanContext) => readonly KubernetesObject[];

/** Renders a chart again only when it has changed, or what it is given. */
export class WantedObjects {
  readonly #helm: HelmOptions;
  readonly #sidecarImages: SidecarImages;
  readonly #rendered = new Map<string, { readonly version: string; readonly objects: readonly KubernetesObject[] }>();

  constructor(helm: HelmOptions, sidecarImages: SidecarImages) {
    this.#helm = helm;
    this.#sidecarImages = sidecarImages;
  }

  /** Throws CreationError. */
  async of(server: CreatedServer, stop: AbortSignal): Promise<ToWanted> {
    const { madeFrom } = server.workload;
    if (madeFrom.kind === "image") return (context) => toObjects(server, madeFrom.image, context, this.#sidecarImages);
    if (madeFrom.chart === builtInChart) return (context) => toObjects(server, madeFrom.image ?? "", context, this.#sidecarImages);
    const objects = await this.#render(server, madeFrom.chart, stop);
    return (context) => objects.map((object) => withChartMarks(object, server, context));
  }

  forget(key: string): void {
    this.#rendered.delete(key);
  }

  async #render(server: CreatedServer, chart: string, stop: AbortSignal): Promise<readonly KubernetesObject[]> {
    const { id, name, namespace } = server;
    const folder = await findChart(this.#helm, chart);
    const values = toChartValues(server);
    const version = fingerprint([folder, await versionOfChart(chart, folder), values]);
    const key = `${namespace}/${id}`;
    const before = this.#rendered.get(key);
    if (before?.version === version) return before.objects;
    const text = await renderChart(this.#helm, folder, { chart, name, namespace, values }, stop);
    const rendered = readRenderedChart(text, server);
    if ("what" in rendered) throw new CreationError("chart_refused", rendered.what, rendered.hint);
    this.#rendered.set(key, { version, objects: rendered.objects });
    return rendered.objects;
  }
}
