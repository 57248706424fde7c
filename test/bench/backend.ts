/** The fastest backend that Node can be: answers every request with the same JSON, on raw sockets. Its own process; prints its port. */

import { createServer, type AddressInfo } from "node:net";

const body = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: "hello" }] } });
const answer = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

const backend = createServer({ noDelay: true }, (socket) => {
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    for (;;) {
      const headEnd = received.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1] ?? 0);
      if (received.length < headEnd + 4 + length) return;
      received = received.slice(headEnd + 4 + length);
      socket.write(answer);
    }
  });
  socket.on("error", () => socket.destroy());
});
// On all loopback addresses, so that one backend can be several endpoints.
backend.listen(0, "0.0.0.0", () => {
  process.stdout.write(`${(backend.address() as AddressInfo).port}\n`); // A TCP server's address is never a string.
});
process.stdin.on("close", () => process.exit(0)).resume();
