/** Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) as far as MCP uses them. */

export interface ServerEvent { readonly event: string; readonly data: string }

/** Ends with the stream; throws when an event is longer than `maxLength` characters. */
export async function* readEvents(body: ReadableStream<Uint8Array>, maxLength: number): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > maxLength) throw new Error(`an event is longer than ${maxLength} characters`);
    // A lone CR at the end may be the first half of a CRLF.
    const blocks = rest.replace(/\r\n|\r(?!$)/g, "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = toEvent(block);
      if (event.data !== "") yield event;
    }
  }
}

function toEvent(block: string): ServerEvent {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (line.slice(0, colon) === "event") event = value;
    if (line.slice(0, colon) === "data") data.push(value);
  }
  return { event, data: data.join("\n") };
}
