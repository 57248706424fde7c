/** What docker-compose.yaml mounts: Envoy's bootstrap as the code makes it, the pinned Envoy, and a registry without a fault. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { composeBootstrap, composeBootstrapFile } from "../../envoy/compose-bootstrap.js";
import { envoyPin } from "../../envoy/pin.js";
import { projectRoot } from "../../protos/project-root.js";
import { readRegistryOnce } from "../../xds-server/sources/registry/registry-source.js";

describe("docker-compose.yaml", () => {
  const text = readFileSync(join(projectRoot, "docker-compose.yaml"), "utf8");
  const { services } = parse(text, { merge: true }) as { readonly services: Readonly<Record<string, { readonly image: string; readonly command?: readonly string[] }>> };

  it("mounts the bootstrap that the code makes; else: npm run bootstraps", () => {
    expect(JSON.parse(readFileSync(join(projectRoot, composeBootstrapFile), "utf8"))).to.deep.equal(composeBootstrap());
  });

  it("runs the pinned Envoy", () => {
    const images = Object.values(services).map(({ image }) => image).filter((image) => image.startsWith("envoyproxy/"));
    expect(new Set(images)).to.deep.equal(new Set([`envoyproxy/envoy:v${envoyPin.version}`]));
  });

  it("names our own images by the version of the package", () => {
    const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { readonly version: string };
    const images = Object.values(services).map(({ image }) => image).filter((image) => image.startsWith("mcp-mesh/"));
    expect(images).to.have.length(3);
    for (const image of images) expect(image).to.match(new RegExp(`:${version}$`));
    expect(readFileSync(join(projectRoot, "Dockerfile"), "utf8").match(/^ARG VERSION=(.*)$/gm)).to.deep.equal([`ARG VERSION=${version}`, `ARG VERSION=${version}`]);
  });

  it("comes with a registry without a fault", () => {
    expect(readRegistryOnce([join(projectRoot, "envoy/compose/registry")], {}).problems).to.deep.equal([]);
  });
});
