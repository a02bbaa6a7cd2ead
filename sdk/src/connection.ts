import type { Clock } from './clock';
import { Heartbeat, type Rules } from './presence';
import { type Saying, Signal } from './signal';
import type { Entered, Exited, Refused, Resumed, ServerFrame } from './wire/exeunt/v1/signal_pb';

/** What a connection tells; from `refused` on, each ends it, and nothing comes after that. */
export interface ConnectionEvents {
  entered(entered: Entered, seq: bigint): void;
  resumed(resumed: Resumed): void;
  /** Any frame that is no business of the connection itself. */
  frame(frame: ServerFrame): void;
  /** The page runs again after a pause, and the stay may go on. */
  woke(): void;
  /** It runs again after so long a pause that the stay may be over; `lost` follows. */
  overslept(): void;
  refused(refused: Refused): void;
  exited(exited: Exited): void;
  /** The server closed without a last word; 1006 when the network did. */
  closed(code: number, text: string): void;
  lost(why: string): void;
}

/** The first frame. That of an entry has to wait for its offer. */
export type First = { word: 'enter' | 'resume'; frame: Promise<Saying> };

// A socket that does not open by then is replaced: it may hang for minutes (D12).
const openMs = 3_000;
// Longer than a handshake over a bad mobile network takes, shorter than a person waits.
const answerMs = 6_000;

/** One attempt to be in a room, and, when it succeeds, the socket of the stay. */
export class Connection {
  private readonly signal: Signal;
  // Null once it is over, by whichever side: whatever still arrives is not heard (D7, D12).
  private on: ConnectionEvents | null;
  private heartbeat: Heartbeat | null = null;
  private stopTimer: () => void;
  private begun = false;
  private gone: (() => void) | undefined;
  private goodbye: Saying[] = [];

  /** Opens a socket and says the first frame. Throws when the page may not open the address. */
  constructor(
    url: string,
    private readonly first: First,
    private readonly clock: Clock,
    on: ConnectionEvents,
  ) {
    this.on = on;
    first.frame.catch((error) => this.lose(`first frame: ${error}`));
    this.stopTimer = clock.after(openMs, () => this.lose('the socket does not open'));
    try {
      this.signal = new Signal(url, {
        opened: () => this.begin(),
        frame: (frame) => this.hear(frame),
        closed: (code, text) => this.over((heard) => heard.closed(code, text)),
      });
    } catch (error) {
      this.stopTimer();
      throw error;
    }
  }

  /** Sends a frame, if the connection still stands. */
  say(frame: Saying): boolean {
    return this.on !== null && this.signal.say(frame);
  }

  /** Beats at the room's pace from now on, with the highest seq that was heard. */
  keep(rules: Rules, heard: () => bigint): void {
    this.heartbeat = new Heartbeat(this.clock, rules, {
      beat: (n, nextMs) => void this.say({ case: 'heartbeat', value: { n, nextMs, seq: heard() } }),
      silent: () => this.lose('silence'),
      woke: () => this.on?.woke(),
      overslept: () => {
        this.on?.overslept();
        this.lose('asleep');
      },
    });
  }

  /** Milliseconds since the last frame of a stay came; 0 for an attempt. */
  get silentMs(): number {
    return this.heartbeat?.silentMs ?? 0;
  }

  /** Says nothing of its own until `wake`: the page is frozen. */
  rest(): void {
    this.heartbeat?.rest();
  }

  /** Beats at once: the page goes out of sight, or comes back. */
  beat(): void {
    this.heartbeat?.beat();
  }

  /** The page may not have run for a while: `woke` or `lost` says how it stands. */
  wake(): void {
    this.heartbeat?.wake();
  }

  /**
   * Says goodbye, after what is still to be said; a return that is only on its way says it in the same breath. Resolves
   * when the server has said its last word or closed; that may be never, so whoever waits brings a bound, and calls
   * `close` after it.
   */
  leave(rest: Saying[]): Promise<void> {
    this.stopTimers();
    this.goodbye = [...rest, { case: 'exit', value: {} }];
    const open = this.on !== null && this.signal.open;
    // An entry that was not said yet is not said any more.
    const silent = this.first.word === 'enter' ? !open : this.on === null;
    if (silent) {
      this.close();
      return Promise.resolve();
    }
    if (open && (this.begun || this.first.word === 'enter')) this.sayGoodbye();
    return new Promise((resolve) => {
      this.gone = resolve;
    });
  }

  /** Ends it without a word, as a page does that ends. */
  close(): void {
    this.end(() => this.signal?.close());
  }

  /** Ends it for another one to go on. */
  abandon(): void {
    this.end(() => this.signal?.abandon());
  }

  private begin(): void {
    this.stopTimer();
    if (!this.gone) this.stopTimer = this.clock.after(answerMs, () => this.lose('no answer'));
    void this.first.frame.then(
      (frame) => {
        if (this.gone && this.first.word === 'enter') return;
        this.begun = this.say(frame);
        if (this.gone) this.sayGoodbye();
      },
      () => {},
    );
  }

  private hear(frame: ServerFrame): void {
    this.heartbeat?.heard();
    const { frame: said } = frame;
    if (said.case === 'batch') for (const each of said.value.frames) this.hear(each);
    else if (said.case === 'exited') this.over((heard) => heard.exited(said.value));
    else if (this.gone) return;
    else if (said.case === 'heartbeatAck') this.heartbeat?.answered(said.value.nextMs);
    else if (said.case === 'refused') this.over((heard) => heard.refused(said.value));
    else if (said.case === 'entered') this.settle((heard) => heard.entered(said.value, frame.seq));
    else if (said.case === 'resumed') this.settle((heard) => heard.resumed(said.value));
    else this.on?.frame(frame);
  }

  private sayGoodbye(): void {
    for (const frame of this.goodbye) this.signal.say(frame);
  }

  private settle(tell: (heard: ConnectionEvents) => void): void {
    this.stopTimer();
    if (this.on) tell(this.on);
  }

  // A stay that may exist goes on; an entry that was not answered had better end soon.
  private lose(why: string): void {
    const heard = this.on;
    if (this.heartbeat || this.first.word === 'resume') this.abandon();
    else this.close();
    if (!this.gone) heard?.lost(why);
  }

  private over(tell: (heard: ConnectionEvents) => void): void {
    const heard = this.on;
    this.close();
    if (heard && !this.gone) tell(heard);
  }

  private end(closeSocket: () => void): void {
    this.on = null;
    this.stopTimers();
    closeSocket();
    this.gone?.();
  }

  private stopTimers(): void {
    this.stopTimer();
    this.heartbeat?.stop();
  }
}
