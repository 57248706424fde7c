/** Load for stdio servers, over HTTP or over the plain pipe: unique ids, and each answer is checked for what was asked. Its own process. */

import { spawn } from "node:child_process";
import { isEcho, McpClient, toEcho, toPost, type Address } from "./mcp-client.js";
import { RawConnection } from "./raw-http.js";

export interface PumpOrder {
  readonly target: ({ readonly kind: "http" } & Address) | { readonly kind: "pipe"; readonly command: readonly [string, ...string[]] };
  /** Requests that are open at once, each over a connection of its own. */
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
  /** Wrong answers, and connections that ended. */
  readonly failed: number;
}

/** All ids have as many digits, so that all requests are as long. */
const firstId = 1_000_000;

class Tally {
  readonly endMs: number;
  answers = 0;
  failed = 0;
  private readonly order: PumpOrder;
  private readonly beginMs: number;
  private readonly latencies: number[] = [];
  private lastId = firstId;

  constructor(order: PumpOrder) {
    this.order = order;
    this.beginMs = performance.now() + order.warmUpMs;
    this.endMs = this.beginMs + order.measureMs;
  }

  nextId(): number {
    return ++this.lastId;
  }

  /** True while more is to be asked. */
  note(sentMs: number, isRight: boolean): boolean {
    const nowMs = performance.now();
    this.answers += 1;
    if (!isRight) this.failed += 1;
    if (sentMs >= this.beginMs && nowMs <= this.endMs) this.latencies.push(nowMs - sentMs);
    return nowMs < this.endMs;
  }

  result(): PumpResult {
    const sorted = this.latencies.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
    return { requestsPerSecond: (sorted.length * 1_000) / this.order.measureMs, p50Ms: at(0.5), p99Ms: at(0.99), answers: this.answers, failed: this.failed };
  }
}

const order = JSON.parse(process.argv[2] ?? "") as PumpOrder; // The bench that starts us wrote it.
const { target } = order;
process.stdout.write(JSON.stringify(target.kind === "http" ? await pumpHttp(target) : await pumpPipe(target.command)));

/** One session, over as many connections as were ordered. */
async function pumpHttp(address: Address): Promise<PumpResult> {
  const client = new McpClient(address);
  await client.open();
  const [head = "", body = ""] = toPost(address, client.sessionId, toEcho(firstId, nonceOf(firstId))).split("\r\n\r\n");
  const [start = "", middle = "", end = ""] = `${head}\r\n\r\n${body}`.split(String(firstId));
  const tally = new Tally(order);

  const talk = (): Promise<void> =>
    new Promise((resolve) => {
      const connection = new RawConnection(address.port, () => {
        if (performance.now() < tally.endMs) tally.failed += 1;
        resolve();
      });
      const send = (): void => {
        const id = tally.nextId();
        const sentMs = performance.now();
        connection.ask(start + id + middle + id + end, (answer) => {
          if (tally.note(sentMs, isEcho(answer, id, nonceOf(id)))) send();
          else connection.close();
        });
      };
      send();
    });
  await Promise.all(Array.from({ length: order.connections }, talk));
  await client.end();
  client.close();
  return tally.result();
}

/** The limit: nothing between us and the server. */
async function pumpPipe([program, ...args]: readonly [string, ...string[]]): Promise<PumpResult> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const open = new Map<number, number>();
  const tally = new Tally(order);
  let asked = "";
  const ask = (): void => {
    const id = tally.nextId();
    open.set(id, performance.now());
    asked += `${toEcho(id, nonceOf(id))}\n`;
  };
  const send = (): void => {
    child.stdin.write(asked, "latin1");
    asked = "";
  };
  let received = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (received + chunk.toString("latin1")).split("\n");
    received = lines.pop() ?? "";
    for (const line of lines) {
      const id = Number(/"id":(\d+)/.exec(line)?.[1]);
      const sentMs = open.get(id);
      open.delete(id);
      if (tally.note(sentMs ?? 0, sentMs !== undefined && line.includes(`"${nonceOf(id)}"`))) ask();
    }
    if (asked !== "") send();
    if (open.size === 0) child.stdin.end();
  });
  for (let count = 0; count < order.connections; count++) ask();
  send();
  await new Promise((resolve) => child.on("close", resolve));
  return tally.result();
}

function nonceOf(id: number): string {
  return `n${id}`;
}
