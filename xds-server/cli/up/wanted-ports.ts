/** The ports that a mesh needs on this machine: for the admin, for xDS, for the gateway, in this order. */

import { readRegistryOnce } from "../../sources/registry/registry-source.js";
import type { UpOptions } from "../up-options.js";
import type { WantedPort } from "./ports.js";
import type { RegistryChoice } from "./registry-choice.js";

const loopback = "127.0.0.1";

/** Where no flag says it, the registry says where the gateway listens. */
export function toWantedPorts(options: UpOptions, registry: RegistryChoice): readonly WantedPort[] {
  const { gateway } = readRegistryOnce(registry.paths, process.env).value;
  return [
    { host: loopback, port: options.adminPort, what: "status and metrics", flag: "--admin-port" },
    { host: loopback, port: options.xdsPort, what: "configuration (xDS)", flag: "--xds-port" },
    { host: options.host ?? gateway.host, port: options.port ?? gateway.port, what: "the gateway", flag: "--port" },
  ];
}
