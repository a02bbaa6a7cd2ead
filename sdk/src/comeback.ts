import { type Cancel, type Clock, type Moment, moment, since } from './clock';
import type { Rules } from './presence';
import { pauseBefore } from './signal';

// A connection that holds so long was a good one: the next loss is a new story, with short pauses.
const steadyMs = 30_000;
// The server may count from a frame that was on its way when the connection broke.
const marginMs = 2_000;

/** What is due on the way back. */
export interface Steps {
  attempt(): void;
  /** The stay may be over by now: nothing may be sent before the server has said otherwise (E7). */
  overdue(): void;
  /** The stay is over by now, whatever the server would say. */
  hopeless(): void;
}

/** When to try again, when to stop sending, and when to give up. */
export class Comeback {
  private failed = 0;
  private settledAt: Moment = moment();
  private cancels: Cancel[] = [];
  private cancelTry: Cancel = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly steps: Steps,
  ) {}

  /** The connection of a stay broke, after `silentMs` without a word. The first attempt comes within 0.3 s. */
  begin({ goneMs }: Rules, silentMs: number): void {
    this.stop();
    if (since(this.settledAt) > steadyMs) this.failed = 0;
    // A page that slept for longer could not try: its time begins now.
    const spentMs = silentMs > goneMs ? 0 : silentMs;
    this.cancels = [
      this.clock.after(goneMs - spentMs, () => this.steps.overdue()),
      this.clock.after(goneMs - spentMs + marginMs, () => this.steps.hopeless()),
    ];
    this.again();
  }

  /** An attempt failed; the next one comes after a pause. */
  again(): void {
    this.cancelTry();
    this.cancelTry = this.clock.after(pauseBefore(this.failed++), () => this.steps.attempt());
  }

  /** Something changed for the better: tries at once. */
  hurry(): void {
    this.failed = 0;
    this.cancelTry();
    this.steps.attempt();
  }

  /** It is back. */
  settle(): void {
    this.stop();
    this.settledAt = moment();
  }

  /** Tries no more for now. */
  stop(): void {
    this.cancelTry();
    for (const cancel of this.cancels) cancel();
    this.cancels = [];
  }
}
