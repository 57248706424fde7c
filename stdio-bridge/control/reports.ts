/** The reports to the xds-server: whole ones, soon after every change and as a heartbeat, over a stream that comes back. */

import type { ClientDuplexStream, ChannelCredentials } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { BridgeReport } from "../../protos/gen/mcp_mesh/v1/BridgeReport.js";
import type { ReportReceived__Output } from "../../protos/gen/mcp_mesh/v1/ReportReceived.js";
import { BridgeReportsServiceClient } from "../../protos/services.js";
import { clientOptions, Retry } from "./connection.js";

export interface ReportsOptions {
  readonly address: string;
  /** The name in the xds-server's certificate, where the address is not that. */
  readonly serverName?: string;
  readonly credentials: ChannelCredentials;
  readonly log: Logger;
  readonly heartbeatMs: number;
  /** Changes that come together are told together. */
  readonly calmMs: number;
  /** All that is known now. */
  readonly makeReport: () => BridgeReport;
}

export const reportTimes = { heartbeatMs: 2_000, calmMs: 20 };

export class Reports {
  private readonly options: ReportsOptions;
  private readonly client: InstanceType<typeof BridgeReportsServiceClient>;
  private readonly retry = new Retry(() => this.connect());
  private stream: ClientDuplexStream<BridgeReport, ReportReceived__Output> | undefined;
  private readonly heartbeat: NodeJS.Timeout;
  private calming: NodeJS.Timeout | undefined;
  /** Reports that the xds-server has not answered yet. */
  private unanswered = 0;

  constructor(options: ReportsOptions) {
    this.options = options;
    const { serverName } = options;
    const names = serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName };
    this.client = new BridgeReportsServiceClient(options.address, options.credentials, { ...clientOptions, ...names });
    this.heartbeat = setInterval(() => this.send(), options.heartbeatMs);
    this.connect();
  }

  /** Something that matters to the routes has changed. */
  changed(): void {
    if (this.retry.stopped) return;
    this.calming ??= setTimeout(() => this.send(), this.options.calmMs);
  }

  /** Whether the xds-server knows all that there is to tell. */
  get isTaken(): boolean {
    return this.stream !== undefined && this.calming === undefined && this.unanswered === 0;
  }

  /** Not to be calmed. */
  sendNow(): void {
    this.send();
  }

  stop(): void {
    this.retry.stop();
    clearInterval(this.heartbeat);
    clearTimeout(this.calming);
    this.stream?.end();
    this.client.close();
  }

  private connect(): void {
    const stream = this.client.StreamReports();
    this.stream = stream;
    this.unanswered = 0;
    stream.on("data", () => {
      this.retry.worked();
      this.unanswered = Math.max(0, this.unanswered - 1);
    });
    // Without a listener an error would end the process; the status that always follows it says the same.
    stream.on("error", () => undefined);
    stream.on("status", (status) => {
      if (this.retry.stopped) return;
      this.stream = undefined;
      this.options.log.debug({ code: status.code, details: status.details }, "the stream of reports to the xds-server has ended");
      this.retry.failed();
    });
    this.send();
  }

  private send(): void {
    clearTimeout(this.calming);
    this.calming = undefined;
    // Whole reports: one that could not be sent is made up for by the next.
    if (this.stream === undefined || this.stream.writableNeedDrain) return;
    this.unanswered += 1;
    this.stream.write(this.options.makeReport());
  }
}
