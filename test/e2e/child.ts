/** One child process of a test: its log is kept, its start can be waited for, and it is gone when the test is. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

export interface ChildOptions {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const graceMs = 8_000;
const maxLogChars = 400_000;
const living = new Set<ChildProcess>();

// A test run that ends early must not leave its system behind.
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")));

export class Child {
  readonly name: string;
  #child: ChildProcess;
  #log = "";

  constructor(options: ChildOptions) {
    this.name = options.name;
    const [program, ...args] = options.command;
    // The open stdin is how our programs notice that their parent is gone.
    this.#child = spawn(program, args, { env: { ...process.env, ...options.env }, cwd: options.cwd, stdio: ["pipe", "pipe", "pipe"] });
    living.add(this.#child);
    const keep = (chunk: Buffer): void => void (this.#log = (this.#log + chunk.toString()).slice(-maxLogChars));
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
    this.#child.on("error", (error) => keep(Buffer.from(`${String(error)}\n`)));
    this.#child.on("exit", (code, signal) => {
      living.delete(this.#child);
      keep(Buffer.from(`[${this.name} ended: ${signal ?? code}]\n`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  log(): string {
    return this.#log;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As it is when the parent dies. */
  closeStdin(): void {
    this.#child.stdin?.destroy();
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await ended;
    clearTimeout(timer);
  }
}
