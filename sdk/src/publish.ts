import type { Clock } from './clock';
import type { Connection } from './connection';
import { limitsOf } from './encode';
import type { Fire, LocalMedia, Publication } from './local';
import { streams, typeOf } from './streams';
import { Stream } from './wire/exeunt/v1/signal_pb';

const firstSentEveryMs = 200;

/** What this member publishes, as the server was told. */
export class Publications {
  private connection: Connection | null = null;
  private readonly told = new Map<Stream, Publication>();
  private readonly reported = new WeakSet<MediaStreamTrack>();

  constructor(
    private readonly clock: Clock,
    private readonly fire: Fire,
  ) {}

  /** Goes on over a new connection, to which nothing has been told; null while there is none. */
  reconnect(connection: Connection | null): void {
    this.told.clear();
    this.connection = connection;
  }

  /** Makes what is told equal to what there is, by the fewest words. Call it after any change. */
  sync(local: LocalMedia): void {
    for (const stream of streams) this.align(stream, local.publication(stream));
  }

  /** Takes everything back: for a member that turned audience. */
  withdraw(): void {
    for (const stream of streams) this.align(stream, null);
  }

  private align(stream: Stream, wanted: Publication | null): void {
    const told = this.told.get(stream);
    if (!wanted) {
      if (told) this.connection?.unpublish(stream);
      this.told.delete(stream);
      return;
    }
    this.told.set(stream, wanted);
    // A muted microphone still sends tiny silent packets, as TRTC's does; a muted picture sends nothing, so that the
    // preview of one's own can go on.
    if (stream === Stream.AUDIO) wanted.track.enabled = !wanted.muted;
    if (told?.track !== wanted.track || told.muted !== wanted.muted) {
      this.connection?.publish(stream, stream !== Stream.AUDIO && wanted.muted ? null : wanted.track, wanted.muted);
    }
    if (told?.track !== wanted.track) this.awaitFirst(stream, wanted.track);
    if (wanted.encode && (told?.track !== wanted.track || told.encode !== wanted.encode)) {
      // The line may not be negotiated yet, or the browser may know no such limit: then it sends as it likes.
      void this.connection?.lines?.limit(stream, limitsOf(wanted.encode, wanted.track)).catch(() => {});
    }
  }

  private awaitFirst(stream: Stream, track: MediaStreamTrack): void {
    const current = () => this.told.get(stream)?.track === track && !this.reported.has(track);
    this.clock.after(firstSentEveryMs, async () => {
      const sent = current() ? await this.connection?.lines?.sent(stream).catch(() => 0) : undefined;
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
