/** Loaded before the demo's MCP server in its container: it says whether it is well, and when it is to end it first ends what it has begun. */

import { Server, ServerResponse } from "node:http";

/** Envoy asks once a second: after two of its questions nothing new comes any more. */
const handOverMs = 2_500;
const longestMs = 8_000;

let open = 0;
let isEnding = false;

const emit = Server.prototype.emit;
Server.prototype.emit = function (event, request, response, ...rest) {
  if (event !== "request" || !(response instanceof ServerResponse)) return emit.call(this, event, request, response, ...rest);
  if (request.url === "/healthz") {
    response.writeHead(isEnding ? 503 : 200, { "content-type": "text/plain" }).end(isEnding ? "ending\n" : "ok\n");
    return true;
  }
  // A stream that only listens has nothing to finish.
  if (request.method !== "GET") {
    open += 1;
    response.on("close", () => (open -= 1));
  }
  return emit.call(this, event, request, response, ...rest);
};

process.on("SIGTERM", () => {
  if (isEnding) process.exit(0);
  isEnding = true;
  const since = performance.now();
  const look = setInterval(() => {
    const passed = performance.now() - since;
    if (passed > longestMs || (passed > handOverMs && open === 0)) {
      clearInterval(look);
      process.exit(0);
    }
  }, 50);
});
