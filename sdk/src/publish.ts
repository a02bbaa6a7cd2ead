import type { Clock } from './clock';
import { limitsOf } from './encode';
import type { Fire, Publication } from './local';
import { layerLimits } from './simulcast';
import { streams, typeOf } from './streams';
import type { Transport } from './transport';
import { Stream } from './wire/exeunt/v1/signal_pb';

const firstSentEveryMs = 200;

/** What this member publishes, as the server was told. */
export class Publications {
  private readonly told = new Map<Stream, Publication>();
  // Taken back; the word for it may have been lost with a socket.
  private readonly withdrawn = new Set<Stream>();
  private readonly reported = new WeakSet<MediaStreamTrack>();
  private held = false;

  constructor(
    private readonly clock: Clock,
    private readonly fire: Fire,
    private readonly transport: Transport,
  ) {}

  /** A new session began, to which nothing has been told. */
  begin(): void {
    this.told.clear();
    this.withdrawn.clear();
    this.held = false;
  }

  /**
   * Makes what is told equal to what there is, by the fewest words. Call it after any change, also while there is no
   * socket: a microphone that is muted has to be silent at once, and the words follow by `retell`.
   */
  sync(wanted: (stream: Stream) => Publication | null): void {
    for (const stream of streams) this.align(stream, wanted(stream));
  }

  /** Whether pictures of a stream go out, as far as this side decides. */
  shows(stream: Stream): boolean {
    const told = this.told.get(stream);
    return told !== undefined && this.carried(stream, told) !== null;
  }

  /** Says everything again, and puts every track on its line again: after a lost socket, and on new lines. */
  retell(): void {
    for (const stream of streams) {
      const told = this.told.get(stream);
      if (told) this.publish(stream, told);
      else if (this.withdrawn.has(stream)) this.transport.unpublish(stream);
    }
  }

  /** Sends nothing until `release`, and says nothing of it. */
  hold(): void {
    this.held = true;
    for (const stream of this.told.keys()) this.transport.carry(stream, null);
  }

  /** Sends again. */
  release(): void {
    if (!this.held) return;
    this.held = false;
    for (const [stream, told] of this.told) this.transport.carry(stream, this.carried(stream, told));
  }

  private align(stream: Stream, wanted: Publication | null): void {
    const told = this.told.get(stream);
    if (!wanted) {
      if (told) this.withdraw(stream);
      return;
    }
    this.told.set(stream, wanted);
    this.withdrawn.delete(stream);
    // A muted microphone still sends tiny silent packets, as TRTC's does; a muted picture sends nothing, so that the
    // preview of one's own can go on.
    if (stream === Stream.AUDIO) {
      wanted.track.enabled = !wanted.muted;
      this.transport.encodeSound(wanted.sound ?? 'voice');
    }
    if (told?.track !== wanted.track || told.muted !== wanted.muted) {
      this.transport.publish(stream, this.carried(stream, wanted), wanted.muted);
    }
    if (told?.track !== wanted.track) this.awaitFirst(stream, wanted.track);
    const asBefore = told?.track === wanted.track && told.encode === wanted.encode && told.small === wanted.small;
    if (!asBefore) this.limit(stream, wanted);
  }

  private withdraw(stream: Stream): void {
    this.told.delete(stream);
    this.withdrawn.add(stream);
    this.transport.unpublish(stream);
  }

  private publish(stream: Stream, publication: Publication): void {
    this.transport.publish(stream, this.carried(stream, publication), publication.muted);
    this.limit(stream, publication);
  }

  private carried(stream: Stream, { track, muted }: Publication): MediaStreamTrack | null {
    return this.held || (muted && stream !== Stream.AUDIO) ? null : track;
  }

  private limit(stream: Stream, { encode, small, track }: Publication): void {
    if (!encode) return;
    const limits = layerLimits(limitsOf(encode, track), small && limitsOf(small, track));
    // The line may not be negotiated yet, or the browser may know no such limit: then it sends as it likes.
    void this.transport.lines?.limit(stream, limits).catch(() => {});
  }

  private awaitFirst(stream: Stream, track: MediaStreamTrack): void {
    const current = () => this.told.get(stream)?.track === track && !this.reported.has(track);
    this.clock.after(firstSentEveryMs, async () => {
      const sent = current() ? await this.transport.lines?.sent(stream).catch(() => 0) : undefined;
      if (sent === undefined || !current()) return;
      if (sent === 0) this.awaitFirst(stream, track);
      else this.report(stream, track);
    });
  }

  private report(stream: Stream, track: MediaStreamTrack): void {
    this.reported.add(track);
    if (stream === Stream.AUDIO) this.fire('onSendFirstLocalAudioFrame');
    else this.fire('onSendFirstLocalVideoFrame', typeOf(stream));
  }
}
