/** A registry of many servers, as text: written by hand because a YAML library takes seconds for ten thousand. */

export function manyServers(count: number, backendPort: number, endpoints = 1): string {
  const lines = ["servers:"];
  for (let index = 0; index < count; index++) lines.push(...entry(`server-${index}`, backendPort, endpoints));
  return `${lines.join("\n")}\n`;
}

/** One more entry at the end of such a text. */
export function withEntry(text: string, id: string, backendPort: number): string {
  return `${text}${entry(id, backendPort, 1).join("\n")}\n`;
}

function entry(id: string, port: number, endpoints: number): readonly string[] {
  const urls = Array.from({ length: endpoints }, (_, index) => `http://127.0.0.${index + 1}:${port}`);
  if (endpoints === 1) return [`  ${id}:`, "    type: http", `    endpoint: ${urls[0]}`];
  return [`  ${id}:`, "    type: http", "    instances:", ...urls.map((url) => `      - endpoint: ${url}`)];
}
