/** Mocha root hook: after the last test nothing may hold the process open; if something does, say what and fail. */

const graceMs = 10_000;

export const mochaHooks = {
  afterAll(): void {
    setTimeout(() => {
      console.error(`still open ${graceMs} ms after the last test: ${process.getActiveResourcesInfo().join(", ")}`);
      process.exit(1);
    }, graceMs).unref();
  },
};
