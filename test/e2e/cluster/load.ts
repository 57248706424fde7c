/** Callers that never rest, so that a test can say how many calls have failed while something happened. */

import { callTool, toolText } from "../ask.js";

export interface Load {
  /** Who has answered, and how often. */
  readonly answers: ReadonlyMap<string, number>;
  /** What went wrong, in words. */
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

/** Each caller asks again as soon as it was answered. */
export function startLoad(gatewayUrl: string, path: string, callers = 4): Load {
  const answers = new Map<string, number>();
  const failures: string[] = [];
  let isOver = false;
  const call = async (): Promise<void> => {
    while (!isOver) {
      try {
        const answer = await callTool(gatewayUrl, path, "whoami");
        if (answer.status === 200) answers.set(toolText(answer), (answers.get(toolText(answer)) ?? 0) + 1);
        else failures.push(`status ${answer.status}: ${answer.body.slice(0, 200)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const calling = Promise.all(Array.from({ length: callers }, call));
  return {
    answers,
    failures,
    async stop() {
      isOver = true;
      await calling;
    },
  };
}
