/** End to end: HTTP servers behind TLS, with an authority, names and certificates of their own. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { makeAuthority, type Authority } from "../certificates.js";
import { rpc } from "./ask.js";
import { DnsServer } from "./fixtures/dns-server.js";
import { startTlsReplica, type TlsReplica } from "./fixtures/tls-replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

describe("e2e: TLS to the servers", () => {
  const opened = closedAfterwards();
  let folder: string;
  let authority: Authority;
  let other: Authority;
  let named: TlsReplica;
  let addressed: TlsReplica;
  let strict: TlsReplica;
  let old: TlsReplica;
  let first: TlsReplica;
  let second: TlsReplica;
  let mesh: Mesh;

  before(async function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    authority = makeAuthority(folder, "ca");
    other = makeAuthority(folder, "other-ca");
    const ours = authority.issue("replica", ["DNS:mcp.internal.example", "DNS:localhost"]);
    named = await opened(startTlsReplica({ certificate: ours }));
    addressed = await opened(startTlsReplica({ certificate: authority.issue("address", ["IP:127.0.0.1"]) }));
    strict = await opened(startTlsReplica({ certificate: ours, clientCaFile: authority.caFile }));
    old = await opened(startTlsReplica({ certificate: ours, isOld: true }));
    first = await opened(startTlsReplica({ certificate: authority.issue("first", ["DNS:first.test"]) }));
    second = await opened(startTlsReplica({ certificate: authority.issue("second", ["DNS:second.test"]) }));
    const dns = await opened(DnsServer.start());
    for (const name of ["localhost", "first.test", "second.test"]) dns.addresses.set(name, ["127.0.0.1"]);

    const client = authority.issue("gateway-of-ours");
    const stranger = other.issue("stranger");
    const ca = authority.caFile;
    const at = ({ port }: TlsReplica, host = "127.0.0.1"): string => `https://${host}:${port}/mcp`;
    mesh = await opened(startMesh({
      dnsPort: dns.port,
      servers: {
        "by-sni": { endpoint: at(named), tls: { ca, sni: "mcp.internal.example" } },
        "by-name": { endpoint: at(named, "localhost"), tls: { ca } },
        "by-address": { endpoint: at(addressed), tls: { ca } },
        "other-address": { endpoint: at(named), tls: { ca } },
        "other-name": { endpoint: at(named), tls: { ca, sni: "bank.example" } },
        "other-authority": { endpoint: at(named, "localhost"), tls: { ca: other.caFile } },
        "system-authorities": { endpoint: at(named, "localhost") },
        unverified: { endpoint: at(named), tls: { verify: false } },
        "two-names": { instances: [at(first, "first.test"), at(second, "second.test"), at(addressed)], tls: { ca } },
        "old-server": { endpoint: at(old, "localhost"), tls: { ca } },
        shown: { endpoint: at(strict, "localhost"), tls: { ca, cert: client.certFile, key: client.keyFile } },
        "not-shown": { endpoint: at(strict, "localhost"), tls: { ca } },
        "shown-by-a-stranger": { endpoint: at(strict, "localhost"), tls: { ca, cert: stranger.certFile, key: stranger.keyFile } },
      },
    }));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  async function visit(id: string, replica: TlsReplica): Promise<TlsReplica["visits"][number] | undefined> {
    const before = replica.visits.length;
    const answer = await rpc(mesh.gatewayUrl, `/${id}`, "ping", { id: 7 });
    expect(answer.status, answer.body).to.equal(200);
    expect(answer.message).to.deep.include({ id: 7, result: { from: "tls" } });
    expect(replica.visits.length).to.equal(before + 1);
    return replica.visits.at(-1);
  }

  async function refusal(id: string): Promise<string> {
    const before = [named, addressed, strict, old].map(({ visits }) => visits.length);
    const answer = await rpc(mesh.gatewayUrl, `/${id}`, "ping", { id: "seven" });
    expect(answer.status, answer.body).to.equal(503);
    expect(answer.message).to.deep.include({ jsonrpc: "2.0", id: "seven" });
    expect(answer.message.error?.code).to.equal(-32000);
    expect([named, addressed, strict, old].map(({ visits }) => visits.length)).to.deep.equal(before);
    return JSON.stringify(answer.message.error);
  }

  it("the name given is asked for and verified, over HTTP/2", async () => {
    expect(await visit("by-sni", named)).to.deep.equal({ alpn: "h2", sni: "mcp.internal.example", client: undefined });
  });

  it("without one, the endpoint's own name is", async () => {
    expect(await visit("by-name", named)).to.deep.equal({ alpn: "h2", sni: "localhost", client: undefined });
  });

  it("an address must stand in the certificate", async () => {
    expect(await visit("by-address", addressed)).to.deep.equal({ alpn: "h2", sni: false, client: undefined });
    expect(await refusal("other-address")).to.match(/certificate|TLS/i);
  });

  it("replicas of several names are each asked for by their own", async () => {
    const before = [first, second, addressed].map(({ visits }) => visits.length);
    for (let request = 0; request < 6; request++) expect((await rpc(mesh.gatewayUrl, "/two-names", "ping")).status).to.equal(200);
    expect([first, second, addressed].map(({ visits }, index) => visits.length - (before[index] ?? 0))).to.deep.equal([2, 2, 2]);
    expect([first, second, addressed].map(({ visits }) => visits.at(-1)?.sni)).to.deep.equal(["first.test", "second.test", false]);
  });

  it("a server that only speaks HTTP/1.1 is spoken to in it", async () => {
    expect(await visit("old-server", old)).to.deep.equal({ alpn: "http/1.1", sni: "localhost", client: undefined });
  });

  for (const [id, what] of [["other-name", "a certificate for another name"], ["other-authority", "a certificate of another authority"], ["system-authorities", "a certificate of an authority that the system does not know"]] as const) {
    it(`${what} is a 503 that says so, with the id`, async () => {
      expect(await refusal(id)).to.match(/certificate/i);
    });
  }

  it("verify: false takes any", async () => {
    expect(await visit("unverified", named)).to.include({ alpn: "h2" });
  });

  it("a server that asks for a certificate is shown ours, and refuses none or a stranger's", async () => {
    expect(await visit("shown", strict)).to.deep.equal({ alpn: "h2", sni: "localhost", client: "gateway-of-ours" });
    await refusal("not-shown");
    await refusal("shown-by-a-stranger");
  });

  it("keys are not shown", async () => {
    const shown = JSON.stringify(await mesh.status()) + mesh.child("xds-server").log();
    expect(shown).not.to.contain("PRIVATE KEY");
  });
});
