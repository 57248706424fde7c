/** The `gateway` section → Gateway, the defaults it sets for all servers, and what is wrong with it. */

import { isIP } from "node:net";
import type { Gateway, ServerDefaults, Tracing } from "../../model/model.js";
import { complaintsOf, isEcho, toFinding, type Complaint } from "./complaints.js";
import { absolutePath, toPlain, type FileText, type Surroundings } from "./expansion.js";
import { checkPemFiles, versionOfPemFiles } from "./pem-files.js";
import { authRules } from "./policy-rules.js";
import type { Finding, Path } from "./registry-node.js";
import type { Piece } from "./piece.js";
import { gatewayEntry, type GatewayEntry } from "./schema.js";
import { refuseId } from "./server-id.js";
import { toAuth } from "./to-mcp-server.js";

export interface GatewaySettings {
  readonly gateway: Gateway;
  readonly defaults: ServerDefaults;
  readonly reloads: boolean;
  /**
   * What would be served without the protection that was asked for, because that part cannot be read and never could:
   * servers that rely on the gateway's auth, or, where it is its certificate, all.
   */
  readonly keepsOut: "none" | "servers without auth" | "all servers";
}

export interface CheckedGateway {
  readonly settings: GatewaySettings;
  /** False: what was in force before counts more than `settings`. */
  readonly isGood: boolean;
  readonly findings: readonly Finding[];
  readonly files: ReadonlyMap<string, FileText>;
}

const maxRequestBytes = 10 * 1024 * 1024;

export const defaultSettings: GatewaySettings = toSettings({}, "", new Map());

