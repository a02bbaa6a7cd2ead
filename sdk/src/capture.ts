import { type Closer, departed, isolate, type Ledger } from './ledger';
import { claim } from './strangers';

/** What became of a wish to capture. */
export type Outcome =
  | { kind: 'ready'; track: MediaStreamTrack }
  /** The wish was withdrawn meanwhile; whatever arrived has been stopped. */
  | { kind: 'withdrawn' }
  | { kind: 'failed'; error: unknown };

/** What may happen to a live track without our doing. */
export interface Fate {
  /** The device is gone, or the user ended the sharing in the browser's own bar. */
  ended(): void;
  /** Something else took the device, such as a phone call, or gave it back (E8). */
  interrupted?(): void;
}

// A device that another program, page or stay has only just given back may still be busy: so long is waited before each
// further try, 1.5 s in all.
const pausesMs = [100, 200, 400, 800];
// A question is asked once the one before is answered; one that hangs in a driver does not hold up the rest for ever.
const answerMs = 5_000;
// A track stops at once, its device some 20 ms later: no browser tells when (C20).
const closesMs = 50;

/**
 * One camera, microphone or screen: at most one live track, which it stops itself, and one question at a time.
 * Each start and stop takes a new turn, and a capture that arrives in a later turn is stopped at once (C1, C14).
 */
export class Capture {
  /** The live track, if there is one. */
  track: MediaStreamTrack | null = null;
  private asking = false;
  private turn = 0;
  // The answer to the last question; it does not fail.
  private answer: Promise<unknown> | null = null;
  private close: Closer = () => {};

  /** `busyPausesMs` are the pauses before each further try at a busy device. */
  constructor(
    private readonly name: string,
    private readonly ledger: Ledger,
    private readonly busyPausesMs: readonly number[] = pausesMs,
  ) {}

  /** Whether it is open, or about to be. */
  get wanted(): boolean {
    return this.asking || this.track !== null;
  }

  /** Whether the track is live, and something else has the device: nothing but silence or black comes of it (E8). */
  get interrupted(): boolean {
    return this.track?.muted ?? false;
  }

  /** Asks for a track, after the one before has been stopped. */
  async start(ask: () => Promise<MediaStream>, on: Fate): Promise<Outcome> {
    this.stop();
    const turn = this.turn;
    this.asking = true;
    // Only if there is something to wait for: some browsers open a picker only within the very click.
    const leaving = departed();
    if (leaving) await leaving;
    if (turn === this.turn && this.answer) await this.pause(answerMs, this.answer);
    if (turn !== this.turn) return { kind: 'withdrawn' };
    try {
      const stream = await this.question(() => this.askUntilFree(ask, turn));
      if (!stream || turn !== this.turn) {
        this.giveBack(stream);
        return { kind: 'withdrawn' };
      }
      return { kind: 'ready', track: this.keep(stream, on) };
    } catch (error) {
      if (turn !== this.turn) return { kind: 'withdrawn' };
      this.asking = false;
      return { kind: 'failed', error };
    }
  }

  /** Stops the track now, and every capture that is still on its way when it arrives. */
  stop(): void {
    this.turn++;
    this.asking = false;
    this.close();
    this.track = null;
  }

  private keep(stream: MediaStream, on: Fate): MediaStreamTrack {
    const [track] = stream.getTracks();
    if (!track) throw new Error(`${this.name} gave no track`);
    const ended = () => on.ended();
    const interrupted = () => on.interrupted?.();
    this.close = this.ledger.hold(this.name, () => {
      track.removeEventListener('ended', ended);
      for (const event of ['mute', 'unmute']) track.removeEventListener(event, interrupted);
      this.giveBack(stream);
    });
    claim(track);
    track.addEventListener('ended', ended);
    for (const event of ['mute', 'unmute']) track.addEventListener(event, interrupted);
    this.asking = false;
    this.track = track;
    return track;
  }

  private question<T>(ask: () => Promise<T>): Promise<T> {
    const asked = ask();
    const answer = asked.catch(() => {});
    this.answer = answer;
    void answer.then(() => {
      if (this.answer === answer) this.answer = null;
    });
    return this.ledger.expect(`question for the ${this.name}`, asked);
  }

  private giveBack(stream: MediaStream | null): void {
    if (!stream) return;
    for (const track of stream.getTracks()) isolate('stop a track', () => track.stop());
    void this.ledger.expect(`closing ${this.name}`, new Promise((closed) => setTimeout(closed, closesMs)));
  }

  private async askUntilFree(ask: () => Promise<MediaStream>, turn: number): Promise<MediaStream | null> {
    for (const ms of this.busyPausesMs) {
      try {
        return await ask();
      } catch (error) {
        if (!isBusy(error) || turn !== this.turn) throw error;
      }
      await this.pause(ms);
      if (turn !== this.turn) return null;
    }
    return ask();
  }

  // Waits so long, or until then; a stop ends it at once.
  private async pause(ms: number, until: Promise<unknown> = new Promise(() => {})): Promise<void> {
    let end: Closer = () => {};
    const over = new Promise<void>((resolve) => {
      const timer = setTimeout(() => end(), ms);
      end = this.ledger.hold('pause', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.close = end;
    await Promise.race([over, until]);
    end();
  }
}

// Firefox says AbortError of a device that does not start.
function isBusy(error: unknown): boolean {
  const { name } = error as Partial<Error>;
  return name === 'NotReadableError' || name === 'AbortError';
}
