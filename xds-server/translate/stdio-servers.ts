/** stdio servers → the resources that the bridges subscribe to. */

import type { StdioServer as StdioServerResource } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";
import type { StdioServer } from "../model/model.js";
import { duration } from "./proto-values.js";
import { toSessionKey } from "./session-keys.js";

/** `masterKeys`: of all servers. A bridge is only given what is derived from them for the server. */
export function toStdioServer(serverId: string, stdioServer: StdioServer, masterKeys: readonly Uint8Array[]): StdioServerResource {
  const { pool, shared, limits, user } = stdioServer;
  return {
    name: serverId,
    command: [...stdioServer.command],
    working_dir: stdioServer.workingDir ?? "",
    env: { ...stdioServer.env },
    pool: {
      min: pool.min,
      max: pool.max,
      idle_timeout: duration(pool.idleTimeoutMs),
      queue_max: pool.queueMax,
      queue_timeout: duration(pool.queueTimeoutMs),
    },
    max_message_bytes: stdioServer.maxMessageBytes,
    ...(limits === undefined ? {} : { limits: { memory_bytes: limits.memoryBytes ?? 0, milli_cpus: limits.milliCpus ?? 0 } }),
    ...(user === undefined ? {} : { user }),
    ...(shared === undefined ? {} : { shared: { concurrency: shared.concurrency, max_requests: shared.maxRequests ?? 0 } }),
    sessions: {
      keys: masterKeys.map((masterKey) => toSessionKey(serverId, masterKey)),
      end_on_loss: stdioServer.onLoss === "terminate",
      max_age: duration(stdioServer.sessionMaxAgeMs),
    },
  };
}
