import { type Closer, isolate, type Ledger } from './ledger';

const normal = 100;

/** The capture volume of a microphone. At 100 the track is sent as it is; otherwise through an AudioContext. */
export class Gain {
  private level = normal;
  private input: MediaStreamTrack | null = null;
  private amplified: MediaStreamTrack | null = null;
  private node: GainNode | null = null;
  private close: Closer = () => {};

  constructor(private readonly ledger: Ledger) {}

  /** Percent, 0 to 150. */
  get volume(): number {
    return this.level;
  }

  set volume(volume: number) {
    this.level = Math.min(150, Math.max(0, volume));
    if (this.node) this.node.gain.value = this.level / normal;
  }

  /** The track to send for this input. The same input gives the same track, as long as it lives. */
  output(input: MediaStreamTrack | null): MediaStreamTrack | null {
    if (input !== this.input) this.close();
    this.input = input;
    if (!input) return null;
    if (this.level !== normal && !this.amplified) {
      isolate('set the capture volume', () => this.connect(input));
      if (!this.amplified) this.close();
    }
    return this.amplified ?? input;
  }

  private connect(input: MediaStreamTrack): void {
    const context = new AudioContext();
    const made: MediaStreamTrack[] = [];
    // Entered before anything else may fail: a context that nobody closes keeps the microphone open (C6).
    this.close = this.ledger.hold('audio context', () => {
      this.amplified = null;
      this.node = null;
      context.close().catch(() => {});
      for (const track of made) track.stop();
    });
    const end = context.createMediaStreamDestination();
    made.push(...end.stream.getAudioTracks());
    this.node = context.createGain();
    this.node.gain.value = this.level / normal;
    context
      .createMediaStreamSource(new MediaStream([input]))
      .connect(this.node)
      .connect(end);
    this.amplified = made[0] ?? null;
  }
}
