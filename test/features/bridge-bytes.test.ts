/** What arrives at the process equals what was sent, and what comes back likewise, to the byte. */

import { expect } from "chai";
import { Bridge, type RawSession } from "../stdio-bridge/bridge.js";

const payloads: readonly (readonly [what: string, message: string | Buffer])[] = [
  ["numbers that no double holds", '{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":12345678901234567890,"b":1.0,"c":1e400,"d":-0,"e":0.1000000000000000055511151231257827}}'],
  ["unusual spaces", '{ "jsonrpc" :\t"2.0" , "id" : 1 ,"method":"received" }'],
  ["duplicate keys", '{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":1,"a":2}}'],
  ["escapes", '{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":"\\u0041\\/\\n\\ud83d\\ude00"}}'],
  ["lone surrogates", '{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":"\\ud800","b":"\\udc00"}}'],
  ["unknown members", '{"jsonrpc":"2.0","z":null,"id":1,"method":"received","extra":{"id":99,"method":"no"}}'],
  ["line separators of Unicode", '{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":"\u2028\u2029\u0085"}}'],
  ["bytes that are no UTF-8", Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":"'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"}}')])],
  ["a string of 8 MiB", `{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":"${"x\\n".repeat((8 * 1024 * 1024) / 3)}"}}`],
  ["deep nesting", `{"jsonrpc":"2.0","id":1,"method":"received","params":{"a":${"[".repeat(4000)}${"]".repeat(4000)}}}`],
];

const ids: readonly string[] = ["0", "-1", "1.0", "1e2", "-0", "12345678901234567890", '""', '"0"', '"a b"', '"\\u0041"', '"é"', '"\\ud800"'];

describe("bridge: bytes", () => {
  let bridge: Bridge;
  let session: RawSession;

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_MAX_REQUEST_BYTES: String(16 * 1024 * 1024) });
    await bridge.serve("odd", { max_message_bytes: 32 * 1024 * 1024 });
    session = await bridge.open("odd");
  });
  after(() => bridge.stop());

  for (const [what, message] of payloads) {
    it(`carries ${what} to the process`, async () => {
      const response = await session.send(message);
      const { result } = (await response.json()) as { result: { line: string } };
      expect(Buffer.from(result.line, "base64").equals(Buffer.from(message))).to.equal(true);
    });

    it(`carries ${what} from the process`, async () => {
      const answer = Buffer.from(Buffer.from(message).toString("latin1").replace('"received"', '"x"').replace(/"method"/, '"result"'), "latin1");
      const response = await session.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "write", params: { bytes: Buffer.concat([answer, Buffer.from("\r\n")]).toString("base64") } }));
      expect(Buffer.from(await response.arrayBuffer()).equals(answer)).to.equal(true);
    });
  }

  for (const id of ids) {
    it(`carries the id ${id} there and back`, async () => {
      const message = `{"jsonrpc":"2.0","id":${id},"method":"received"}`;
      const response = await session.send(message);
      const text = await response.text();
      expect(text.startsWith(`{"jsonrpc":"2.0","id":${id},"result"`), text).to.equal(true);
      const { result } = JSON.parse(text) as { result: { line: string } };
      expect(Buffer.from(result.line, "base64").toString()).to.equal(message);
    });

    it(`gives the id ${id} in an error as it was`, async () => {
      const response = await bridge.post("odd", `{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
      expect(await response.text()).to.match(/^\{"jsonrpc":"2.0","error":/).and.to.satisfy((text: string) => text.endsWith(`,"id":${id}}`));
    });
  }

  it("gives the client its own id back where the process writes it in another way", async () => {
    const answer = Buffer.from('{"result":{},"jsonrpc":"2.0","id":12345678901234567000}\n').toString("base64");
    const response = await session.send(`{"jsonrpc":"2.0","id":12345678901234567890,"method":"write","params":{"bytes":"${answer}"}}`);
    expect(await response.text()).to.equal('{"result":{},"jsonrpc":"2.0","id":12345678901234567890}');
  });

  it("makes one line of a message that was written over several", async () => {
    const response = await session.send('{\r\n  "jsonrpc": "2.0",\n\t"id": 1,\r"method": "received"\n}\n');
    const { result } = (await response.json()) as { result: { line: string } };
    expect(Buffer.from(result.line, "base64").toString()).to.equal('{    "jsonrpc": "2.0", \t"id": 1, "method": "received" } ');
  });

  it("keeps a carriage return between tokens from breaking an event", async () => {
    const bytes = Buffer.from('{"jsonrpc":"2.0",\r"id":1,"result":{}}\n').toString("base64");
    const response = await session.send(`{"jsonrpc":"2.0","id":1,"method":"write","params":{"bytes":"${bytes}"}}`, { accept: "text/event-stream" });
    expect(await response.text()).to.match(/^event: message\nid: \S+\ndata: \{"jsonrpc":"2\.0", "id":1,"result":\{\}\}\n\n$/);
  });
});
