/** A map for what comes and goes by the thousand: an entry that was taken out is let go of at once. */

/**
 * A Map grows and shrinks by making a new table, and V8 lets the old table know the new one. Once one old table has
 * grown old itself, each young one lives on until the next full collection, and with it whatever it last held: a
 * quarter of all the memory that requests use was copied about for that reason. So the table holds places here,
 * and a place is emptied when its entry goes.
 */
export class PassingMap<Key, Value extends object> {
  private readonly places = new Map<Key, Place<Value>>();

  get size(): number {
    return this.places.size;
  }

  has(key: Key): boolean {
    return this.places.has(key);
  }

  get(key: Key): Value | undefined {
    return this.places.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    const place = this.places.get(key);
    if (place === undefined) this.places.set(key, { value });
    else place.value = value;
  }

  delete(key: Key): void {
    const place = this.places.get(key);
    if (place === undefined) return;
    place.value = undefined;
    this.places.delete(key);
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<readonly [Key, Value]> {
    for (const [key, { value }] of this.places) if (value !== undefined) yield [key, value];
  }

  *values(): Generator<Value> {
    for (const [, value] of this) yield value;
  }

  clear(): void {
    for (const place of this.places.values()) place.value = undefined;
    this.places.clear();
  }
}

interface Place<Value> { value: Value | undefined }
