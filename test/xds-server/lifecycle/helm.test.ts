/** The program that renders charts: what becomes of one that hangs, fails or is no longer waited for. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CreationError } from "../../../xds-server/lifecycle/creation/creation-error.js";
import { renderChart } from "../../../xds-server/lifecycle/creation/helm.js";

describe("helm", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "mcp-mesh-helm-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What a helm that is this script makes of a chart. */
  async function render(script: string, stop: AbortSignal, timeoutMs?: number): Promise<string> {
    const helm = join(folder, "helm");
    writeFileSync(helm, `#!/bin/sh\n${script}\n`);
    chmodSync(helm, 0o755);
    try {
      return await renderChart({ helm, environment: process.env, chartFolders: [], ...(timeoutMs === undefined ? {} : { timeoutMs }) }, "/chart", { chart: "seed", name: "seed", namespace: "mcp", values: { a: 1 } }, stop);
    } catch (error) {
      if (error instanceof CreationError) return `${error.code}: ${error.message}`;
      throw error;
    }
  }
  const never = new AbortController().signal;

  it("one that hangs is killed when its time is over", async () => {
    expect(await render("trap '' TERM; exec tail -f /dev/null", never, 200)).to.equal("chart_failed: helm did not render the chart seed within 0.2 s");
  });

  it("one that nobody waits for any more is killed at once", async () => {
    const stop = new AbortController();
    const rendered = render("exec tail -f /dev/null", stop.signal);
    stop.abort();
    expect(await rendered).to.include("chart_failed");
  });

  it("gives what it prints, with the values from its input, or its first complaint", async () => {
    expect(await render("cat", never)).to.equal('{"a":1}');
    expect(await render("echo 'walk.go:1: symlink' >&2; echo 'Error: no such template' >&2; exit 1", never)).to.equal("chart_failed: helm cannot render the chart seed: no such template");
  });
});
