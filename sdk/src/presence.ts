import { type Cancel, type Clock, type Moment, moment, since } from './clock';
import type { Entered } from './wire/exeunt/v1/signal_pb';

/** The room's patience, in milliseconds, as the server told it. */
export interface Rules {
  /** Between two heartbeats. */
  heartbeatMs: number;
  /** Silence after which a connection counts as lost. */
  unstableMs: number;
  /** Silence after which the stay is over. */
  goneMs: number;
  /** From the loss to the first onTryToReconnect, and from each to the next. */
  tryAfterMs: number;
  tryEveryMs: number;
}

/** What holds until the server has spoken. */
export const defaultRules: Rules = {
  heartbeatMs: 1_000,
  unstableMs: 2_000,
  goneMs: 10_000,
  tryAfterMs: 0,
  tryEveryMs: 3_000,
};

/** The rules that an entry brings; a number that is missing has its default. */
export function rulesOf(entered: Entered): Rules {
  return {
    heartbeatMs: entered.heartbeatMs || defaultRules.heartbeatMs,
    unstableMs: entered.unstableMs || defaultRules.unstableMs,
    goneMs: entered.goneMs || defaultRules.goneMs,
    tryAfterMs: entered.tryAfterMs,
    tryEveryMs: entered.tryEveryMs || defaultRules.tryEveryMs,
  };
}

// Browsers ring the timers of a page out of sight once a minute (Chromium: intensive throttling after five minutes).
const throttledMs = 65_000;

/** What a heartbeat tells. */
export interface Pulse {
  /** A heartbeat is due; nextMs is when the next one comes at the latest, 0 for the usual pace. */
  beat(n: number, nextMs: number): void;
  /** No answer came for too long. */
  silent(): void;
  /** The page did not run for a while, and runs again: the machine slept, or the browser froze the page. */
  woke(): void;
  /** It did not run for so long that the stay may be over. */
  overslept(): void;
}

/** Proves that this page's script runs, and watches that the server's answers come. */
export class Heartbeat {
  private n = 0;
  private heardAt: Moment = moment();
  private beatAt: Moment = moment();
  // How long after a heartbeat the next one is due.
  private dueMs: number;
  // When the oldest heartbeat without an answer went out.
  private askedAt: Moment | null = null;
  private promisedMs = 0;
  private resting = false;
  private cancel: Cancel = () => {};
  // One heartbeat's answer may be missing, however impatient the room is.
  private readonly patienceMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly rules: Rules,
    private readonly on: Pulse,
  ) {
    this.patienceMs = Math.max(rules.unstableMs, 2 * rules.heartbeatMs);
    this.dueMs = rules.heartbeatMs;
    this.plan();
  }

  /** Milliseconds since the last frame from the server. */
  get silentMs(): number {
    return since(this.heardAt);
  }

  /** A frame has come. */
  heard(): void {
    this.heardAt = moment();
    this.askedAt = null;
  }

  /**
   * The answer to a heartbeat has come, with the milliseconds until the next one is welcome: 0 for the usual pace, from
   * which it is never far.
   */
  answered(nextMs: number): void {
    const { heartbeatMs } = this.rules;
    if (nextMs === 0 || this.resting) return;
    this.dueMs = since(this.beatAt) + Math.min(Math.max(nextMs, heartbeatMs / 10), heartbeatMs * 1.25);
    this.plan();
  }

  /** Beats at once, and at the usual pace after it. */
  beat(): void {
    if (this.resting) return;
    this.beatAt = moment();
    this.dueMs = this.rules.heartbeatMs;
    this.askedAt ??= this.beatAt;
    this.promisedMs = this.clock.throttled ? throttledMs : 0;
    this.on.beat(++this.n, this.promisedMs);
    this.plan();
  }

  /**
   * To be called when the page may not have run for a while. The silence was ours, so the server is asked before any
   * timer that is overdue may judge it (E6).
   */
  wake(): void {
    this.resting = false;
    this.askedAt = null;
    if (this.silentMs > this.rules.goneMs + this.promisedMs) {
      this.on.overslept();
      return;
    }
    this.beat();
    this.on.woke();
  }

  /**
   * Beats no more until `wake`. A page that is frozen may still run what a worker asks of it, yet its application does
   * not: it proves nothing (A3).
   */
  rest(): void {
    this.resting = true;
    this.cancel();
  }

  /** Ends it: what comes later sets no timer any more. */
  stop(): void {
    this.rest();
  }

  private plan(): void {
    this.cancel();
    const beatIn = this.dueMs - since(this.beatAt);
    const ms = Math.max(0, Math.min(beatIn, this.answerIn));
    const planned = moment();
    this.cancel = this.clock.after(ms, () => this.look(since(planned) - ms));
  }

  // The silence until the heartbeat counts too, so that it is patienceMs in all.
  private get answerIn(): number {
    if (!this.askedAt) return Number.POSITIVE_INFINITY;
    return this.patienceMs - this.rules.heartbeatMs - since(this.askedAt);
  }

  private look(lateMs: number): void {
    if (lateMs > this.patienceMs) this.wake();
    else if (this.answerIn <= 0) this.on.silent();
    else if (since(this.beatAt) >= this.dueMs) this.beat();
    else this.plan();
  }
}
