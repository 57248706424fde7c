/** Stands in for the image of Prometheus where no registry can be asked: the same name, paths and user, and Debian's Prometheus in it. */

import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPrometheus } from "../prometheus.js";
import { docker } from "./compose.js";

const dockerfile = `FROM debian:bookworm-slim
COPY --chmod=755 prometheus promtool /bin/
RUN mkdir -p /etc/prometheus /prometheus && chown 65534:65534 /prometheus
USER 65534
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
`;

/** Takes the real image where the engine has it or can get it. */
export async function havePrometheusImage(image: string): Promise<void> {
  const isThere = async (...args: readonly string[]): Promise<boolean> => docker(args).then(() => true, () => false);
  if (await isThere("image", "inspect", image) || await isThere("pull", "--quiet", image)) return;
  const { prometheus, promtool } = await findPrometheus();
  const folder = await mkdtemp(join(tmpdir(), "mcp-mesh-prometheus-image-"));
  try {
    await copyFile(prometheus, join(folder, "prometheus"));
    await copyFile(promtool, join(folder, "promtool"));
    await writeFile(join(folder, "Dockerfile"), dockerfile);
    await docker(["build", "--quiet", "--tag", image, folder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
