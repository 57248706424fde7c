/** The images that the charts run: built from this tree, where no node has them yet, and loaded into the cluster. */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../../protos/project-root.js";
import { command } from "./release.js";

/** A command that is given an image's name and copies it from the engine into the cluster: `kind load docker-image`, `minikube image load`, … */
const loadCommand = "MCP_MESH_TEST_LOAD_IMAGE";
const envoyImage = "envoyproxy/envoy:v1.40.0";
const targets = ["xds-server", "stdio-bridge", "demo-server"] as const;
const sources = ["Dockerfile", "package.json", "package-lock.json", "tsconfig.json", "protos", "envoy", "xds-server", "stdio-bridge"];

/** The tag is a hash of what the images are made of, so that one that is there is the right one. */
export async function provideMeshImages(): Promise<{ readonly tag: string } | { readonly missing: string }> {
  const tag = await hashOf(sources);
  const known = await imagesOfNodes();
  const wanted = [...targets.map((target) => `mcp-mesh/${target}:${tag}`), envoyImage];
  const absent = wanted.filter((image) => !known.some((name) => name === image || name.endsWith(`/${image}`)));
  if (absent.length === 0) return { tag };
  const [program, ...args] = process.env[loadCommand]?.split(" ").filter((word) => word !== "") ?? [];
  if (program === undefined) return { missing: `the cluster has no image ${absent.join(", ")}, and ${loadCommand} names no command that would load it, such as "kind load docker-image"` };
  for (const target of targets) {
    const image = `mcp-mesh/${target}:${tag}`;
    if (absent.includes(image)) await command("docker", ["build", "--quiet", "--target", target, "--tag", image, "."], { timeoutMs: 280_000 });
  }
  for (const image of absent) await command(program, [...args, image], { timeoutMs: 280_000 });
  return { tag };
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    const full = join(projectRoot, path);
    const files = await readdir(full, { recursive: true, withFileTypes: true }).catch(() => undefined);
    const names = files === undefined ? [full] : files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name)).sort();
    for (const name of names) hash.update(`${name.slice(projectRoot.length)}\0`).update(await readFile(name));
  }
  return hash.digest("hex").slice(0, 12);
}

/** Of every node. */
async function imagesOfNodes(): Promise<readonly string[]> {
  // The API server answers for a collection with a list.
  const { items } = JSON.parse(await command("kubectl", ["get", "nodes", "--output=json"])) as { readonly items: readonly { readonly status: { readonly images?: readonly { readonly names?: readonly string[] }[] } }[] };
  const [first = [], ...others] = items.map(({ status }) => (status.images ?? []).flatMap(({ names = [] }) => names));
  return first.filter((name) => others.every((names) => names.includes(name)));
}
