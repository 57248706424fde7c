/** The mesh's own MCP server among the others. */

import { expect } from "chai";
import type { Gateway } from "../../../xds-server/model/model.js";
import { joiningTools, type ToolsAddress } from "../../../xds-server/model/tools-server.js";
import { golden } from "../../golden.js";
import { toModel } from "../translate/model-defaults.js";

interface Case { readonly gateway?: Partial<Gateway>; readonly servers: readonly string[]; readonly address?: ToolsAddress }

describe("the mesh's own MCP server", () => {
  golden("test/testdata/tools-server", ({ gateway = {}, servers, address }: Case) => {
    const { value, problems } = joiningTools(address)({ value: toModel({ gateway, servers: Object.fromEntries(servers.map((id) => [id, {}])) }), problems: [] });
    return { servers: value.servers.map((mcpServer) => (mcpServer.id === gateway.admin?.id ? mcpServer : mcpServer.id)), problems };
  });

  it("is the same object as long as its settings are", () => {
    const join = joiningTools({ host: "127.0.0.1", port: 1, key: "k" });
    const admin = { id: "mesh-admin", auth: { kind: "api_keys", keys: [{ client: "ops", key: "k" }] } } as const;
    const joined = (gateway: Partial<Gateway>): unknown => join({ value: toModel({ gateway }), problems: [] }).value.servers[0];
    const first = joined({ admin });
    expect(joined({ admin, port: 8080 })).to.equal(first);
    expect(joined({ admin: { ...admin, id: "other" } })).not.to.equal(first);
  });
});
