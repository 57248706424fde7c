/** The published JSON Schema is the one that the code gives, and takes what the code takes. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { z } from "zod";
import { projectRoot } from "../../../../protos/project-root.js";
import { registryJsonSchema, registryJsonSchemaText } from "../../../../xds-server/sources/registry/json-schema.js";

describe("registry.schema.json", () => {
  it("is what the code gives: npm run schema writes it", () => {
    expect(readFileSync(join(projectRoot, "registry.schema.json"), "utf8")).to.equal(registryJsonSchemaText());
  });

  it("is named by the demo registry, for editors", () => {
    expect(readFileSync(join(projectRoot, "registry.yaml"), "utf8").split("\n")[0]).to.equal("# yaml-language-server: $schema=./registry.schema.json");
  });

  it("describes every field", () => {
    const missing: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { properties } = schema as { readonly properties?: Readonly<Record<string, { readonly description?: string; readonly $ref?: string }>> };
      for (const [name, property] of Object.entries(properties ?? {})) if (property.description === undefined) missing.push(`${path}.${name}`);
      for (const [key, value] of Object.entries(schema)) visit(value, `${path}.${key}`);
    };
    visit(registryJsonSchema(), "");
    expect(missing).to.deep.equal([]);
  });

  const schema = z.fromJSONSchema(registryJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const folder = join(projectRoot, "test/testdata/registry");
  const good = ["flat-seed", "seed-with-every-field", "http-with-everything", "short-forms", "gateway-with-everything"];
  for (const name of good) {
    it(`takes ${name.replaceAll("-", " ")}`, () => {
      const { files } = parse(readFileSync(join(folder, `${name}.in.yaml`), "utf8")) as { readonly files: Readonly<Record<string, string>> };
      for (const text of Object.values(files)) expect(schema.safeParse(parse(text)).error?.issues ?? []).to.deep.equal([]);
    });
  }

  it("takes the demo registry", () => {
    expect(schema.safeParse(parse(readFileSync(join(projectRoot, "registry.yaml"), "utf8"))).error?.issues ?? []).to.deep.equal([]);
  });

  it("refuses unknown fields and values", () => {
    for (const text of ["servers: {a: {endpont: x}}", "a: {endpoint: http://h, load_balancing: fastest}", "gateway: {port: 70000}", "a: {cmd: [x], pool: {mim: 1}}"]) {
      expect(schema.safeParse(parse(text)).success, text).to.equal(false);
    }
    expect(readdirSync(folder).length).to.be.greaterThan(good.length);
  });
});
