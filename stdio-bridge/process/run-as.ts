/** The user and group that a process is to run as: `name`, `1000`, `name:group`, `1000:1000` → ids, or why it cannot be. */

import { readFileSync } from "node:fs";
import { ProcessError } from "./process-exit.js";

export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** What a login would set. */
  readonly env: Readonly<Record<string, string>>;
}

export type CheckedUser =
  | { readonly kind: "good"; readonly runAs: RunAs }
  | { readonly kind: "bad"; readonly what: string };

/** Of this machine. Throws a ProcessError. */
export function lookUpUser(user: string): RunAs {
  const checked = readUser(user, readFileSync("/etc/passwd", "utf8"), readFileSync("/etc/group", "utf8"), process.getuid?.());
  if (checked.kind === "bad") throw new ProcessError("bad_user", checked.what, undefined);
  return checked.runAs;
}

/** `passwd` and `group` are the texts of the files of that name; `ownUid` is the bridge's, absent where the system has none. */
export function readUser(user: string, passwd: string, group: string, ownUid: number | undefined): CheckedUser {
  const bad = (what: string): CheckedUser => ({ kind: "bad", what });
  const [userPart = "", groupPart] = user.split(":");
  const account = entries(passwd).find(([name, , uid]) => (isNumber(userPart) ? uid === userPart : name === userPart));
  if (account === undefined && !isNumber(userPart)) return bad(`user "${userPart}" is not in /etc/passwd: create it on the bridge's machine, or give its number`);
  const uid = Number(account?.[2] ?? userPart);
  let gid = Number(account?.[3] ?? userPart);
  if (groupPart !== undefined) {
    const found = isNumber(groupPart) ? groupPart : entries(group).find(([name]) => name === groupPart)?.[2];
    if (found === undefined) return bad(`group "${groupPart}" is not in /etc/group: create it on the bridge's machine, or give its number`);
    gid = Number(found);
  }
  if (ownUid !== 0 && ownUid !== uid) return bad(`to run as user "${userPart}" the bridge itself must run as root${ownUid === undefined ? "" : `, not as user ${ownUid}`}`);
  const [name, , , , , home] = account ?? [];
  return { kind: "good", runAs: { uid, gid, env: { ...(name !== undefined && { USER: name, LOGNAME: name }), ...(home !== undefined && { HOME: home }) } } };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function entries(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}
