/** End to end: a tool that a registry entry forbids is not reached by any spelling, wrapping or way round. */

import { connect, type ClientHttp2Session } from "node:http2";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { ask, type Asking } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

const call = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"drop","arguments":{}}}';
const fine = call.replace("drop", "read");
const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };
/** By itself Node gives a GET no length, and its body would be the beginning of another request. */
const sized = { ...json, "content-length": String(call.length) };

describe("e2e: tool rules", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replica: Replica;

  before(async function () {
    this.timeout(60_000);
    replica = await opened(startReplica({ name: "replica" }));
    mesh = await opened(startMesh({
      servers: {
        denied: { type: "http", endpoint: replica.url, tools: { deny: ["drop"] } },
        allowed: { type: "http", endpoint: replica.url, tools: { allow: ["read", "get_*"] } },
      },
    }));
  });

  const bodies: Readonly<Record<string, string | Uint8Array>> = {
    "as it is": call,
    "an escaped method": call.replace("tools/call", "to\\u006fls\\/call"),
    "an escaped name": call.replace('"drop"', '"dr\\u006fp"'),
    "escaped keys": call.replace('"method"', '"m\\u0065thod"').replace('"name"', '"n\\u0061me"'),
    "a second method": `${call.slice(0, -1)},"method":"ping"}`,
    "a second method first": `{"method":"ping",${call.slice(1)}`,
    "a second, escaped method": `${call.slice(0, -1)},"m\\u0065thod":"ping"}`,
    "second params": `${call.slice(0, -1)},"params":{"name":"read"}}`,
    "a second name": call.replace('"name":"drop"', '"name":"read","name":"drop"'),
    "a second name first": call.replace('"name":"drop"', '"name":"drop","name":"read"'),
    "a batch": `[${call}]`,
    "a batch with others": ` \n[${fine},${call}]`,
    "two messages": `${fine}\n${call}`,
    "a name in an array": call.replace('"drop"', '["drop"]'),
    "no name": '{"jsonrpc":"2.0","id":7,"method":"tools/call"}',
    "a notification": call.replace('"id":7,', ""),
    "a null id": call.replace('"id":7', '"id":null'),
    "a byte order mark": `\ufeff${call}`,
    "UTF-16": Buffer.from(`\ufeff${call}`, "utf16le"),
    "a comment first": `/**/${call}`,
    "megabytes before the name": call.replace('"params":{"name":"drop","arguments":{}}', `"params":{"arguments":{"x":"${"y".repeat(3_000_000)}"},"name":"drop"}`),
    "the method last": '{"jsonrpc":"2.0","id":7,"params":{"name":"drop"},"method":"tools/call"}',
  };
  const asked: Readonly<Record<string, { readonly path?: string } & Asking>> = {
    ...Object.fromEntries(Object.entries(bodies).map(([what, body]) => [what, { body }])),
    "a trailing slash": { path: "/denied/" },
    "the endpoint's own path": { path: "/denied/mcp" },
    "a message endpoint": { path: "/denied/messages?sessionId=1" },
    "text/plain": { headers: { ...json, "content-type": "text/plain" } },
    "no content type": { headers: { accept: json.accept } },
    "a charset": { headers: { ...json, "content-type": "application/json; charset=utf-8" } },
    "another case": { headers: { ...json, "content-type": "Application/JSON" } },
    "another JSON type": { headers: { ...json, "content-type": "application/json-rpc" } },
    "no accept": { headers: { "content-type": json["content-type"] } },
    "gzip": { headers: { ...json, "content-encoding": "gzip" }, body: gzipSync(call) },
    "gzip that is none": { headers: { ...json, "content-encoding": "gzip" } },
    "a newer revision whose header names another tool": { headers: { ...json, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "read" } },
    "a WebSocket": { headers: { ...json, upgrade: "websocket", connection: "upgrade", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" } },
    "an unknown upgrade": { headers: { ...json, upgrade: "x", connection: "upgrade" } },
    "the upgrade to HTTP/2": { headers: { ...json, upgrade: "h2c", connection: "upgrade, http2-settings", "http2-settings": "AAMAAABkAAQAAP__" } },
    ...Object.fromEntries(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"].map((method) => [`a body with ${method}`, { method, headers: sized }])),
    "a GET that means a POST": { method: "GET", headers: { ...sized, "x-http-method-override": "POST" } },
    "a chunked GET": { method: "GET", headers: { ...json, "transfer-encoding": "chunked" } },
  };

  for (const [what, { path = "/denied", ...asking }] of Object.entries(asked)) {
    it(`${what} does not reach it`, async () => {
      const before = replica.requests.length;
      const answer = await ask(mesh.gatewayUrl, path, { method: "POST", headers: json, body: call, ...asking });
      expect(replica.requests.slice(before).map(({ body }) => body.slice(0, 200))).to.deep.equal([]);
      const { jsonrpc, error } = JSON.parse(answer.body) as { jsonrpc: string; error: { code: number; message: string } };
      expect(jsonrpc).to.equal("2.0");
      expect(error.message).to.be.a("string").that.is.not.empty;
    });
  }

  it("HTTP/2 does not reach it", async () => {
    const before = replica.requests.length;
    const session = connect(mesh.gatewayUrl);
    for (const method of ["POST", "GET"]) expect(await askHttp2(session, { ":method": method, ":path": "/denied", ...json }, call)).to.contain("not allowed");
    session.close();
    expect(replica.requests.length).to.equal(before);
  });

  it("what is not forbidden arrives, byte for byte", async () => {
    const odd = '{"jsonrpc" : "2.0","id":"\\u0041","method":"tools/call","params":{"arguments":{"n":12345678901234567890,"f":1.0},"name":"get_x"}}';
    for (const [path, body] of [["/denied", fine], ["/denied", odd], ["/allowed", odd], ["/allowed", fine], ["/allowed", '{"jsonrpc":"2.0","method":"notifications/initialized"}'], ["/allowed", '{"jsonrpc":"2.0","id":3,"result":{}}']] as const) {
      expect((await ask(mesh.gatewayUrl, path, { method: "POST", headers: json, body })).status, body).to.equal(200);
      expect(replica.requests.at(-1)?.body).to.equal(body);
    }
    for (const method of ["GET", "DELETE"]) {
      expect((await ask(mesh.gatewayUrl, "/denied", { method, headers: { accept: "text/event-stream", "mcp-session-id": "s" } })).status).to.equal(200);
      expect(replica.requests.at(-1)?.method).to.equal(method);
    }
  });

  it("what the newest revision refuses has the code of the specification", async () => {
    const headers = { ...json, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "other" };
    const answer = await ask(mesh.gatewayUrl, "/denied", { method: "POST", headers, body: fine });
    expect(answer.status).to.equal(400);
    const { id, error } = JSON.parse(answer.body) as { id: unknown; error: { code: number } };
    expect([id, error.code]).to.deep.equal([7, -32020]);
  });
});

function askHttp2(session: ClientHttp2Session, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: false });
    let text = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("end", () => resolve(text)).on("error", reject);
    stream.end(body);
  });
}
