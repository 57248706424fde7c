/** docker compose --profile tls: https at the edge with certificates of one's own, renewed while streams go on; and secrets as files. */

import { readFileSync } from "node:fs";
import { appendFile, chmod, copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect } from "chai";
import { makeAuthority, type Authority } from "../../certificates.js";
import { callTool, initializeParams, open, openSession, rpc } from "../ask.js";
import { EventReader } from "../fixtures/streams.js";
import { until } from "../until.js";
import { Compose, needEngine } from "./compose.js";

describe("docker compose: TLS and secrets", function () {
  this.timeout(300_000);
  let compose: Compose;
  let authority: Authority;
  let ca: string;

  before(async function () {
    this.timeout(15 * 60_000);
    await needEngine(this);
    compose = await Compose.make();
    await mkdir(compose.certificatesFolder);
    authority = makeAuthority(compose.certificatesFolder, "ca");
    ca = readFileSync(authority.caFile, "utf8");
    await put("first");
    // As a user has it in docker-compose.override.yaml.
    const secret = join(compose.certificatesFolder, "guest-key");
    await writeFile(secret, "open-sesame\n");
    const override = join(compose.certificatesFolder, "override.yaml");
    await writeFile(override, JSON.stringify({ services: { "xds-server": { secrets: ["guest-key"] } }, secrets: { "guest-key": { file: secret } } }));
    compose.addFile(override);
    await appendFile(compose.registryFile, "\n  guarded:\n    endpoint: http://everything:3001\n    auth: {api_keys: [{client: guest, key: \"${file:/run/secrets/guest-key}\"}]}\n");
    await compose.build();
    await compose.up();
  });
  after(async () => compose?.stop());

  /** Into place in one step each, as tools that renew certificates do. */
  async function put(subject: string): Promise<void> {
    const { certFile, keyFile } = authority.issue(subject);
    for (const [from, to] of [[keyFile, "tls.key"], [certFile, "tls.crt"]] as const) {
      const target = join(compose.certificatesFolder, to);
      await writeFile(`${target}.new`, readFileSync(from));
      // Of a test's own authority, for the container's user.
      await chmod(`${target}.new`, 0o644);
      await rename(`${target}.new`, target);
    }
  }

  function subjectShown(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: Number(new URL(compose.tlsUrl).port), ca }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  it("a key from a file of the engine's secrets opens its server, and none other does", async () => {
    const status = async (headers: Readonly<Record<string, string>>): Promise<number> => (await rpc(compose.gatewayUrl, "/guarded", "initialize", { headers, params: initializeParams })).status;
    expect(await status({})).to.equal(401);
    expect(await status({ authorization: "Bearer open-says-me" })).to.equal(401);
    expect(await status({ authorization: "Bearer open-sesame" })).to.equal(200);
    expect(await compose.logs("xds-server")).not.to.include("sesame");
  });

  it("the profile adds https in front of the same gateway", async () => {
    await compose.compose(["--profile", "tls", "up", "--detach", "--wait", "--wait-timeout", "120"]);
    expect(await subjectShown()).to.equal("first");
    const session = await openSession(compose.tlsUrl, "/everything");
    const answer = await callTool(compose.tlsUrl, "/everything", "echo", { message: "behind TLS" }, { ca, headers: { "mcp-session-id": session } });
    expect(answer.body).to.include("behind TLS");
    // Errors of the gateway come through with their ids.
    const unknown = await rpc(compose.tlsUrl, "/nobody", "ping", { ca, id: "mine" });
    expect(unknown).to.deep.include({ status: 404 });
    expect(unknown.message.id).to.equal("mine");
  });

  it("a renewed certificate is shown to new connections, and no stream is cut", async () => {
    const session = await openSession(compose.tlsUrl, "/everything");
    const headers = { "mcp-session-id": session };
    const stream = new EventReader(await open(compose.tlsUrl, "/everything", { ca, headers: { ...headers, accept: "text/event-stream" } }));
    await put("second");
    await until("the new certificate", async () => (await subjectShown()) === "second", 10_000);
    await callTool(compose.tlsUrl, "/everything", "toggle-simulated-logging", {}, { ca, headers });
    expect(await stream.next()).to.include("jsonrpc");
    stream.close();
  });

  it("an https server is trusted by an authority whose file lies in the registry's folder", async () => {
    await copyFile(authority.caFile, join(compose.registryFolder, "authority.pem"));
    await appendFile(compose.registryFile, "\n  secure:\n    endpoint: https://tls:8443/everything\n    tls: {ca: authority.pem, sni: localhost}\n    host_header: localhost\n");
    await until("the server behind TLS", async () => (await rpc(compose.gatewayUrl, "/secure", "initialize", { params: initializeParams })).status === 200, 20_000);
  });

  it("says in JSON-RPC that the gateway is away, while it is", async () => {
    await compose.compose(["stop", "envoy"]);
    const away = await rpc(compose.tlsUrl, "/everything", "ping", { ca });
    expect(away.status).to.equal(503);
    expect(away.message.error?.message).to.include("the gateway cannot be reached");
    await compose.compose(["start", "envoy"]);
    await until("it to be back", async () => (await rpc(compose.tlsUrl, "/nobody", "ping", { ca })).status === 404, 30_000);
  });
});