export function checkGateway({ reading: { node, keyOffset } }: Piece, surroundings: Surroundings): CheckedGateway {
  if (node.kind !== "map") {
    return { settings: defaultSettings, isGood: false, files: new Map(), findings: [{ severity: "error", offset: keyOffset, what: '"gateway" holds no fields', hint: "write gateway: {port: 8000}" }] };
  }
  const plain = toPlain(node, surroundings);
  const files = new Map(plain.files);
  const lookUpFile = (path: string): FileText => {
    const file = surroundings.lookUpFile(path);
    files.set(path, file);
    return file;
  };
  const all = gatewayEntry.safeParse(plain.value);
  const issues = all.success ? [] : complaintsOf(all.error.issues, plain.value).filter((complaint) => !isEcho(complaint, plain.unread));
  const broken = new Set([...issues.map(({ path }) => String(path[0])), ...[...plain.unread].map((path) => path.replace(/[.[].*$/s, ""))]);
  const usable = all.success && broken.size === 0 ? all.data : withoutFields(plain.value, broken);
  const complaints = [...issues, ...gatewayRules(usable, { ...surroundings, lookUpFile })];
  for (const { path, severity } of complaints) if (severity !== "warning") broken.add(String(path[0]));
  const findings = [
    ...plain.findings.map((finding) => ({ ...finding, what: `gateway.${finding.what}` })),
    ...complaints.map((complaint) => toFinding(complaint, "gateway", node, keyOffset, "gateway: ")),
    ...keptOut(broken).map((finding): Finding => ({ severity: "error", offset: keyOffset, ...finding })),
  ];
  const fields = broken.size === 0 ? usable : withoutFields(plain.value, broken);
  const made = toSettings(fields, surroundings.folder, files);
  // Without the certificate that was asked for, its keys would be there for everybody to read, too.
  const { admin: _unprotected, ...withoutAdmin } = made.gateway;
  const settings = { ...made, gateway: broken.has("tls") ? withoutAdmin : made.gateway, keepsOut: broken.has("tls") ? "all servers" : broken.has("auth") ? "servers without auth" : "none" } as const;
  return { settings, isGood: findings.every(({ severity }) => severity !== "error"), findings, files };
}

function keptOut(broken: ReadonlySet<string>): readonly { readonly what: string; readonly hint: string }[] {
  if (broken.has("tls")) return [{ what: "gateway.tls was asked for and cannot be used: if it never could, no server is served until it can", hint: "keys and calls would go over the network for everybody to read" }];
  if (broken.has("auth")) return [{ what: "gateway.auth was asked for and cannot be used: if it never could, no server without an auth of its own is served until it can", hint: "they would be open to everybody" }];
  return [];
}

/** The good part: each field stands for itself. */
function withoutFields(value: unknown, broken: ReadonlySet<string>): GatewayEntry {
  const rest = Object.fromEntries(Object.entries(value as object).filter(([field]) => !broken.has(field)));
  const parsed = gatewayEntry.safeParse(rest);
  return parsed.success ? parsed.data : {};
}

function gatewayRules(entry: GatewayEntry, surroundings: Surroundings): readonly Complaint[] {
  const complaints: Complaint[] = [...authRules(entry.auth), ...authRules(entry.admin?.auth).map((complaint) => ({ ...complaint, path: ["admin", ...complaint.path] }))];
  const complain = (path: Path, says: string, hint: string): void => void complaints.push({ path, says, hint });
  if (entry.host !== undefined && toAddress(entry.host) === undefined) complain(["host"], "is no address to listen on", "write 127.0.0.1, 0.0.0.0, ::1, :: or localhost; public names go into allowed_hosts");
  const refusal = entry.admin === undefined ? undefined : refuseId(entry.admin.id);
  if (refusal !== undefined) complain(["admin", "id"], `cannot be used: ${refusal.what}`, refusal.hint);
  if (entry.tls !== undefined) checkPemFiles(entry.tls, surroundings, complain);
  if (entry.tracing !== undefined && toCollector(entry.tracing.otlp_endpoint) === undefined) complain(["tracing", "otlp_endpoint"], "is no address of a collector", "write host:port or http://host:port");
  return complaints;
}

function toSettings(entry: GatewayEntry, folder: string, files: ReadonlyMap<string, FileText>): GatewaySettings {
  const auth = entry.auth === undefined ? undefined : toAuth(entry.auth);
  const accessLog = entry.access_log ?? false;
  const tracing = toTracing(entry.tracing);
  const adminAuth = entry.admin === undefined ? undefined : toAuth(entry.admin.auth);
  return {
    gateway: {
      host: toAddress(entry.host ?? "127.0.0.1") ?? "127.0.0.1",
      port: entry.port ?? 8000,
      allowedHosts: (entry.allowed_hosts ?? []).map((name) => name.toLowerCase()),
      maxRequestBytes: entry.max_request_bytes ?? maxRequestBytes,
      ...(entry.tls === undefined ? {} : { tls: { certFile: absolutePath(entry.tls.cert, folder), keyFile: absolutePath(entry.tls.key, folder), filesVersion: versionOfPemFiles(entry.tls, folder, files) ?? "" } }),
      accessLog,
      ...(tracing === undefined ? {} : { tracing }),
      ...(entry.admin === undefined || adminAuth === undefined ? {} : { admin: { id: entry.admin.id, auth: adminAuth } }),
    },
    defaults: {
      ...(auth === undefined ? {} : { auth }),
      accessLog,
      ...(entry.health_check_interval === undefined ? {} : { healthCheckIntervalMs: entry.health_check_interval }),
    },
    reloads: entry.reload_registry ?? true,
    keepsOut: "none",
  };
}

/** Envoy listens on addresses, not on names. */
function toAddress(host: string): string | undefined {
  if (host.toLowerCase() === "localhost") return "127.0.0.1";
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) === 0 ? undefined : bare;
}

function toTracing(tracing: GatewayEntry["tracing"]): Tracing | undefined {
  const collector = tracing === undefined ? undefined : toCollector(tracing.otlp_endpoint);
  if (tracing === undefined || collector === undefined) return undefined;
  return { ...collector, samplePercent: tracing.sample ?? 100, serviceName: tracing.service_name ?? "mcp-mesh" };
}

function toCollector(endpoint: string): { readonly host: string; readonly port: number } | undefined {
  const found = /^(?:http:\/\/)?(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?\/?$/.exec(endpoint);
  const port = Number(found?.[2] ?? 4317);
  if (found === null || port < 1 || port > 65535) return undefined;
  return { host: (found[1] ?? "").replace(/^\[(.*)\]$/, "$1"), port };
}
