import { departed, type Ledger } from './ledger';

/** What became of a wish to capture. */
export type Outcome =
  | { kind: 'ready'; track: MediaStreamTrack }
  /** The wish was withdrawn meanwhile; whatever arrived has been stopped. */
  | { kind: 'withdrawn' }
  | { kind: 'failed'; error: unknown };

const busyRetryMs = 250;

/**
 * One camera, microphone or screen: at most one live track, which it stops itself.
 * Each start and stop takes a new turn, and a capture that arrives in a later turn is stopped at once (C1, C14).
 */
export class Capture {
  /** The live track, if there is one. */
  track: MediaStreamTrack | null = null;
  private asking = false;
  private turn = 0;
  private close = () => {};

  constructor(
    private readonly name: string,
    private readonly ledger: Ledger,
    private readonly pending: Set<Promise<unknown>>,
  ) {}

  /** Whether it is open, or about to be. */
  get wanted(): boolean {
    return this.asking || this.track !== null;
  }

  /** Asks for a track, after the one before has been stopped. `ended` is called if the device or the user ends it. */
  async start(ask: () => Promise<MediaStream>, ended: () => void): Promise<Outcome> {
    this.stop();
    const turn = this.turn;
    this.asking = true;
    const leaving = departed();
    if (leaving) await leaving;
    if (turn !== this.turn) return { kind: 'withdrawn' };
    try {
      const stream = await this.wait(() => this.askTwice(ask, turn));
      if (!stream || turn !== this.turn) {
        stopAll(stream);
        return { kind: 'withdrawn' };
      }
      return { kind: 'ready', track: this.keep(stream, ended) };
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

  private keep(stream: MediaStream, ended: () => void): MediaStreamTrack {
    const [track] = stream.getTracks();
    if (!track) throw new Error(`${this.name} gave no track`);
    this.close = this.ledger.hold(this.name, () => {
      track.removeEventListener('ended', ended);
      stopAll(stream);
    });
    track.addEventListener('ended', ended);
    this.asking = false;
    this.track = track;
    return track;
  }

  // A device that another program, or another page, has only just given back may still be busy (C19).
  private async askTwice(ask: () => Promise<MediaStream>, turn: number): Promise<MediaStream | null> {
    try {
      return await ask();
    } catch (error) {
      if ((error as Error)?.name !== 'NotReadableError') throw error;
    }
    await this.pause();
    return turn === this.turn ? ask() : null;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(), busyRetryMs);
      const done = this.ledger.hold('pause', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private async wait<T>(ask: () => Promise<T>): Promise<T> {
    const asked = ask();
    this.pending.add(asked);
    try {
      return await asked;
    } finally {
      this.pending.delete(asked);
    }
  }
}

function stopAll(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
