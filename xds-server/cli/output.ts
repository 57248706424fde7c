/** What the commands print: tables, problems, JSON; colour only on a terminal. */

import { stripVTControlCharacters } from "node:util";
import colors from "picocolors";
import type { Problem } from "../model/model.js";

export type Paint = ReturnType<typeof colors.createColors>;

/** The output may be a file or a pipe, and then colours are noise, unless somebody asks for them (https://no-color.org, https://force-color.org). */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  const { NO_COLOR: refused = "", FORCE_COLOR: wanted = "", TERM: terminal } = process.env;
  return colors.createColors(refused === "" && (wanted === "" ? stream.isTTY === true && terminal !== "dumb" : wanted !== "0"));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Says on stderr why the command failed, and lets it exit with 1. */
export function fail(what: string, hint?: string): void {
  const paint = paintFor(process.stderr);
  process.stderr.write(`${paint.red("error")}  ${what}\n${hint === undefined ? "" : `${indent(hint, 7)}\n`}`);
  process.exitCode = 1;
}

/** Columns as wide as their widest cell; the last one is left as it is. */
export function toTable(header: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => widthOf(row[column] ?? ""))));
  const toLine = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))).join("  ").trimEnd();
  return [paint.dim(toLine(header)), ...rows.map(toLine)].join("\n");
}

export function toProblemText({ severity, where, what, hint }: Problem, paint: Paint): string {
  const mark = severity === "error" ? paint.red("error") : paint.yellow("warning");
  const lines = [`${paint.bold(where)}  ${mark}  ${toPrintable(what)}`];
  return [...lines, indent(hint.split("\n").map(toPrintable).join("\n"), 4)].join("\n");
}

/** What other programs said must not move the cursor or change the terminal's colours. */
export function toPrintable(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, " ");
}

export function toCount(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

function indent(text: string, by: number): string {
  return text.split("\n").map((line) => " ".repeat(by) + line).join("\n");
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
