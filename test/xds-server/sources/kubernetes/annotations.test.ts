/** Annotations of labelled Services → MCP servers, with the problems that they have. */

import { readAnnotations } from "../../../../xds-server/sources/kubernetes/annotations.js";
import { golden } from "../../../golden.js";

/** By name of the Service: its annotations, without their prefix. */
type Case = Readonly<Record<string, Readonly<Record<string, string>>>>;

golden("test/testdata/kubernetes-annotations", (services: Case) => Object.fromEntries(Object.entries(services).map(([name, annotations]) => {
  const service = { namespace: "mcp", name, createdAt: "2026-01-01T00:00:00Z", ports: [], family: "IPv4" as const, annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`mcp-mesh.io/${key}`, value])) };
  const { outcome, problems } = readAnnotations(service);
  return [name, { outcome: outcome.kind, ...(outcome.kind === "good" ? { server: outcome.server } : {}), ...(problems.length === 0 ? {} : { problems }) }];
})));
