/** Who is measured: our bridge in both its modes, alone and behind Envoy, and the peers, each before the same stdio server. */

import { join } from "node:path";
import { projectRoot } from "../../../protos/project-root.js";
import { Bridge } from "../../stdio-bridge/bridge.js";
import { Child } from "../../e2e/child.js";
import { freePorts, startMesh } from "../../e2e/mesh.js";
import { until } from "../../e2e/until.js";
import { McpClient, type Address } from "./mcp-client.js";
import type { Peers } from "./peers.js";
import { familyOf, type RunningProcess } from "./processes.js";

export interface Contender {
  readonly name: string;
  start(): Promise<Running>;
}

export interface Running {
  readonly address: Address;
  /** What was started to serve, all processes of it. */
  processes(): Processes;
  stop(): Promise<void>;
}

export interface Processes {
  readonly own: readonly RunningProcess[];
  readonly stdioServers: readonly RunningProcess[];
  /** In front of all that. */
  readonly envoys: readonly RunningProcess[];
}

export interface Contenders {
  readonly shared: Contender;
  readonly session: Contender;
  readonly throughEnvoy: Contender;
  readonly supergateway: Contender;
  readonly mcpProxy: Contender;
  readonly pythonMcpProxy: Contender;
}

export const fastServer = [process.execPath, join(projectRoot, "dist/test/bench/fixtures/fast-server.js")] as const;
const fastServerCommand = fastServer.join(" ");

export function makeContenders(peers: Peers): Contenders {
  return {
    shared: { name: "MCP Mesh bridge, shared", start: () => startBridge({ shared: { concurrency: 64 }, pool: { min: 1, max: 1 } }) },
    session: { name: "MCP Mesh bridge, a process a session", start: () => startBridge({ pool: { min: 2, max: 120 } }) },
    throughEnvoy: { name: "Envoy + MCP Mesh bridge, shared", start: startThroughEnvoy },
    supergateway: {
      name: "supergateway 4.0.0",
      start: () => startPeer((port) => [process.execPath, peers.supergateway, "--stdio", fastServerCommand, "--outputTransport", "streamableHttp", "--stateful", "--logLevel", "none", "--port", port]),
    },
    mcpProxy: {
      name: "mcp-proxy (npm) 6.7.19",
      start: () => startPeer((port) => [process.execPath, peers.mcpProxy, "--host", "127.0.0.1", "--server", "stream", "--port", port, "--", ...fastServer]),
    },
    pythonMcpProxy: {
      name: "mcp-proxy (PyPI) 0.13.0",
      start: () => startPeer((port) => [peers.pythonMcpProxy, "--host", "127.0.0.1", "--log-level", "WARNING", "--port", port, "--", ...fastServer]),
    },
  };
}

async function startBridge(server: Parameters<Bridge["serve"]>[1]): Promise<Running> {
  const bridge = await Bridge.start({ MCP_MESH_LOG_LEVEL: "warn" });
  await bridge.serve("fast", { command: [...fastServer], ...server });
  return {
    address: { port: Number(new URL(bridge.url).port), path: "/fast" },
    processes: () => sorted([bridge.child.pid ?? -1]),
    stop: async () => void (await bridge.stop()),
  };
}

async function startThroughEnvoy(): Promise<Running> {
  const mesh = await startMesh({
    workers: 1,
    isQuiet: true,
    logLevel: "warn",
    servers: { fast: { type: "stdio", cmd: fastServer, isolation: "shared", concurrency: 64, pool: { min: 1, max: 1 } } },
  });
  await mesh.untilServed("fast");
  return {
    address: { port: Number(new URL(mesh.gatewayUrl).port), path: "/fast" },
    processes: () => sorted([mesh.child("bridge-1").pid, mesh.child("envoy-1").pid]),
    stop: () => mesh.stop(),
  };
}

async function startPeer(toCommand: (port: string) => readonly [string, ...string[]]): Promise<Running> {
  const [port = 0] = await freePorts(1);
  const child = new Child({ name: "peer", command: toCommand(String(port)), env: {}, isQuiet: true });
  const address = { port, path: "/mcp" };
  await until("the peer to answer", async () => {
    const client = new McpClient(address);
    try {
      await client.open(5_000);
      await client.end();
    } finally {
      client.close();
    }
    return true;
  }, 30_000).catch(async (error: unknown) => {
    await child.stop();
    throw new Error(`a peer does not start\n${child.log()}`, { cause: error });
  });
  return {
    address,
    processes: () => sorted([child.pid]),
    stop: async () => {
      // What a peer leaves behind is not to disturb those that are measured after it.
      const left = sorted([child.pid]).stdioServers;
      await child.stop();
      for (const { pid } of left) endIfAlive(pid);
    },
  };
}

function sorted(roots: readonly number[]): Processes {
  const all = roots.flatMap(familyOf);
  const isStdioServer = ({ command }: RunningProcess): boolean => command === fastServerCommand;
  const isEnvoy = ({ command }: RunningProcess): boolean => command.includes("--disable-hot-restart");
  return {
    own: all.filter((each) => !isStdioServer(each) && !isEnvoy(each)),
    stdioServers: all.filter(isStdioServer),
    envoys: all.filter(isEnvoy),
  };
}

function endIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // As Node throws it.
  }
}
