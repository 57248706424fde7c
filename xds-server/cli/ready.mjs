/** Makes a fresh clone ready to run: checks Node, installs packages and compiles where that is due; plain JavaScript, as nothing is built yet. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const neededNode = [20, 19];
const sourceFolders = ["xds-server", "stdio-bridge", "protos", "envoy", "test"];
const entry = join(root, "dist", "xds-server", "cli", "mcp-mesh.js");
const installedStamp = join(root, "node_modules", ".mcp-mesh-installed");
const compiledStamp = join(root, "dist", ".mcp-mesh-compiled");

checkMachine();
if (isInstallDue()) await install();
const sources = fingerprintOfSources();
if (sources !== readIfThere(compiledStamp) || !existsSync(entry)) await compile();

function checkMachine() {
  if (process.platform === "win32") fail("Linux or macOS is needed; on Windows, run this inside WSL");
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1])) return;
  fail(`Node ${neededNode.join(".")} or newer is needed, and this is ${process.versions.node}: install it from https://nodejs.org or with your version manager`);
}

/** By content first: a checkout touches package-lock.json without changing it. */
function isInstallDue() {
  const modules = join(root, "node_modules");
  // A link leads to an installation that others use too; npm ci would empty it.
  if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) return false;
  if (lockHash() === readIfThere(installedStamp)) return false;
  const npmsOwn = join(modules, ".package-lock.json");
  return !existsSync(npmsOwn) || statSync(npmsOwn).mtimeMs < statSync(join(root, "package-lock.json")).mtimeMs;
}

async function install() {
  say("installing packages (npm ci; this takes a minute the first time)");
  const npm = process.env["npm_execpath"];
  const [program, ...first] = npm !== undefined && /\.c?js$/.test(npm) ? [process.execPath, npm] : ["npm"];
  // The demo's servers and the compiler are development packages, wanted whatever NODE_ENV says.
  const { code, output } = await run(program, [...first, "ci", "--include=dev", "--no-audit", "--no-fund"]);
  if (code !== 0) fail(`npm ci failed (exit code ${code}):\n\n${output.trim()}\n\ncheck the network and the registry npm uses (npm config get registry), then start again`);
  write(installedStamp, lockHash());
}

async function compile() {
  say("compiling");
  // A compiler that remembers its last run does not write again what was deleted since.
  if (!existsSync(entry)) rmSync(join(root, "dist"), { recursive: true, force: true });
  const { code, output } = await run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", root]);
  if (code !== 0) fail(`compiling failed:\n\n${output.trim()}`);
  removeOutputsWithoutSource();
  write(compiledStamp, sources);
}

/** A test or a module whose source is gone must not go on living in dist/. */
function removeOutputsWithoutSource() {
  for (const folder of sourceFolders) {
    for (const path of filesIn(join("dist", folder))) {
      const source = path.slice("dist/".length).replace(/\.js(\.map)?$/, ".ts");
      if (/\.js(\.map)?$/.test(path) && !existsSync(join(root, source))) rmSync(join(root, path));
    }
  }
}

function fingerprintOfSources() {
  const hash = createHash("sha256").update(lockHash());
  const files = sourceFolders.flatMap(filesIn).filter((path) => path.endsWith(".ts") || path.endsWith(".json"));
  for (const path of ["tsconfig.json", ...files.sort()]) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function filesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((found) =>
    found.isDirectory() ? filesIn(`${folder}/${found.name}`) : [`${folder}/${found.name}`],
  );
}

function lockHash() {
  return createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
}

function write(path, text) {
  try {
    writeFileSync(path, text);
  } catch (error) {
    fail(`${path} cannot be written (${error.code ?? error}): make room, or make this folder one that you may write in`);
  }
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Runs to the end and keeps quiet; when we are stopped, so is the program. */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => { output += chunk; });
    child.stderr.on("data", (chunk) => { output += chunk; });
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) {
      process.once(signal, () => {
        child.kill("SIGTERM");
        process.exit(code);
      });
    }
    child.on("error", (error) => resolve({ code: -1, output: String(error) }));
    child.on("close", (code) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal);
      resolve({ code, output });
    });
  });
}

function say(what) {
  console.log(`mcp-mesh: ${what}`);
}

function fail(what) {
  console.error(`mcp-mesh: ${what}`);
  process.exit(1);
}
