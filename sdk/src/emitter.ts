/** What an application hands to `on`. The arguments are those of the event's page in the TRTC reference. */
// biome-ignore lint/suspicious/noExplicitAny: each event has its own arguments, and TRTC types them so.
export type Listener = (...args: any[]) => void;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

/**
 * The event emitter of every object that the SDK hands out: it has the shape of Node's EventEmitter.
 * It is our own, because the bundle must load where no Node module exists. It never warns about many listeners:
 * applications subscribe again on each mount of a component, on one shared instance.
 */
export class Emitter {
  // Not a #private field, here and in every class that applications hold: Vue wraps such objects in a Proxy,
  // and a method called through a Proxy cannot reach #private fields.
  private readonly entries = new Map<string | symbol, Entry[]>();

  /** Adds a listener; the same function may be added more than once. */
  on(event: string | symbol, listener: Listener): this {
    return this.add(event, { listener, once: false });
  }

  /** Adds a listener that hears one event only. */
  once(event: string | symbol, listener: Listener): this {
    return this.add(event, { listener, once: true });
  }

  /** Adds a listener before the others. */
  prependListener(event: string | symbol, listener: Listener): this {
    return this.add(event, { listener, once: false }, 'first');
  }

  /** Adds a listener before the others that hears one event only. */
  prependOnceListener(event: string | symbol, listener: Listener): this {
    return this.add(event, { listener, once: true }, 'first');
  }

  /** Takes off the listener that was added last, if this function was added more than once. */
  off(event: string | symbol, listener: Listener): this {
    const added = (this.entries.get(event) ?? []).filter((entry) => entry.listener === listener);
    this.drop(event, added[added.length - 1]);
    return this;
  }

  /** Alias of `on`. */
  addListener(event: string | symbol, listener: Listener): this {
    return this.on(event, listener);
  }

  /** Alias of `off`. */
  removeListener(event: string | symbol, listener: Listener): this {
    return this.off(event, listener);
  }

  /** Takes off every listener of one event; without an event, of all events. */
  removeAllListeners(event?: string | symbol): this {
    if (event === undefined) this.entries.clear();
    else this.entries.delete(event);
    return this;
  }

  /** Does nothing: there is no limit to raise. It exists because applications call it. */
  setMaxListeners(_limit: number): this {
    return this;
  }

  /** No limit. */
  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** The events that have listeners. */
  eventNames(): Array<string | symbol> {
    return [...this.entries.keys()].filter((event) => this.listenerCount(event) > 0);
  }

  /** The listeners of one event, in the order of their calls. */
  listeners(event: string | symbol): Listener[] {
    return (this.entries.get(event) ?? []).map(({ listener }) => listener);
  }

  /** Alias of `listeners`: no listener is wrapped. */
  rawListeners(event: string | symbol): Listener[] {
    return this.listeners(event);
  }

  /** How many listeners one event has. */
  listenerCount(event: string | symbol): number {
    return this.entries.get(event)?.length ?? 0;
  }

  /**
   * Calls the listeners at once, in the order in which they were added; says whether there was one.
   * A listener that throws stops neither the others nor the caller: its error surfaces as an uncaught one.
   */
  emit(event: string | symbol, ...args: unknown[]): boolean {
    const entries = this.entries.get(event) ?? [];
    for (const entry of entries) {
      if (entry.once) this.drop(event, entry);
      try {
        entry.listener.apply(this, args);
      } catch (error) {
        later(() => {
          throw error;
        });
      }
    }
    return entries.length > 0;
  }

  /** Emits in a later task, in the order of the calls: TRTC never emits from inside a call of its API. */
  fire(event: string | symbol, ...args: unknown[]): void {
    later(() => this.emit(event, ...args));
  }

  /** @internal An event has one more listener. */
  protected heeded(_event: string | symbol): void {}

  private add(event: string | symbol, entry: Entry, place: 'first' | 'last' = 'last'): this {
    const entries = this.entries.get(event) ?? [];
    this.entries.set(event, place === 'first' ? [entry, ...entries] : [...entries, entry]);
    this.heeded(event);
    return this;
  }

  // Listeners are replaced, never changed in place: an emit that is under way keeps its own list.
  private drop(event: string | symbol, gone: Entry | undefined): void {
    const entries = this.entries.get(event) ?? [];
    this.entries.set(
      event,
      entries.filter((entry) => entry !== gone),
    );
  }
}

const waiting: Array<() => void> = [];
let wake: (() => void) | undefined;

/**
 * Runs a function in a task of its own, in order. Not `setTimeout`: a hidden page's timers fire once a second at best,
 * and an application that waits for onExitRoom before it closes its window would wait that long.
 */
export function later(run: () => void): void {
  const node = globalThis as { setImmediate?: (run: () => void) => void };
  if (node.setImmediate) {
    node.setImmediate(run);
    return;
  }
  waiting.push(run);
  if (!wake) {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
    wake = () => channel.port2.postMessage(null);
  }
  wake();
}
