/** What a describe block opens is closed after it, newest first; the logs of what was open are shown when a test fails. */

interface Life {
  stop(): Promise<void>;
  logs?(): string;
}

type Opened = <T extends Life>(opening: T | Promise<T>) => Promise<T>;

/** The same for what one test opens. */
export function closedAfterEach(): Opened {
  const open: Life[] = [];

  afterEach(async function () {
    this.timeout(60_000);
    for (const life of open.splice(0).reverse()) await life.stop();
  });

  return async (opening) => {
    const opened = await opening;
    open.push(opened);
    return opened;
  };
}

export function closedAfterwards(): Opened {
  const open: Life[] = [];

  afterEach(function () {
    if (this.currentTest?.state === "failed") printLogs(open);
  });

  after(async function () {
    this.timeout(60_000);
    for (const life of open.splice(0).reverse()) await life.stop();
  });

  return async (opening) => {
    const opened = await opening;
    open.push(opened);
    return opened;
  };
}

function printLogs(open: readonly Life[]): void {
  for (const life of open) {
    const text = life.logs?.();
    if (text !== undefined && text !== "") console.error(text);
  }
}
