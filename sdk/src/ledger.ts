import { log } from './log';

/** Closes one thing, once. */
export type Closer = () => void;

/**
 * The registry of everything that one cloud has opened on this machine: tracks, elements, audio contexts, listeners, and
 * the questions that the user has not answered. Who opens enters it here, before the next step that may fail or wait
 * (C6), and `release` closes the lot, whatever the reason for leaving is (C7).
 */
export class Ledger {
  private readonly held = new Map<Closer, string>();
  private readonly asked = new Map<Promise<unknown>, string>();

  /** Enters a thing; the returned function closes it and strikes it out, and may be called more than once. */
  hold(what: string, close: () => void): Closer {
    const closer = () => {
      if (!this.held.delete(closer)) return;
      isolate(`close ${what}`, close);
    };
    this.held.set(closer, what);
    return closer;
  }

  /** Enters a question for a device. No browser lets one take it back, so whoever asks gives back what comes late. */
  async expect<T>(what: string, answer: Promise<T>): Promise<T> {
    this.asked.set(answer, `question for ${what}`);
    try {
      return await answer;
    } finally {
      this.asked.delete(answer);
    }
  }

  /** What is open now, by name. */
  get open(): string[] {
    return [...this.held.values(), ...this.asked.values()];
  }

  /** Settles when every question of now is answered. That may take as long as the user takes. */
  async settled(): Promise<void> {
    await Promise.all([...this.asked.keys()].map((answer) => answer.catch(() => {})));
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
