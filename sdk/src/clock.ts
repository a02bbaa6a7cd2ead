/** Takes an alarm back. */
export type Cancel = () => void;

/** A moment on two clocks: the wall's, which counts the machine's sleep, and the page's own, which nobody sets. */
export interface Moment {
  readonly wall: number;
  readonly page: number;
}

/** This moment. */
export function moment(): Moment {
  return { wall: Date.now(), page: performance.now() };
}

/** Milliseconds since then, by whichever clock saw more of them: one of the two may have stood still (E7). */
export function since(then: Moment): number {
  return Math.max(Date.now() - then.wall, performance.now() - then.page);
}

interface Alarm {
  readonly run: () => void;
  readonly at: number;
  // Only when it is the page that keeps the time.
  timer?: ReturnType<typeof setTimeout>;
}

const ticker = 'onmessage = ({ data }) => setTimeout(() => postMessage(data.id), data.ms)';

/**
 * The timers of one stay. They run in a Worker: a hidden page's own timers fire once a second, later once a minute,
 * which the server would take for silence. Where no Worker may start, the page's timers do.
 */
export class Clock {
  private readonly alarms = new Map<number, Alarm>();
  private worker: Worker | undefined;
  private count = 0;

  constructor() {
    try {
      this.worker = startWorker((id) => this.ring(id));
    } catch {
      // A content security policy, or Node: the page's timers will do.
    }
    if (this.worker) this.worker.onerror = () => this.dismissWorker();
  }

  /** Runs a function once, in `ms` milliseconds. */
  after(ms: number, run: () => void): Cancel {
    const id = ++this.count;
    this.alarms.set(id, { run, at: Date.now() + ms });
    if (this.worker) this.worker.postMessage({ id, ms });
    else this.keep(id);
    return () => this.forget(id);
  }

  /** Runs a function every `ms` milliseconds, the first time after the first `ms`. */
  every(ms: number, run: () => void): Cancel {
    let cancel: Cancel;
    const again = () => {
      cancel = this.after(ms, again);
      run();
    };
    cancel = this.after(ms, again);
    return () => cancel();
  }

  /** Whether the alarms may be late by up to a minute: the page keeps the time, and is out of sight. */
  get throttled(): boolean {
    return !this.worker && globalThis.document?.visibilityState === 'hidden';
  }

  /** Forgets every alarm; new ones may be set. */
  clear(): void {
    for (const id of [...this.alarms.keys()]) this.forget(id);
  }

  /** Forgets every alarm and ends the Worker. */
  close(): void {
    this.clear();
    this.worker?.terminate();
    this.worker = undefined;
  }

  private ring(id: number): void {
    const alarm = this.alarms.get(id);
    this.alarms.delete(id);
    alarm?.run();
  }

  private forget(id: number): void {
    clearTimeout(this.alarms.get(id)?.timer);
    this.alarms.delete(id);
  }

  private keep(id: number): void {
    const alarm = this.alarms.get(id);
    if (alarm) alarm.timer = setTimeout(() => this.ring(id), Math.max(0, alarm.at - Date.now()));
  }

  // The Worker could not start after all: whatever it was to time is timed here.
  private dismissWorker(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const id of this.alarms.keys()) this.keep(id);
  }
}

function startWorker(rang: (id: number) => void): Worker | undefined {
  if (typeof Worker !== 'function' || typeof Blob !== 'function') return undefined;
  const url = URL.createObjectURL(new Blob([ticker], { type: 'text/javascript' }));
  try {
    const worker = new Worker(url);
    worker.onmessage = ({ data }) => rang(data);
    return worker;
  } finally {
    // The Worker has its address by now; Chromium, Firefox and WebKit all fetch it before the revocation counts.
    URL.revokeObjectURL(url);
  }
}
