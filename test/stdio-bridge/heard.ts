/** What was heard of something that speaks when it likes, and a wait for what is expected of it, with a limit. */

export class Heard<T> {
  readonly all: T[] = [];
  private readonly waiting = new Set<(value: T) => void>();

  hear(value: T): void {
    this.all.push(value);
    for (const tell of [...this.waiting]) tell(value);
  }

  /** The last one heard, if it fulfils the condition, else the first one that does. */
  next(isIt: (value: T) => boolean, limitMs = 15_000): Promise<T> {
    const last = this.all.at(-1);
    return last !== undefined && isIt(last) ? Promise.resolve(last) : this.wait(isIt, limitMs);
  }

  /** Any that was heard, or will be. */
  any(isIt: (value: T) => boolean, limitMs = 15_000): Promise<T> {
    const found = this.all.find(isIt);
    return found !== undefined ? Promise.resolve(found) : this.wait(isIt, limitMs);
  }

  private wait(isIt: (value: T) => boolean, limitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const tell = (value: T): void => {
        if (!isIt(value)) return;
        clearTimeout(limit);
        this.waiting.delete(tell);
        resolve(value);
      };
      const limit = setTimeout(() => {
        this.waiting.delete(tell);
        reject(new Error(`not heard within ${limitMs} ms; the last of ${this.all.length} was ${JSON.stringify(this.all.at(-1))}`));
      }, limitMs);
      this.waiting.add(tell);
    });
  }
}
