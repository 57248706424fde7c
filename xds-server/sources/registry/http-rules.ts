/** What the fields of an http entry must agree on among themselves, and the endpoints that they name. */

import type { HttpEndpoint } from "../../model/model.js";
import type { Complaint } from "./complaints.js";
import type { EndpointUrl } from "./endpoint-url.js";
import type { Surroundings } from "./expansion.js";
import { checkPemFiles } from "./pem-files.js";
import { headerName, headerValue } from "./schema-policy.js";
import type { HttpEntry, UpstreamEntry } from "./schema.js";
import type { Path } from "./registry-node.js";

export interface Instance extends EndpointUrl { readonly weight: number; readonly priority: number; readonly zone?: string; readonly at: Path }

export function httpRules(entry: HttpEntry, surroundings: Surroundings): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (path: Path, says: string, hint: string): void => void complaints.push({ path, says, hint });
  const instances = instancesOf(entry);

  entry.instances?.forEach((instance, index) => {
    if ("scheme" in instance) return;
    if (instance.endpoint === undefined && instance.url === undefined) complain(["instances", index, "endpoint"], "is missing", "add endpoint: http://host:port");
    if (instance.endpoint !== undefined && instance.url !== undefined) complain(["instances", index, "url"], 'contradicts "endpoint": only one of them can be given', "keep one of the two");
  });
  agreeOnEndpoints(instances, complain);
  agreeOnWeights(entry, complain);
  complaints.push(...upstreamRules(entry, instances[0]?.scheme, surroundings));
  if (entry.type === "sse") {
    complaints.push({ path: ["type"], severity: "warning", says: "is the transport before Streamable HTTP: the path that its server tells clients to post to must begin with this entry's id", hint: "use the server's Streamable HTTP endpoint where it has one" });
  }
  return complaints;
}

/** `scheme`: what the server is reached by, where the entry tells. */
export function upstreamRules(entry: UpstreamEntry, scheme: "http" | "https" | undefined, surroundings: Surroundings): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (path: Path, says: string, hint: string): void => void complaints.push({ path, says, hint });
  agreeOnBalancing(entry, complain);
  agreeOnHealthCheck(entry, complain);
  checkHeaders(entry.headers ?? {}, complain);
  checkTls(entry, scheme, surroundings, complain);
  return complaints;
}

type Complain = (path: Path, says: string, hint: string) => void;

export function instancesOf(entry: HttpEntry): readonly Instance[] {
  if (entry.instances !== undefined) {
    return entry.instances.flatMap((instance, index): readonly Instance[] => {
      if ("scheme" in instance) return [toInstance(instance, ["instances", index])];
      const field = instance.endpoint === undefined ? "url" : "endpoint";
      const url = instance[field];
      return url === undefined ? [] : [toInstance(url, ["instances", index, field], instance)];
    });
  }
  const field = entry.endpoint === undefined ? "url" : "endpoint";
  const url = entry[field];
  return url === undefined ? [] : [toInstance(url, [field])];
}

function toInstance(url: EndpointUrl, at: Path, { weight = 1, priority = 0, zone }: { readonly weight?: number | undefined; readonly priority?: number | undefined; readonly zone?: string | undefined } = {}): Instance {
  const instance = { scheme: url.scheme, host: url.host, port: url.port, weight, priority, at };
  if (url.path === undefined && zone === undefined) return instance;
  return { ...instance, ...(url.path === undefined ? {} : { path: url.path }), ...(zone === undefined ? {} : { zone }) };
}

/** Priorities may leave gaps (10, 20) in the registry; Envoy wants them without. */
export function toEndpoints(instances: readonly Instance[]): readonly HttpEndpoint[] {
  const priorities = [...new Set(instances.map(({ priority }) => priority))].sort((a, b) => a - b);
  return instances.map(({ host, port, weight, priority, zone }) => {
    const endpoint = { host, port, weight, priority: priorities.indexOf(priority) };
    return zone === undefined ? endpoint : { ...endpoint, zone };
  });
}

function agreeOnEndpoints(instances: readonly Instance[], complain: Complain): void {
  const [first] = instances;
  const places = new Map<string, number>();
  instances.forEach((instance, index) => {
    const address = `${instance.host}:${instance.port}`;
    const same = places.get(address);
    if (same !== undefined) complain(instance.at, `is the same address as instances[${same}]`, "give one instance a greater weight instead");
    else places.set(address, index);
    if (first !== undefined && instance.scheme !== first.scheme) complain(instance.at, `is ${instance.scheme}, and instances[0] is ${first.scheme}: all share a scheme`, "replicas are copies of one server: write http or https for all of them");
    if (first !== undefined && instance.path !== first.path) complain(instance.at, `has the path ${instance.path ?? "/"}, and instances[0] has ${first.path ?? "/"}: all share a path`, "replicas are copies of one server; another path is another entry");
  });
}

