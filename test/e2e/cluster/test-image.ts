/** The image of cluster tests: built with docker when its files have changed, and loaded into the cluster when no node has it. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../../protos/project-root.js";
import type { KubernetesApi } from "../../../xds-server/kubernetes/kubernetes-api.js";

const run = promisify(execFile);

/** A command that is given an image's name and copies it from the engine into the cluster: `kind load docker-image`, `minikube image load`, … */
const loadCommand = "MCP_MESH_TEST_LOAD_IMAGE";

export type ImageOutcome = { readonly image: string } | { readonly missing: string };

/** `folder`: of a Dockerfile, in the project. The tag is a hash of the folder, so that an image that is there is the right one. */
export async function provideImage(api: KubernetesApi, name = "mcp-mesh-test/servers", folder = "test/e2e/cluster/image"): Promise<ImageOutcome> {
  const path = join(projectRoot, folder);
  return provideImageOf(api, `${name}:${await hashOf(path)}`, path);
}

/** Built from the folder at `path`, after `prepare` has made what the Dockerfile copies, where no node has it yet. */
export async function provideImageOf(api: KubernetesApi, image: string, path: string, prepare?: () => Promise<void>): Promise<ImageOutcome> {
  if (await hasImage(api, image)) return { image };
  const load = process.env[loadCommand]?.split(" ").filter((word) => word !== "") ?? [];
  const [program, ...args] = load;
  if (program === undefined) return { missing: `the cluster has no image ${image}, and ${loadCommand} names no command that would load it, such as "kind load docker-image"` };
  await prepare?.();
  await run("docker", ["build", "--quiet", "--tag", image, path], { timeout: 280_000 });
  await run(program, [...args, image], { timeout: 280_000 });
  return { image };
}

async function hashOf(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of (await readdir(folder)).sort()) hash.update(`${file}\0`).update(await readFile(join(folder, file)));
  return hash.digest("hex").slice(0, 12);
}

async function hasImage(api: KubernetesApi, image: string): Promise<boolean> {
  // The API server answers for a collection with a list.
  const { items } = (await api.ask({ path: "/api/v1/nodes" })) as { readonly items: readonly { readonly status?: { readonly images?: readonly { readonly names?: readonly string[] }[] } }[] };
  return items.length > 0 && items.every(({ status }) => status?.images?.some(({ names = [] }) => names.some((known) => known === image || known.endsWith(`/${image}`))) === true);
}
