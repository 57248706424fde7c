/** The admin token as its file has it now. */

import { readFile } from "node:fs/promises";

export class TokenFileError extends Error {
  readonly code = "no_token";
}

/** A file that is empty or cannot be read must not open the door: it throws. */
export async function readTokenFile(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new TokenFileError(`the admin token's file ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const token = text.trim();
  if (token === "") throw new TokenFileError(`the admin token's file ${path} is empty`);
  return token;
}
