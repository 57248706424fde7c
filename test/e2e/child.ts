/** One child process of a test: its log is kept, its start can be waited for, and it is gone when the test is. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ChildOptions {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it writes to stdout is thrown away. */
  readonly isQuiet?: boolean;
}

const graceMs = 8_000;
const maxLogBytes = 400_000;
let count = 0;
const living = new Set<ChildProcess>();

// A test run that ends early must not leave its system behind.
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")));

export class Child {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #log = openLog();
  #last = "";

  constructor(options: ChildOptions) {
    this.name = options.name;
    const [program, ...args] = options.command;
    // The open stdin is how our programs notice that their parent is gone.
    // It writes to a file by itself, so that a busy log costs the test nothing.
    this.#child = spawn(program, args, { env: { ...process.env, ...options.env }, cwd: options.cwd, stdio: ["pipe", options.isQuiet === true ? "ignore" : this.#log, this.#log] });
    living.add(this.#child);
    this.#child.on("error", (error) => void writeSync(this.#log, `${String(error)}\n`));
    this.#child.on("exit", (code, signal) => {
      living.delete(this.#child);
      writeSync(this.#log, `[${this.name} ended: ${signal ?? code}]\n`);
      this.#last = readEnd(this.#log);
      closeSync(this.#log);
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
    return this.isRunning ? readEnd(this.#log) : this.#last;
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

/** A file that only we see: it goes with its last user. */
function openLog(): number {
  const path = join(tmpdir(), `mcp-mesh-test-${process.pid}-${count++}.log`);
  const file = openSync(path, "ax+");
  unlinkSync(path);
  return file;
}

function readEnd(file: number): string {
  const { size } = fstatSync(file);
  const buffer = Buffer.alloc(Math.min(size, maxLogBytes));
  return buffer.toString("utf8", 0, readSync(file, buffer, 0, buffer.length, size - buffer.length));
}
