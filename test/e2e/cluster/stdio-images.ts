/** The images of a server that speaks stdio in a pod: one that holds nothing but static programs, and the bridge beside it. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../../protos/project-root.js";
import type { KubernetesApi } from "../../../xds-server/kubernetes/kubernetes-api.js";
import { provideImageOf } from "./test-image.js";

const run = promisify(execFile);
const sources = join(projectRoot, "test/e2e/cluster/stdio-image");
const programs = ["busybox", "mini-server"];

export type StdioImages = { readonly server: string; readonly bridge: string } | { readonly missing: string };

export async function provideStdioImages(api: KubernetesApi): Promise<StdioImages> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-mesh-images-"));
  try {
    const server = await provideServer(api, join(folder, "server"));
    if ("missing" in server) return server;
    const bridge = await provideBridge(api, join(folder, "bridge"));
    return "missing" in bridge ? bridge : { server: server.image, bridge: bridge.image };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function provideServer(api: KubernetesApi, folder: string): ReturnType<typeof provideImageOf> {
  await cp(sources, folder, { recursive: true });
  const hash = createHash("sha256");
  for (const program of programs) hash.update(await readFile(join(folder, `${program}.c`)));
  return provideImageOf(api, `mcp-mesh-test/static:${hash.digest("hex").slice(0, 12)}`, folder, async () => {
    for (const program of programs) await run("gcc", ["-static", "-O1", "-o", join(folder, program), join(folder, `${program}.c`)]);
  });
}

/** As it was built last, so that the test sees the bridge that it was written with. */
async function provideBridge(api: KubernetesApi, folder: string): ReturnType<typeof provideImageOf> {
  for (const part of ["package.json", "package-lock.json", "protos", "dist/protos", "dist/stdio-bridge", "stdio-bridge/process/guard.sh"]) {
    await mkdir(dirname(join(folder, part)), { recursive: true });
    await cp(join(projectRoot, part), join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, "Dockerfile"), dockerfile);
  const { stdout } = await run("sh", ["-c", "find . -type f ! -name '*.map' | sort | xargs sha256sum | sha256sum"], { cwd: folder });
  return provideImageOf(api, `mcp-mesh-test/bridge:${stdout.slice(0, 12)}`, folder);
}

const dockerfile = `FROM node:22-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts
COPY . .
USER 1000
ENTRYPOINT ["node", "/app/dist/stdio-bridge/main.js"]
`;
