/** Loaded before a demo server: it listens on loopback only and refuses browser pages that come around the gateway, whatever the program says. */

import { IncomingMessage, ServerResponse, Server as HttpServer } from "node:http";
import { Server } from "node:net";

const port = Number(process.env["PORT"]);

const listen = Server.prototype.listen;
Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const callback = args.find((arg) => typeof arg === "function");
  // What is given to listen as its last argument, when it is a function, is its listener.
  return listen.call(this, { host: "127.0.0.1", port }, callback as (() => void) | undefined);
} as typeof listen;

// The type of emit lists every event there is; what is replaced here is the one function behind them.
const emit = HttpServer.prototype.emit as (this: HttpServer, event: string, ...args: readonly unknown[]) => boolean;
HttpServer.prototype.emit = function (this: HttpServer, event: string, ...args: readonly unknown[]): boolean {
  const [request, response] = args;
  if (event === "request" && request instanceof IncomingMessage && response instanceof ServerResponse && isPageAroundGateway(request)) {
    response.writeHead(403).end();
    return true;
  }
  return emit.call(this, event, ...args);
} as typeof HttpServer.prototype.emit;

/** The gateway has checked the origin of what it passes on, and leaves its own port in Host. */
function isPageAroundGateway(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined && request.headers.host?.endsWith(`:${port}`) === true;
}
