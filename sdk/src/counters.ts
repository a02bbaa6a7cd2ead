// What the browser's numbers are called (W3C, Identifiers for WebRTC's Statistics API); each may be missing.
type Value = number | string | boolean | undefined;

/** One object of a browser's report. */
export type Entry = Record<string, Value> & { id: string; type: string };

/** A number of a report, 0 where the browser has none. */
export function number(value: Value): number {
  return typeof value === 'number' ? value : 0;
}

/** How a browser's counters grew from one measurement to the next. Each reader keeps its own mark. */
export class Counters {
  private readonly before = new Map<string, number>();

  /** Forgets every mark. */
  clear(): void {
    this.before.clear();
  }

  /** How much a field grew since this reader looked at it last; nothing when it shrank. */
  grown(entry: Entry, field: string, reader = ''): number {
    return Math.max(0, this.change(entry, field, reader));
  }

  /** The same for a counter that never shrinks: one that is smaller than before has begun anew. */
  added(entry: Entry, field: string, reader = ''): number {
    const change = this.change(entry, field, reader);
    return change < 0 ? number(entry[field]) : change;
  }

  private change(entry: Entry, field: string, reader: string): number {
    const mark = `${reader} ${entry.id} ${field}`;
    const now = number(entry[field]);
    const before = this.before.get(mark) ?? 0;
    this.before.set(mark, now);
    return now - before;
  }
}
