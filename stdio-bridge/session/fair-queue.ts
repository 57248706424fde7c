/** A queue in which owners take turns, so that who brings much waits for itself and not for others. */

export class FairQueue<Owner, Item> {
  /** In the order of their turns. */
  private readonly lines = new Map<Owner, Item[]>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(owner: Owner, item: Item): void {
    const line = this.lines.get(owner);
    if (line === undefined) this.lines.set(owner, [item]);
    else line.push(item);
    this.count++;
  }

  /** The oldest of the owner whose turn it is; then it is the next one's turn. */
  shift(): Item | undefined {
    for (const [owner, line] of this.lines) {
      const item = line.shift();
      this.lines.delete(owner);
      if (line.length > 0) this.lines.set(owner, line);
      this.count--;
      return item;
    }
    return undefined;
  }

  remove(owner: Owner, item: Item): boolean {
    const line = this.lines.get(owner);
    const at = line?.indexOf(item) ?? -1;
    if (line === undefined || at < 0) return false;
    line.splice(at, 1);
    if (line.length === 0) this.lines.delete(owner);
    this.count--;
    return true;
  }

  /** The newest of the owner with the most, if that is more than `owner` would have with one more. */
  takeFromGreedier(owner: Owner): Item | undefined {
    let longest: Item[] = [];
    for (const line of this.lines.values()) if (line.length > longest.length) longest = line;
    if (longest.length <= (this.lines.get(owner)?.length ?? 0) + 1) return undefined;
    this.count--;
    return longest.pop();
  }

  takeAll(): readonly Item[] {
    const all = [...this.lines.values()].flat();
    this.lines.clear();
    this.count = 0;
    return all;
  }
}
