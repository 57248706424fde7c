/** A load generator on raw sockets: sends one request again and again over kept connections, as fast as answers come. Its own process. */

import { connect, type Socket } from "node:net";

export interface PumpOrder {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface PumpResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** All answers, those of the warm-up too. */
  readonly answers: number;
  /** Answers other than 200, and connections that ended. */
  readonly failed: number;
}

const order = JSON.parse(process.argv[2] ?? "") as PumpOrder; // The bench that starts us wrote it.
process.stdout.write(JSON.stringify(await pump(order)));

async function pump({ port, path, connections, warmUpMs, measureMs }: PumpOrder): Promise<PumpResult> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo", arguments: { message: "hello" } } });
  const request = Buffer.from(
    [
      `POST ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Content-Type: application/json",
      "Accept: application/json, text/event-stream",
      "MCP-Protocol-Version: 2025-06-18",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
  const begin = performance.now() + warmUpMs;
  const end = begin + measureMs;
  const latencies: number[] = [];
  let failed = 0;
  let answers = 0;

  const talk = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      const read = answerReader();
      let sentAt = 0;
      const send = (): void => {
        sentAt = performance.now();
        socket.write(request);
      };
      socket.setNoDelay(true);
      socket.on("connect", send);
      socket.on("data", (chunk) => {
        const answered = read(chunk);
        if (answered === undefined) return;
        const now = performance.now();
        answers += 1;
        if (!answered.isOk) failed += 1;
        if (sentAt >= begin && now <= end) latencies.push(now - sentAt);
        if (now < end) send();
        else socket.destroy();
      });
      socket.on("error", reject);
      socket.on("close", () => {
        if (performance.now() < end) failed += 1;
        resolve();
      });
    });
  await Promise.all(Array.from({ length: connections }, () => talk(connect(port, "127.0.0.1"))));

  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { requestsPerSecond: (latencies.length * 1_000) / measureMs, p50Ms: at(0.5), p99Ms: at(0.99), answers, failed };
}

/** Knows when an answer is whole; only what our servers send: a Content-Length, or chunks that end with the usual last one. */
function answerReader(): (chunk: Buffer) => { readonly isOk: boolean } | undefined {
  let received = "";
  return (chunk) => {
    received += chunk.toString("latin1");
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd < 0) return undefined;
    const head = received.slice(0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const isWhole = length === undefined ? received.endsWith("0\r\n\r\n") : received.length >= headEnd + 4 + Number(length);
    if (!isWhole) return undefined;
    received = "";
    return { isOk: head.startsWith("HTTP/1.1 200") };
  };
}
