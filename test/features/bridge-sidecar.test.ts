/** The bridge beside a server in its pod: each of the server's processes is begun by a connection, and ends with it. */

import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo, type Server } from "node:net";
import { expect } from "chai";
import { metricsOf } from "../stdio-bridge/metrics-of.js";
import { Bridge, isAlive, oddServer, until } from "../stdio-bridge/bridge.js";

/** What `tcpsvd` does: a process for each connection, which is its input and its output. */
class ProcessPerConnection {
  readonly children: ChildProcess[] = [];
  readonly #server: Server;

  constructor(command: readonly string[]) {
    const [program = "", ...args] = command;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
      this.children.push(child);
      child.on("error", () => socket.destroy());
      socket.on("error", () => child.stdin?.end());
      child.stdin?.on("error", () => socket.destroy());
      if (child.stdin !== null) socket.pipe(child.stdin);
      child.stdout?.pipe(socket);
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // Listening on TCP.
  }

  stop(): void {
    this.#server.close();
    for (const child of this.children) child.kill("SIGKILL");
  }
}

describe("bridge: beside a server in its pod", () => {
  let processes: ProcessPerConnection;
  let bridge: Bridge;

  before(async () => {
    processes = new ProcessPerConnection(oddServer);
    bridge = await (await Bridge.beside(await processes.listen(), { MCP_MESH_BRIDGE_SERVER_ID: "odd", MCP_MESH_BRIDGE_MAX_PROCESSES: "3" })).listens();
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
    await until(() => processes.children.every(({ pid = -1 }) => !isAlive(pid)), "every process to end with its connection");
    processes.stop();
  });

  it("gives a session a connection, and so a process, of its own", async () => {
    const [one, other] = await Promise.all([bridge.open("odd"), bridge.open("odd")]);
    const [pidOfOne, pidOfOther] = [(await one.call<{ pid: number }>("pid")).pid, (await other.call<{ pid: number }>("pid")).pid];
    expect(pidOfOne).to.not.equal(pidOfOther);
    expect(processes.children.map(({ pid }) => pid)).to.include.members([pidOfOne, pidOfOther]);
    await one.delete();
    await until(() => !isAlive(pidOfOne), "the process to end with its session");
    expect(isAlive(pidOfOther)).to.equal(true);
    await other.delete();
  });

  it("passes every byte as it is", async () => {
    const session = await bridge.open("odd");
    const body = '{"jsonrpc":"2.0", "id":12345678901234567890,"method":"heard","params":{"a":1e400,"b":"\\u00e9"}}';
    const answer = await (await session.send(body)).text();
    expect(answer).to.match(/"id":12345678901234567890,/);
    expect((JSON.parse(answer) as { result: { lines: string[] } }).result.lines.at(-1)).to.equal(body);
    await session.delete();
  });

  it("goes on with another process when one dies, and tells what was open", async () => {
    const session = await bridge.open("odd");
    const { pid } = await session.call<{ pid: number }>("pid");
    const open = session.send('{"jsonrpc":"2.0","id":"open","method":"silence"}');
    await until(async () => (await session.call<{ lines: string[] }>("heard")).lines.some((line) => line.includes("silence")), "the request to have reached the process");
    process.kill(pid, "SIGKILL");
    expect(await (await open).text()).to.include("the server process closed its output");
    expect((await session.call<{ pid: number }>("pid")).pid).to.not.equal(pid);
    await session.delete();
  });

  it("tells of processes that live on though their input has ended, until they end", async () => {
    const stubborn = new ProcessPerConnection([...oddServer, "--outlive-stdin"]);
    const beside = await (await Bridge.beside(await stubborn.listen(), { MCP_MESH_BRIDGE_SERVER_ID: "odd", MCP_MESH_BRIDGE_MAX_PROCESSES: "2", MCP_MESH_BRIDGE_ADMIN_PORT: "0" })).listens();
    const { adminPort } = await beside.logs.any(({ msg }) => msg === "listening");
    const health = async (): Promise<number> => (await fetch(`http://127.0.0.1:${String(adminPort)}/healthz/processes`)).status;
    const left = async (): Promise<number | undefined> => (await metricsOf(beside)).get('mcp_mesh_bridge_processes_left{server="odd"}');
    const pids: number[] = [];
    for (let count = 1; count <= 2; count++) {
      expect({ left: await left(), health: await health() }).to.deep.equal({ left: count - 1, health: 200 });
      const session = await beside.open("odd");
      pids.push((await session.call<{ pid: number }>("pid")).pid);
      await session.delete();
      await until(async () => (await left()) === count, "the process to be counted as left");
    }
    expect({ alive: pids.map(isAlive), health: await health() }).to.deep.equal({ alive: [true, true], health: 503 });
    // As the kubelet does by the end of their container.
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await until(async () => (await left()) === 0, "their ends to be seen");
    expect(await health()).to.equal(200);
    expect(await (await beside.open("odd")).call("pid")).to.have.property("pid");
    expect(await beside.stop()).to.equal(0);
    stubborn.stop();
  });

  it("does not listen where every process ends at once", async () => {
    const broken = new ProcessPerConnection(["/no/such/program"]);
    const beside = await Bridge.beside(await broken.listen(), { MCP_MESH_BRIDGE_SERVER_ID: "odd" });
    await beside.logs.any(({ msg }) => msg === "the server cannot be run");
    expect(beside.logs.all.some(({ msg }) => msg === "listening")).to.equal(false);
    expect(await beside.stop()).to.equal(0);
    broken.stop();
  });

  it("does not listen before a process could be begun", async () => {
    const late = new ProcessPerConnection(oddServer);
    const reserved = new ProcessPerConnection(oddServer);
    const address = await reserved.listen();
    reserved.stop();
    const second = await Bridge.beside(address, { MCP_MESH_BRIDGE_SERVER_ID: "odd" });
    await second.logs.any(({ msg }) => msg.includes(`nobody begins it at ${address}`));
    expect(second.logs.all.some(({ msg }) => msg === "listening")).to.equal(false);
    await late.listen(Number(address.split(":")[1]));
    await second.listens();
    expect(await (await second.open("odd")).call("pid")).to.have.property("pid");
    expect(await second.stop()).to.equal(0);
    late.stop();
  });
});
