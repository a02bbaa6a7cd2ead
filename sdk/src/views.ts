import type { TRTCRenderParams } from './define';
import type { Ledger } from './ledger';
import type { Fire, LocalMedia } from './local';
import { Picture, type View } from './picture';
import type { Stage } from './receive';
import { Sound } from './sound';
import { streams, typeOf } from './streams';
import { Stream } from './wire/exeunt/v1/signal_pb';

/** Everything that the application sees and hears: its own pictures, and those of the others. */
export class Views implements Stage {
  /** The sound of the others. */
  readonly sound: Sound;
  private readonly preview: Picture;
  private readonly screen: Picture;
  private readonly others = new Map<string, Picture>();
  private readonly arriving = new Map<string, MediaStreamTrack>();
  // Whose first sound was told. A voice may lose its slot to a louder one and come back; that is no first time.
  private readonly heard = new Set<string>();

  constructor(
    private readonly ledger: Ledger,
    private readonly fire: Fire,
  ) {
    this.sound = new Sound(ledger);
    // TRTC names oneself by an empty user id.
    this.preview = new Picture('own', ledger, (width, height) => this.first('', Stream.BIG, width, height));
    this.screen = new Picture('other', ledger, (width, height) => this.first('', Stream.SUB, width, height));
  }

  /** Shows one's own camera here. */
  placePreview(view: View): void {
    this.preview.place(view);
  }

  /** Shows one's own shared screen here. */
  placeScreen(view: View): void {
    this.screen.place(view);
  }

  /** Shows what is captured now. */
  showOwn(local: LocalMedia): void {
    this.preview.show(local.picture);
    this.screen.show(local.shared);
  }

  /** How one's own camera looks to oneself. */
  stylePreview(look: Partial<TRTCRenderParams>): void {
    this.preview.style(look);
  }

  /** Shows a picture of somebody here, now or when it arrives. */
  place(user: string, stream: Stream, view: View): void {
    this.picture(user, stream).place(view);
  }

  /** How a picture of somebody looks. */
  style(user: string, stream: Stream, look: Partial<TRTCRenderParams>): void {
    this.picture(user, stream).style(look);
  }

  /** Shows no picture of anybody. */
  removeAll(): void {
    for (const picture of this.others.values()) picture.place(null);
  }

  attach(user: string, stream: Stream, { track }: RTCRtpReceiver): void {
    if (stream === Stream.AUDIO) {
      this.sound.play(user, track);
      this.firstSound(user, track);
      return;
    }
    this.arriving.set(key(user, stream), track);
    this.others.get(key(user, stream))?.show(track);
  }

  detach(user: string, stream: Stream): void {
    if (stream === Stream.AUDIO) {
      this.sound.stop(user);
      return;
    }
    this.arriving.delete(key(user, stream));
    this.others.get(key(user, stream))?.show(null);
  }

  forget(user: string): void {
    this.heard.delete(user);
    for (const stream of streams) {
      this.detach(user, stream);
      this.others.delete(key(user, stream));
    }
  }

  clear(): void {
    this.sound.clear();
    this.heard.clear();
    this.preview.place(null);
    this.screen.place(null);
    for (const picture of this.others.values()) picture.place(null);
    this.others.clear();
    this.arriving.clear();
  }

  private picture(user: string, stream: Stream): Picture {
    const id = key(user, stream);
    const known = this.others.get(id);
    if (known) return known;
    const picture = new Picture('other', this.ledger, (width, height) => this.first(user, stream, width, height));
    picture.show(this.arriving.get(id) ?? null);
    this.others.set(id, picture);
    return picture;
  }

  private first(user: string, stream: Stream, width: number, height: number): void {
    this.fire('onFirstVideoFrame', user, typeOf(stream), width, height);
  }

  // A receiver's track is muted until the first packet has arrived.
  private firstSound(user: string, track: MediaStreamTrack): void {
    const tell = () => {
      if (this.heard.has(user)) return;
      this.heard.add(user);
      this.fire('onFirstAudioFrame', user);
    };
    if (track.muted) track.addEventListener('unmute', tell, { once: true });
    else tell();
  }
}

function key(user: string, stream: Stream): string {
  return `${stream} ${user}`;
}
