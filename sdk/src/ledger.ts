import { log } from './log';

/** Closes one thing, once. */
export type Closer = () => void;

/**
 * The registry of everything that one cloud has opened on this machine: tracks, elements, audio contexts, listeners,
 * and the questions that the user has not answered. Who opens enters it here, before the next step that may fail or
 * wait (C6), and `release` closes the lot, whatever the reason for leaving is (C7).
 */
export class Ledger {
  private readonly held = new Map<Closer, string>();
  private readonly awaited = new Map<Promise<unknown>, string>();

  /** Enters a thing; the returned function closes it and strikes it out, and may be called more than once. */
  hold(what: string, close: () => void): Closer {
    const closer = () => {
      if (!this.held.delete(closer)) return;
      isolate(`close ${what}`, close);
    };
    this.held.set(closer, what);
    return closer;
  }

  /**
   * Enters what only the browser or the user can end: a question for a device, which nobody can take back, so that
   * whoever asks gives back what comes late; or the closing of one.
   */
  async expect<T>(what: string, end: Promise<T>): Promise<T> {
    this.awaited.set(end, what);
    try {
      return await end;
    } finally {
      this.awaited.delete(end);
    }
  }

  /** What is open now, by name. */
  get open(): string[] {
    return [...this.held.values(), ...this.awaited.values()];
  }

  /** Settles when nothing is expected any more. That may take as long as the user takes. */
  async settled(): Promise<void> {
    while (this.awaited.size > 0) await Promise.all([...this.awaited.keys()].map((end) => end.catch(() => {})));
  }

  /** Closes everything, the last one first. One that fails does not keep the others open (C17). */
  release(): void {
    for (const close of [...this.held.keys()].reverse()) close();
  }
}

/** Runs one step of a clean-up: its failure is reported and goes no further. */
export function isolate(doing: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    log.error(`could not ${doing}`, error);
  }
}

const departures = new Set<Promise<void>>();

/** Enters a stay that is giving back its devices. Each promise settles within the bound of Session.end. */
export function depart(gone: Promise<void>): void {
  departures.add(gone);
  void gone.then(() => departures.delete(gone));
}

/**
 * Settles when every stay of this page that is leaving now has left; null when none is. Devices are asked for only
 * after it: the next room must not find them busy, and the old room must not find them open (C19).
 */
export function departed(): Promise<unknown> | null {
  return departures.size === 0 ? null : Promise.all(departures);
}
