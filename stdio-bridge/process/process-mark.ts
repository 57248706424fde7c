/** The mark in the environment of every process that we start: whose it is, also after it has left its group and its parents are gone (pure). */

/** A worker is known by its id among processes, which counts within a namespace only, and by when it began, since ids are used again. */
export interface WorkerMark {
  readonly namespace: string;
  readonly pid: number;
  readonly startTicks: string;
  /** Not to be guessed, so that nobody else's process bears it by chance. */
  readonly nonce: string;
}

export interface ProcessMark {
  readonly worker: WorkerMark;
  /** Which of the worker's processes. */
  readonly number: number;
}

export const markVariable = "MCP_MESH_PROCESS";

export function writeWorkerMark({ namespace, pid, startTicks, nonce }: WorkerMark): string {
  return `${namespace}.${pid}.${startTicks}.${nonce}`;
}

export function writeProcessMark({ worker, number }: ProcessMark): string {
  return `${writeWorkerMark(worker)}.${number}`;
}

export function readWorkerMark(text: string): WorkerMark | undefined {
  const [, namespace = "", pid = "", startTicks = "", nonce = ""] = /^(\d+)\.(\d+)\.(\d+)\.([0-9a-f]+)$/.exec(text) ?? [];
  return namespace === "" ? undefined : { namespace, pid: Number(pid), startTicks, nonce };
}

export function readProcessMark(text: string): ProcessMark | undefined {
  const end = text.lastIndexOf(".");
  const worker = readWorkerMark(text.slice(0, Math.max(0, end)));
  const number = text.slice(end + 1);
  return worker === undefined || !/^\d+$/.test(number) ? undefined : { worker, number: Number(number) };
}

/** Of an environment as the kernel shows it: variables with a NUL behind each. */
export function findProcessMark(environ: Buffer): ProcessMark | undefined {
  for (let at = environ.indexOf(ASSIGNMENT); at >= 0; at = environ.indexOf(ASSIGNMENT, at + 1)) {
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return readProcessMark(environ.toString("latin1", at + ASSIGNMENT.length, end < 0 ? environ.length : end));
  }
  return undefined;
}

const ASSIGNMENT = Buffer.from(`${markVariable}=`);
