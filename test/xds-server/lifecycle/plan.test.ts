/** What is made for an entry of the registry, what is done about what is there already, and what Kubernetes says of it. */

import { expect } from "chai";
import fc from "fast-check";
import { toChartValues } from "../../../xds-server/lifecycle/plan/chart-values.js";
import type { CreatedServer, PlanContext } from "../../../xds-server/lifecycle/plan/created-server.js";
import { objectKey, type KubernetesObject } from "../../../xds-server/lifecycle/plan/kubernetes-object.js";
import { toObjects } from "../../../xds-server/lifecycle/plan/plan.js";
import { readRenderedChart, withChartMarks } from "../../../xds-server/lifecycle/plan/rendered-chart.js";
import { toMark, toSteps, type Step } from "../../../xds-server/lifecycle/plan/steps.js";
import { toTroubles, type DeploymentState, type PodState } from "../../../xds-server/lifecycle/plan/troubles.js";
import { fingerprint } from "../../../xds-server/lifecycle/plan/fingerprint.js";
import { k8sEntry } from "../../../xds-server/sources/registry/schema.js";
import { toCreatedOrigin, toServiceName } from "../../../xds-server/sources/registry/to-workload.js";
import { golden } from "../../golden.js";

interface Entry {
  readonly id?: string;
  /** As in the registry. */
  readonly entry: object;
  /** `field name` of values that came from `${…}`. */
  readonly filled?: readonly string[];
}

function toServer({ id = "github", entry, filled = [] }: Entry): CreatedServer {
  const fields = k8sEntry.parse(entry);
  const { namespace = "mcp", service, workload } = toCreatedOrigin(id, fields, new Set(filled));
  if (workload === undefined) throw new Error("nothing is to be created");
  return { id, namespace, name: service, path: fields.path ?? "/mcp", workload };
}

function toImage({ workload: { madeFrom } }: CreatedServer): string {
  return madeFrom.image ?? "";
}

interface PlanCase extends Entry {
  readonly deployment?: PlanContext["deployment"];
  readonly adopted?: readonly string[];
}

golden("test/testdata/kubernetes-plan", ({ deployment, adopted = [], ...entry }: PlanCase) => {
  const server = toServer(entry);
  return toObjects(server, toImage(server), { owner: "mesh", adopted: new Set(adopted), ...(deployment === undefined ? {} : { deployment }) }, { bridge: "mcp-mesh/stdio-bridge:1", helper: "busybox:1" });
});

interface StepsCase {
  readonly workload?: CreatedServer["workload"];
  readonly wanted: readonly KubernetesObject[];
  readonly live?: readonly KubernetesObject[];
  /** Of what was applied before and is as it was then. */
  readonly applied?: readonly KubernetesObject[];
}

golden("test/testdata/kubernetes-steps", ({ workload, wanted, live = [], applied = [] }: StepsCase) => {
  const byKey = new Map(live.map((object) => [objectKey(object), object]));
  const steps = toSteps({
    owner: "mesh",
    workload: workload ?? {},
    wanted,
    live: byKey,
    applied: new Map(applied.map((object) => [objectKey(object), { wanted: fingerprint(object), live: toMark(byKey.get(objectKey(object)) ?? object) }])),
  });
  return steps.map(inWords);
});

function inWords(step: Step): object {
  switch (step.kind) {
    case "apply": return { [step.force ? "apply" : "apply without force"]: step.object };
    case "replicas": return { replicas: step.object };
    case "delete": return { delete: objectKey(step.object) };
  }
}

golden("test/testdata/kubernetes-troubles", ({ deployment, pods = [] }: { readonly deployment?: DeploymentState; readonly pods?: readonly PodState[] }) => toTroubles(deployment, pods));

golden("test/testdata/kubernetes-chart-values", (entry: Entry) => toChartValues(toServer(entry)));

golden("test/testdata/kubernetes-rendered", ({ chart }: { readonly chart: string }) => {
  const server = toServer({ entry: { chart: "github-server", namespace: "mcp" } });
  const rendered = readRenderedChart(chart, server);
  return "objects" in rendered ? rendered.objects.map((object) => withChartMarks(object, server, { owner: "mesh", adopted: new Set() })) : rendered;
});

describe("kubernetes plan", () => {
  it("gives every id a name that Kubernetes takes, and no two ids the same", () => {
    const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
    fc.assert(fc.property(id, id, (one, other) => {
      for (const name of [toServiceName(one), toServiceName(other)]) expect(name).to.match(/^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$/);
      if (one !== other) expect(toServiceName(one)).to.not.equal(toServiceName(other));
    }));
  });

  it("an object that Kubernetes has only touched up keeps its mark, one that somebody has changed does not", () => {
    const object = { apiVersion: "v1", kind: "Service", metadata: { name: "a", namespace: "b", uid: "1", resourceVersion: "1", generation: 1 }, spec: { type: "ClusterIP" } };
    expect(toMark({ ...object, status: { loadBalancer: {} }, metadata: { ...object.metadata, resourceVersion: "2", generation: 2 } } as KubernetesObject)).to.equal(toMark(object));
    expect(toMark({ ...object, spec: { type: "NodePort" } } as KubernetesObject)).to.not.equal(toMark(object));
  });
});
