/** Tests of how the children's log lines are shown. */

import { expect } from "chai";
import colors from "picocolors";
import { toLogLine } from "../../../../xds-server/cli/up/log-line.js";

describe("log-line", () => {
  const cases: ReadonlyArray<readonly [what: string, line: string, shown: string]> = [
    ["pino with fields", '{"level":30,"time":1,"pid":2,"hostname":"h","program":"xds","worker":"xds-server","msg":"registry read","servers":3,"file":"/a b.yaml"}', 'xds-server  info  registry read servers=3 file="/a b.yaml"'],
    ["pino with an error", '{"level":50,"msg":"cannot listen","err":{"type":"Error","message":"EADDRINUSE","stack":"…"}}', "xds-server  error cannot listen: EADDRINUSE"],
    ["pino with a nested field", '{"level":40,"msg":"odd","at":{"line":1}}', 'xds-server  warn  odd at={"line":1}'],
    ["Envoy", "[warning][config] gRPC config stream closed", "xds-server  warn  gRPC config stream closed logger=config"],
    ["plain text", "Error: Cannot find module", "xds-server  Error: Cannot find module"],
    ["something that only looks like JSON", "{ broken", "xds-server  { broken"],
    ["JSON that is no log line", '{"a":1}', 'xds-server  {"a":1}'],
    ["control characters", '{"level":30,"msg":"a\\u001b[31mred\\u001b[0m\\u0001"}', "xds-server  info  ared "],
  ];
  for (const [what, line, shown] of cases) {
    it(`shows ${what}`, () => expect(toLogLine("xds-server", line, colors.createColors(false))).to.equal(shown));
  }
});
