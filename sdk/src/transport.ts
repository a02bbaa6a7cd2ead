import { log } from './log';
import type { Mail } from './mail';
import { hasMedia, Media } from './media';
import type { Channel } from './sei/channel';
import type { Saying } from './signal';
import type { Sound } from './voice';
import type { Answer, Encode, IceServer, SlotsNeeded, Stream } from './wire/exeunt/v1/signal_pb';

type Slots = Pick<SlotsNeeded, 'audio' | 'video'>;

const noSlots: Slots = { audio: 0, video: 0 };

/** What a transport tells. */
export interface TransportEvents {
  /** The way to the server changed. */
  changed(state: RTCPeerConnectionState): void;
  /** An offer or an answer came to nothing. */
  failed(why: string): void;
  /** A new peer connection has been offered in the place of the old one, with the same lines and nothing on them. */
  renewed(): void;
}

/** The media side of a stay: its one peer connection, which outlives lost sockets, and the offers for it. */
export class Transport {
  private media: Media | null = null;
  private offers = 0;
  private wanted: Slots = noSlots;
  // What the offer on its way adds; null when none is.
  private adding: Slots | null = null;
  // The ways through TURN that this stay has.
  private relays: RTCIceServer[] = [];
  // Which beginning is the last one: another one, or the end, may come while the worker starts.
  private turn = 0;

  /** `say` is false while there is no socket: then whatever was to be said has to be said again. */
  constructor(
    readonly say: (frame: Saying) => boolean,
    private readonly on: TransportEvents,
    private readonly channel: Channel,
    private readonly mail: Mail,
  ) {}

  /** The peer connection; null where there is no WebRTC, and before and after the stay. */
  get lines(): Media | null {
    return this.media;
  }

  /** A new peer connection, and its offer for an entry; empty where there is no WebRTC. */
  async begin(): Promise<string> {
    // Those of an earlier session end with it.
    this.relays = [];
    const turn = ++this.turn;
    if (this.channel.wanted) await this.channel.start();
    if (turn !== this.turn) return '';
    this.open();
    this.adding = null;
    return (await this.media?.offer()) ?? '';
  }

  /** Takes the ways through TURN that this stay has. They are tried when a way has to be looked for anew. */
  relayBy(relays: IceServer[]): void {
    this.relays = relays.map(({ urls, username, credential }) => ({ urls, username, credential }));
  }

  /** Whether there are ways through TURN that were not tried yet. */
  get untried(): boolean {
    return this.relays.length > 0 && this.media !== null && !this.media.knows(this.relays);
  }

  /** Takes the answer that came with an entry. */
  accept(sdp: string): void {
    const { media } = this;
    if (!media || !sdp) return;
    void media.accept(sdp).catch((error) => {
      if (media === this.media) this.on.failed(`answer: ${error}`);
    });
  }

  /** Takes the answer to a later offer; an answer to an older one than the last is no answer. */
  take(answer: Answer): void {
    if (answer.id !== this.offers || !this.adding) return;
    // A need that was told meanwhile counts the slots that are there now.
    const { audio, video } = this.adding;
    this.adding = null;
    this.wanted = { audio: Math.max(0, this.wanted.audio - audio), video: Math.max(0, this.wanted.video - video) };
    this.accept(answer.sdp);
    this.growIfNeeded();
  }

  /** Adds receive lines. One offer at a time: a need that arrives meanwhile waits for the answer. */
  grow(needed: Slots): void {
    this.wanted = needed;
    if (!this.adding) this.growIfNeeded();
  }

  /** What the microphone is to be encoded for. A change takes an offer. */
  encodeSound(sound: Sound): void {
    if (!this.media) return;
    this.media.sound = sound;
    if (!this.adding) this.growIfNeeded();
  }

  /** Offers an ICE restart. It takes the place of an offer on its way. */
  restart(): void {
    if (this.media) this.offer(this.media.restart(this.relays), 'same', this.adding ?? noSlots);
  }

  /** Offers a new peer connection with the same lines. */
  renew(): void {
    const before = this.media;
    if (!before) return;
    this.open(before);
    if (this.media) this.offer(this.media.offer(), 'fresh', this.adding ?? noSlots);
  }

  /** There is a socket again: an offer whose answer was lost is made again. */
  resume(): void {
    if (this.media && this.adding) this.offer(this.media.offer(), 'same', this.adding);
  }

  /** Puts a track on a send line, or nothing for a muted picture, and says so. */
  publish(stream: Stream, track: MediaStreamTrack | null, muted: boolean): void {
    this.carry(stream, track);
    this.say({ case: 'publish', value: { stream, mid: this.media?.lineOf(stream) ?? '', muted } });
  }

  /** Takes the track off a send line, and says so. */
  unpublish(stream: Stream): void {
    this.carry(stream, null);
    this.say({ case: 'unpublish', value: { stream } });
  }

  /** Puts a track on a send line without a word. */
  carry(stream: Stream, track: MediaStreamTrack | null): void {
    // A line that is closed meanwhile carries nothing any more, which is as well.
    void this.media?.carry(stream, track).catch((error) => log.error('replaceTrack', error));
  }

  /** Encodes the layers of a stream that anybody takes. */
  encode({ stream, layers }: Encode): void {
    // A line that is closed meanwhile encodes nothing.
    void this.media?.encode(stream, layers).catch((error) => log.warn('setParameters', error));
  }

  /** Ends all media at once. */
  close(): void {
    this.turn++;
    const { media } = this;
    this.media = null;
    this.mail.close();
    media?.close();
  }

  private open(before?: Media): void {
    this.close();
    if (!hasMedia()) return;
    const changed = (state: RTCPeerConnectionState) => media === this.media && this.on.changed(state);
    const media: Media = new Media(changed, this.relays, before, this.channel.tap);
    this.media = media;
    this.mail.open(media);
  }

  private growIfNeeded(): void {
    const { media, wanted } = this;
    this.wanted = noSlots;
    const grown = wanted.audio + wanted.video > 0 && media?.addSlots(wanted.audio, wanted.video);
    if (media && (grown || media.unoffered)) this.offer(media.offer(), 'same', grown ? wanted : noSlots);
  }

  private offer(made: Promise<string>, peer: 'same' | 'fresh', adding: Slots): void {
    const id = ++this.offers;
    this.adding = adding;
    made.then(
      (sdp) => {
        if (id !== this.offers || !this.media) return;
        this.say({ case: 'offer', value: { id, sdp, fresh: peer === 'fresh' } });
        if (peer === 'fresh') this.on.renewed();
      },
      (error) => {
        if (id === this.offers && this.media) this.on.failed(`offer: ${error}`);
      },
    );
  }
}