function agreeOnWeights({ instances, load_balancing: balancing }: HttpEntry, complain: Complain): void {
  instances?.forEach((instance, index) => {
    if (balancing !== "random" || "scheme" in instance || instance.weight === undefined) return;
    complain(["instances", index, "weight"], "contradicts load_balancing random, which knows no weights", "use round_robin, least_request or maglev");
  });
}

function agreeOnBalancing(entry: UpstreamEntry, complain: Complain): void {
  const { load_balancing: balancing, session_affinity: affinity } = entry;
  const isHashing = balancing === "ring_hash" || balancing === "maglev";
  if (entry.slow_start !== undefined && balancing !== undefined && balancing !== "round_robin" && balancing !== "least_request") {
    complain(["slow_start"], `contradicts load_balancing ${balancing}: only round_robin and least_request know slow start`, "remove one of the two");
  }
  if (typeof affinity !== "object") return;
  if (balancing !== undefined && !isHashing) {
    complain(["session_affinity", "by"], `contradicts load_balancing ${balancing}: affinity by ${affinity.by} is a hash`, "use maglev or ring_hash, or leave load_balancing out");
  }
  if (balancing === undefined && entry.slow_start !== undefined) {
    complain(["slow_start"], `contradicts session_affinity by ${affinity.by}, which is a hash`, "remove one of the two");
  }
  if (affinity.by === "header" && affinity.name === undefined) complain(["session_affinity", "name"], "is missing", "name the header");
  if (affinity.by === "source_ip" && affinity.name !== undefined) complain(["session_affinity", "name"], "is for header and cookie", "remove it");
  if (affinity.by !== "source_ip" && affinity.name !== undefined && !headerName.test(affinity.name)) complain(["session_affinity", "name"], `is no name of a ${affinity.by}`, "letters, digits and - are");
  if (affinity.by !== "cookie" && affinity.ttl !== undefined) complain(["session_affinity", "ttl"], "is for cookies", "remove it");
}

function agreeOnHealthCheck({ health_check: check }: UpstreamEntry, complain: Complain): void {
  if (check === undefined) return;
  const type = check.type ?? (check.path === undefined && !("expected_statuses" in check) ? "tcp" : "http");
  if (type === "http") {
    if (check.path === undefined) complain(["health_check", "path"], "is missing", "an http check asks for a path: add path: /health");
    return;
  }
  for (const field of ["path", "expected_statuses"] as const) {
    if ((check as Readonly<Record<string, unknown>>)[field] !== undefined) complain(["health_check", field], `contradicts type ${type}: it is for http checks`, "remove one of the two");
  }
  if (type === "off") {
    for (const field of Object.keys(check)) if (field !== "type" && field !== "path" && field !== "expected_statuses") complain(["health_check", field], "contradicts type off", "remove one of the two");
  }
}

/** What belongs to the connection or is set by the gateway itself. */
const unsettableHeaders = new Set(["connection", "content-length", "content-type", "host", "keep-alive", "mcp-session-id", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

function checkHeaders(headers: Readonly<Record<string, string>>, complain: Complain): void {
  const seen = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    const before = seen.get(lower);
    seen.set(lower, name);
    if (!headerName.test(name)) complain(["headers", name], "is no header name", "letters, digits and - are");
    else if (unsettableHeaders.has(lower)) complain(["headers", name], "cannot be set: it belongs to the connection or the session", lower === "host" ? "use host_header" : "remove it");
    else if (before !== undefined) complain(["headers", name], `is there twice: as ${before} as well`, "keep one of them");
    if (!headerValue.test(value)) complain(["headers", name], "has a value with control characters, such as a line break", "a header is one line");
  }
}

function checkTls({ tls }: UpstreamEntry, scheme: "http" | "https" | undefined, surroundings: Surroundings, complain: Complain): void {
  if (tls === undefined) return;
  if (scheme === "http") complain(["tls"], "contradicts the endpoint: it is http, not https", "write https://…, or remove tls");
  if (tls.cert !== undefined && tls.key === undefined) complain(["tls", "key"], "is missing: a certificate needs its key", "add the PEM file of the key");
  if (tls.key !== undefined && tls.cert === undefined) complain(["tls", "cert"], "is missing: a key needs its certificate", "add the PEM file of the certificate");
  if (tls.verify === false && tls.ca !== undefined) complain(["tls", "ca"], "contradicts verify: false, which trusts any certificate", "remove one of the two");
  checkPemFiles(tls, surroundings, complain);
}
