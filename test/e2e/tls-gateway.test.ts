/** End to end: clients that come over https, and certificates that are renewed while they do. */

import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { expect } from "chai";
import { makeAuthority, type Authority, type Certificate } from "../certificates.js";
import { ask, open, rpc } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { startTlsReplica, type TlsReplica } from "./fixtures/tls-replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: TLS at the gateway", () => {
  const opened = closedAfterwards();
  let folder: string;
  let authority: Authority;
  let ca: string;
  let replica: Replica;
  let mutual: TlsReplica;
  let mesh: Mesh;
  let port: number;

  const inUse = { cert: "", key: "", clientCert: "", clientKey: "" };

  before(async function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    authority = makeAuthority(folder, "ca");
    ca = readFileSync(authority.caFile, "utf8");
    Object.assign(inUse, { cert: join(folder, "in-use.pem"), key: join(folder, "in-use.key"), clientCert: join(folder, "client-in-use.pem"), clientKey: join(folder, "client-in-use.key") });
    put(authority.issue("first"));
    put(authority.issue("first-client"), inUse.clientCert, inUse.clientKey);
    replica = await opened(startReplica({ name: "replica" }));
    mutual = await opened(startTlsReplica({ certificate: authority.issue("server"), clientCaFile: authority.caFile }));
    mesh = await opened(startMesh({
      gateway: { tls: { cert: inUse.cert, key: inUse.key } },
      servers: {
        plain: { endpoint: replica.url },
        mutual: { endpoint: `https://127.0.0.1:${mutual.port}`, tls: { ca: authority.caFile, cert: inUse.clientCert, key: inUse.clientKey } },
      },
    }));
    port = Number(new URL(mesh.gatewayUrl).port);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** As tools that renew certificates do: each file in one step, one after the other. */
  function put(certificate: Certificate, certFile = inUse.cert, keyFile = inUse.key): void {
    for (const [from, to] of [[certificate.keyFile, keyFile], [certificate.certFile, certFile]] as const) {
      writeFileSync(`${to}.new`, readFileSync(from));
      renameSync(`${to}.new`, to);
    }
  }

  async function shownName(): Promise<string> {
    const socket = connectTls({ host: "127.0.0.1", port, ca, servername: "localhost" });
    await once(socket, "secureConnect");
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  }

  it("answers with its certificate over HTTP/1.1 and HTTP/2", async () => {
    expect(mesh.gatewayUrl).to.match(/^https:/);
    expect((await rpc(mesh.gatewayUrl, "/plain", "ping", { id: 3, ca })).message).to.deep.include({ id: 3, result: { from: "replica", path: "/mcp" } });
    const session = connectHttp2(mesh.gatewayUrl, { ca });
    const stream = session.request({ ":path": "/plain" });
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    expect([session.alpnProtocol, headers[":status"]]).to.deep.equal(["h2", 200]);
    expect(await text(stream)).to.contain("replica");
    session.close();
  });

  it("the URLs that it tells of are https", async () => {
    expect((await mesh.status()).gateway?.url).to.equal(`https://127.0.0.1:${port}`);
  });

  it("says nothing to who does not speak TLS", async () => {
    const answer = await ask(`http://127.0.0.1:${port}`, "/plain").catch((error: unknown) => error);
    expect(answer).to.be.instanceOf(Error);
  });

  it("shows a renewed certificate without a restart; what is open has the time of Envoy's drain (2 s here)", async () => {
    replica.respond = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: first\n\n");
      replica.respond = (_next, other) => void other.end("{}");
    };
    const stream = await open(mesh.gatewayUrl, "/plain", { ca, headers: { accept: "text/event-stream" } });
    let isCut = false;
    stream.on("data", () => undefined).on("close", () => (isCut = true)).on("error", () => undefined);
    expect(await shownName()).to.equal("first");
    put(authority.issue("second"));
    await until("the second certificate to be shown", async () => (await shownName()) === "second");
    expect(isCut).to.equal(false);
    expect((await ask(mesh.gatewayUrl, "/plain", { ca })).status).to.equal(200);
    await until("the drain to be over", () => isCut);
    expect(await shownName()).to.equal("second");
  });

  it("a key that does not belong to the certificate is told, and what was shown goes on", async () => {
    const stranger = authority.issue("third");
    writeFileSync(inUse.key, readFileSync(stranger.keyFile));
    const problem = await until("the problem to be told", async () => (await mesh.status()).problems.find(({ what }) => what.includes("does not belong")));
    expect(problem.what).to.match(/^gateway: tls\.key/);
    expect(await shownName()).to.equal("second");
    writeFileSync(inUse.cert, readFileSync(stranger.certFile));
    await until("the third certificate to be shown", async () => (await shownName()) === "third");
    expect((await mesh.status()).problems).to.deep.equal([]);
  });

  it("a renewed certificate of ours is shown to a server that asks for one", async () => {
    expect((await rpc(mesh.gatewayUrl, "/mutual", "ping", { ca })).status).to.equal(200);
    expect(mutual.visits.at(-1)?.client).to.equal("first-client");
    put(authority.issue("second-client"), inUse.clientCert, inUse.clientKey);
    await until("the second client certificate to be shown", async () => {
      await rpc(mesh.gatewayUrl, "/mutual", "ping", { ca });
      return mutual.visits.at(-1)?.client === "second-client";
    });
  });
});
