/** Where a session without a process of the client's own revision sends its requests. */

import type { Asker, SharedRequest } from "./shared-request.js";

export interface RequestHost {
  /** To a process, now or when there is one. Whatever comes of it, the asker hears. */
  submit(request: SharedRequest): void;
  /** True when it was still waiting, and has never reached a process. */
  withdraw(request: SharedRequest): boolean;
  /** The client cannot take more just now, and its process is nobody else's. */
  pause?(): void;
  resume?(): void;
  /** The session is gone. */
  leave(asker: Asker): void;
}
