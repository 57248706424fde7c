// Generates the TypeScript types of all our .proto files into protos/gen, or into the folder given as argument.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const protos = dirname(fileURLToPath(import.meta.url));
const generated = resolve(process.argv[2] ?? join(protos, "gen"));
const packageFile = createRequire(import.meta.url).resolve("@grpc/proto-loader/package.json");
const generator = join(dirname(packageFile), "build/bin/proto-loader-gen-types.js");

const protoFiles = readdirSync(protos, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".proto"))
  .sort();

// The generator writes a file for each input's base name, and ours share base names: so one input imports them all.
const entryFolder = mkdtempSync(join(tmpdir(), "mcp-mesh-protos-"));
try {
  writeFileSync(
    join(entryFolder, "services.proto"),
    ['syntax = "proto3";', ...protoFiles.map((path) => `import "${path}";`), ""].join("\n"),
  );
  rmSync(generated, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [
      generator,
      "--keepCase",
      "--longs=Number",
      "--enums=String",
      "--oneofs",
      "--arrays",
      "--importFileExtension=.js",
      "--grpcLib=@grpc/grpc-js",
      `--includeDirs=protos`,
      `--includeDirs=${entryFolder}`,
      `--outDir=${generated}`,
      "services.proto",
    ],
    { cwd: dirname(protos), stdio: "inherit" },
  );
} finally {
  rmSync(entryFolder, { recursive: true, force: true });
}
