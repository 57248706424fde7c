/** What a client has to hear when its session goes on with another process: that the lists it knows may have changed. */

import { rawOf } from "../jsonrpc/envelope.js";
import { memberOf } from "../jsonrpc/member.js";

/** Notifications, of those lists whose changes the server tells of at all; `answer` is what it said to `initialize`. */
export function listChangesOf(answer: Buffer): readonly Buffer[] {
  return ["tools", "prompts", "resources"].flatMap((list) => {
    const tells = memberOf(answer, ["result", "capabilities", list, "listChanged"]);
    return tells !== undefined && rawOf(answer, tells).equals(TRUE) ? [Buffer.from(`{"jsonrpc":"2.0","method":"notifications/${list}/list_changed"}`)] : [];
  });
}

const TRUE = Buffer.from("true");
