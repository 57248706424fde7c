/** The peers that the bridge is measured against: installed as their lock files say, once, into the cache. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../../envoy/find-envoy.js";
import { projectRoot } from "../../../protos/project-root.js";

export interface Peers {
  readonly supergateway: string;
  readonly mcpProxy: string;
  readonly pythonMcpProxy: string;
}

const run = promisify(execFile);
const pins = join(projectRoot, "test/bench/peers");
const files = ["package.json", "package-lock.json", "requirements.txt"] as const;

export async function installPeers(say: (line: string) => void): Promise<Peers> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(pins, file)));
  const folder = join(cacheFolder(process.env), `bench-peers-${hash.digest("hex").slice(0, 16)}`);
  const peers = {
    supergateway: join(folder, "node_modules/supergateway/dist/index.js"),
    mcpProxy: join(folder, "node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs"),
    pythonMcpProxy: join(folder, "venv/bin/mcp-proxy"),
  };
  if (existsSync(join(folder, "whole"))) return peers;
  say(`installing the peers, once, into ${folder}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const file of files) await copyFile(join(pins, file), join(folder, file));
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
  // In its place from the start: what a virtual environment starts names its own folder.
  await run("python3", ["-m", "venv", "venv"], { cwd: folder });
  await run(join(folder, "venv/bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"], { cwd: folder });
  await rename(join(folder, "requirements.txt"), join(folder, "whole"));
  return peers;
}
