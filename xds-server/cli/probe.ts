/** `mcp-mesh probe`: does this URL speak MCP, and in which revisions? */

import { Command, InvalidArgumentError } from "commander";
import { probe, type Probe } from "./mcp-probe.js";
import { fail, paintFor, print, printJson, toPrintable, type Paint } from "./output.js";

interface ProbeOptions {
  readonly header?: readonly string[];
  readonly timeout: number;
  readonly json?: boolean;
}

export function probeCommand(): Command {
  return new Command("probe")
    .description("ask a URL whether it speaks MCP, and in which revisions; exits with 1 when it does not")
    .argument("<url>", "for example http://127.0.0.1:8000/everything", readUrl)
    .option("-H, --header <name: value>", "sent with every request; may be given several times", (text: string, before: readonly string[] = []) => [...before, text])
    .option("--timeout <seconds>", "the longest wait for each answer", readSeconds, 10)
    .option("--json", "print what was found as JSON")
    .action(async (url: URL, { header = [], timeout, json }: ProbeOptions, command: Command) => {
      const headers = readHeaders(header);
      if (headers === undefined) return command.error("error: a header is written as `name: value`");
      const found = await probe({ url, headers, timeoutMs: timeout * 1_000 });
      if (json === true) printJson(found);
      else if (found.isMcp) print(toProbeText(found, paintFor(process.stdout)));
      else fail(`${found.url} does not speak MCP`, toTriedText(found));
      if (!found.isMcp) process.exitCode = 1;
    });
}

function toProbeText({ url, transport, revisions, server, capabilities, hasSessions, tools }: Probe, paint: Paint): string {
  const facts: readonly (readonly [string, string])[] = [
    ["server", server === null ? "does not say" : `${server.name} ${server.version}`],
    ["transport", transport ?? "-"],
    ["revisions", revisions.join(", ")],
    ["sessions", hasSessions ? "yes" : "no"],
    ["capabilities", capabilities.join(", ") || "none"],
    ["tools", tools === null ? "-" : String(tools)],
  ];
  return [`${paint.bold(url)} ${paint.green("speaks MCP")}`, ...facts.map(([name, value]) => `  ${name.padEnd(12)}  ${toPrintable(value)}`)].join("\n");
}

function toTriedText({ tried }: Probe): string {
  const answers = new Set(tried.map(({ answered }) => answered));
  // Where nobody answers, all ways of asking have the same end.
  const lines = answers.size === 1 ? [...answers].map(toPrintable) : tried.map(({ asked, answered }) => `${asked}: ${toPrintable(answered)}`);
  if (tried.some(({ answered }) => /^status 40[13]/.test(answered))) lines.push('it may want a key: --header "Authorization: Bearer …"');
  return lines.join("\n");
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) throw new InvalidArgumentError(`"${text}" is not an http or https url`);
  return url;
}

/** Not a parser of the option: what it refuses is printed, and a header may be a secret. */
function readHeaders(texts: readonly string[]): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {};
  for (const text of texts) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) return undefined;
    headers[name] = value;
  }
  return headers;
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 600)) throw new InvalidArgumentError(`"${text}" is not a number of seconds in 1..600`);
  return seconds;
}
