/** What an Envoy of ours says of itself to the xds-server, beside its id: the names of its node's metadata. */

/** The port, on the address that it connects from, where its statistics are for Prometheus. */
export const metricsPortKey = "mcp_mesh_metrics_port";
