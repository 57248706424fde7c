/** Which of the known names somebody meant who wrote an unknown one. */

export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const nearest = nearestOf(name, known);
  return nearest === undefined ? undefined : `did you mean ${nearest}?`;
}

export function nearestOf(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name);
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.max(candidate.length, wanted.length) / 3)))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** loadBalancing, load-balancing and load_balancing are one word. */
function plain(name: string): string {
  return name.slice(0, 64).replace(/[-_ .]/g, "").toLowerCase();
}

/** Insertions, deletions, changes and swaps of neighbours that make one word of the other. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let distance = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
