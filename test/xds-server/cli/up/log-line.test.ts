/** Tests of how the children's log lines are shown. */

import { expect } from "chai";
import colors from "picocolors";
import { isDull, toLogLine } from "../../../../xds-server/cli/up/log-line.js";

describe("log-line", () => {
  const cases: ReadonlyArray<readonly [what: string, line: string, shown: string]> = [
    ["pino with fields", '{"level":30,"time":1,"pid":2,"hostname":"h","program":"xds","worker":"xds-server","msg":"registry read","servers":3,"file":"/a b.yaml"}', 'xds-server  info  registry read servers=3 file="/a b.yaml"'],
    ["pino with an error", '{"level":50,"msg":"cannot listen","err":{"type":"Error","message":"EADDRINUSE","stack":"…"}}', "xds-server  error cannot listen: EADDRINUSE"],
    ["pino with a nested field", '{"level":40,"msg":"odd","at":{"line":1}}', 'xds-server  warn  odd at={"line":1}'],
    ["Envoy", "[warning][config] gRPC config stream closed", "xds-server  warn  gRPC config stream closed logger=config"],
    ["a line of the access log", '{"time":"2026-11-21T06:45:47.123Z","server":"memory","method":"POST","path":"/memory","rpc_method":"tools/call","tool":"read_graph","status":200,"flags":"-","details":"via_upstream","upstream":"127.0.0.1:1","duration_ms":3}', "xds-server  info  06:45:47.123 POST memory /memory 200 3 ms tools/call read_graph"],
    ["an answer of the gateway itself in the access log", '{"time":"2026-11-21T06:45:47.123Z","server":null,"method":"GET","path":"/nope","rpc_method":null,"tool":null,"status":404,"details":"route_not_found","duration_ms":0}', "xds-server  info  06:45:47.123 GET /nope 404 0 ms details=route_not_found"],
    ["no empty fields and no last words again", '{"level":40,"msg":"it ended","room":"pool","userAgent":"","stderr":["boom"]}', "xds-server  warn  it ended"],
    ["plain text", "Error: Cannot find module", "xds-server  Error: Cannot find module"],
    ["something that only looks like JSON", "{ broken", "xds-server  { broken"],
    ["JSON that is no log line", '{"a":1}', 'xds-server  {"a":1}'],
    ["control characters", '{"level":30,"msg":"a\\u001b[31mred\\u001b[0m\\u0001"}', "xds-server  info  ared "],
  ];
  for (const [what, line, shown] of cases) {
    it(`shows ${what}`, () => expect(toLogLine("xds-server", line, colors.createColors(false))).to.equal(shown));
  }

  const dull: readonly (readonly [what: string, line: string, isLeftOut: boolean])[] = [
    ["parts that Envoy calls unfinished", "[warning][misc] filter envoy.filters.http.mcp is marked as work-in-progress", true],
    ["that the xds-server was lost, which is told by who starts it again", "[warning][config] DeltaAggregatedResources gRPC config stream to xds-server closed: 14, connection failure", true],
    ["a refusal, which the status tells", "[warning][config] delta config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: cannot bind", true],
    ["another line about the same", "[error][config] listener 'gateway' failed to bind or apply socket options: cannot bind '127.0.0.1:1': Address already in use", true],
    ["the same from the xds-server", '{"level":40,"msg":"client refused a response and keeps what it has","refusal":"cannot bind"}', true],
    ["another warning of Envoy", "[warning][config] something else", false],
    ["what is said otherwise", '{"level":30,"msg":"listening"}', false],
  ];
  for (const [what, line, isLeftOut] of dull) it(`${isLeftOut ? "leaves out" : "keeps"} ${what}`, () => expect(isDull(line)).to.equal(isLeftOut));
});
