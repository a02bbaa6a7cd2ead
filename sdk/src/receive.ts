import type { Roster } from './roster';
import { streams } from './streams';
import type { Transport } from './transport';
import { type Hearing, sameHearing, usualHearing } from './voices';
import { Quality, type SlotBound, Stream } from './wire/exeunt/v1/signal_pb';

/** Where the pictures and sounds of the others are shown. */
export interface Stage {
  /** A stream of somebody arrives on this receiver from now on. */
  attach(user: string, stream: Stream, receiver: RTCRtpReceiver): void;
  /** It arrives no more. */
  detach(user: string, stream: Stream): void;
  /** Somebody is gone: their views too. */
  forget(user: string): void;
  /** Takes everything down. */
  clear(): void;
}

/**
 * What arrives unasked, setDefaultStreamRecvMode; which layer of a camera, setPriorRemoteVideoStreamType; and how many
 * voices at once, setRemoteAudioParallelParams.
 */
export interface Unasked {
  audio: boolean;
  video: boolean;
  quality: Quality;
  hearing: Hearing;
}

/** What a receive line carries. */
export interface Slot {
  user: string;
  stream: Stream;
  /** When it began to, in milliseconds since 1970. */
  since: number;
}

/** One slot, as the server binds it. */
export type Binding = Pick<SlotBound, 'mid' | 'userId' | 'stream'>;

const pictures = [Stream.BIG, Stream.SUB] as const;

/** What this member wants of the others, what the server was told of it, and which slot carries what. */
export class Receiver {
  private readonly slots = new Map<string, Slot>();
  // The application's own choices; without one, what arrives unasked arrives.
  private readonly chosen = new Map<string, boolean>();
  private readonly told = new Map<string, boolean>();
  // Which layer of each user's camera the application chose, for the whole stay, and what the server was told.
  private readonly layers = new Map<string, Quality>();
  private readonly toldLayers = new Map<string, Quality>();
  private toldHearing = usualHearing;
  private halted = false;

  constructor(
    private readonly roster: Roster,
    private readonly unasked: Unasked,
    private readonly stage: Stage,
    private readonly transport: Transport,
  ) {}

  /** A new session began, to which nothing has been told and in which nothing is bound. */
  begin(): void {
    for (const mid of [...this.slots.keys()]) this.unbind(mid);
    this.told.clear();
    this.toldLayers.clear();
    this.toldHearing = usualHearing;
  }

  /** Says every wish again: the socket that carried it was lost. */
  retell(): void {
    for (const user of this.roster.users) {
      for (const stream of streams) {
        if (this.told.has(key(user, stream))) this.tell(user, stream, this.wanted(user, stream));
      }
      if (this.toldLayers.has(user)) this.tellLayer(user);
    }
    if (this.toldHearing !== usualHearing) this.tellHearing();
  }

  /** The peer connection is a new one, with the same slots. */
  renew(): void {
    for (const [mid, { user, stream }] of [...this.slots]) this.bind({ mid, userId: user, stream });
  }

  /** Takes the whole list of what the slots carry. Streams of people who are not known yet wait until they are. */
  replace(all: Binding[]): void {
    const slots = all.filter(({ userId }) => this.roster.has(userId));
    const bound = new Set(slots.map(({ mid }) => mid));
    for (const mid of [...this.slots.keys()]) if (!bound.has(mid)) this.unbind(mid);
    for (const slot of slots) {
      const known = this.slots.get(slot.mid);
      if (known?.user !== slot.userId || known.stream !== slot.stream) this.bind(slot);
    }
  }

  /** The application wants a stream, whatever arrives unasked. */
  want(user: string, stream: Stream): void {
    this.choose(user, stream, true);
  }

  /** The application does not want a stream. */
  refuse(user: string, stream: Stream): void {
    this.choose(user, stream, false);
  }

  /** The application wants this layer of a user's camera at most, also when the user comes back. */
  prefer(user: string, quality: Quality): void {
    this.layers.set(user, quality);
    this.alignLayer(user);
  }

  /** The application wants this layer of every camera of which it did not say another. */
  preferUsually(quality: Quality): void {
    this.unasked.quality = quality;
    for (const user of this.roster.users) this.alignLayer(user);
  }

  /** The application wants to hear so many at once, and some of them always. */
  hear(hearing: Hearing): void {
    this.unasked.hearing = hearing;
    this.alignHearing();
  }

  /** The application wants nobody's picture, of those who are here. */
  refusePictures(): void {
    for (const user of this.roster.users) for (const stream of pictures) this.refuse(user, stream);
  }

  /** No picture of anybody for a while, whatever else is wanted. */
  haltPictures(): void {
    this.halted = true;
    this.sync();
  }

  /** What is wanted comes again. */
  resumePictures(): void {
    this.halted = false;
    this.sync();
  }

  /** Tells the server what it does not know yet. Call it after any change of the roster. */
  sync(): void {
    for (const user of this.roster.users) {
      for (const stream of streams) this.align(user, stream);
      this.alignLayer(user);
    }
    this.alignHearing();
  }

  /** A slot carries a stream now, and so no other does. */
  bind({ mid, userId: user, stream }: Binding): void {
    this.unbind(mid);
    this.ended(user, stream);
    const receiver = this.transport.lines?.receiver(mid);
    if (!receiver) return;
    this.slots.set(mid, { user, stream, since: Date.now() });
    this.stage.attach(user, stream, receiver);
  }

  /** A slot carries nothing now. */
  unbind(mid: string): void {
    const slot = this.slots.get(mid);
    this.slots.delete(mid);
    if (slot) this.stage.detach(slot.user, slot.stream);
  }

  /** A stream ended, and its slot with it. */
  ended(user: string, stream: Stream): void {
    for (const [mid, slot] of [...this.slots]) {
      if (slot.user === user && slot.stream === stream) this.unbind(mid);
    }
  }

  /** Somebody left, and all of it goes. */
  forget(user: string): void {
    for (const stream of streams) {
      this.ended(user, stream);
      this.chosen.delete(key(user, stream));
      this.told.delete(key(user, stream));
    }
    this.toldLayers.delete(user);
    this.stage.forget(user);
  }

  /** Whose stream a slot carries now. */
  slotOf(mid: string): Slot | undefined {
    return this.slots.get(mid);
  }

  /** The receivers of the sounds that arrive now, and since when each has been of that user. */
  sounds(): Array<[user: string, receiver: RTCRtpReceiver, since: number]> {
    return [...this.slots].flatMap(([mid, { user, stream, since }]) => {
      const receiver = stream === Stream.AUDIO ? this.transport.lines?.receiver(mid) : undefined;
      return receiver ? [[user, receiver, since] as [string, RTCRtpReceiver, number]] : [];
    });
  }

  private choose(user: string, stream: Stream, wanted: boolean): void {
    this.chosen.set(key(user, stream), wanted);
    this.align(user, stream);
  }

  // The server keeps a wish for a stream that is not there yet, but none for a person who is not.
  private align(user: string, stream: Stream): void {
    const wanted = this.wanted(user, stream);
    const told = this.told.get(key(user, stream)) ?? this.arrivesUnasked(stream);
    if (this.roster.has(user) && told !== wanted) this.tell(user, stream, wanted);
  }

  private tell(user: string, stream: Stream, wanted: boolean): void {
    this.told.set(key(user, stream), wanted);
    this.transport.say({ case: wanted ? 'subscribe' : 'unsubscribe', value: { userId: user, stream } });
  }

  // The server forgets a wish with its user, and gives the best to whom it was told nothing.
  private alignLayer(user: string): void {
    const told = this.toldLayers.get(user) ?? Quality.HIGH;
    if (this.roster.has(user) && told !== this.layerOf(user)) this.tellLayer(user);
  }

  private tellLayer(user: string): void {
    const quality = this.layerOf(user);
    this.toldLayers.set(user, quality);
    this.transport.say({ case: 'prefer', value: { userId: user, stream: Stream.BIG, quality } });
  }

  private alignHearing(): void {
    if (!sameHearing(this.toldHearing, this.unasked.hearing)) this.tellHearing();
  }

  private tellHearing(): void {
    this.toldHearing = this.unasked.hearing;
    this.transport.say({ case: 'hearAtMost', value: { ...this.toldHearing } });
  }

  private layerOf(user: string): Quality {
    return this.layers.get(user) ?? this.unasked.quality;
  }

  private wanted(user: string, stream: Stream): boolean {
    if (this.halted && stream !== Stream.AUDIO) return false;
    return this.chosen.get(key(user, stream)) ?? this.arrivesUnasked(stream);
  }

  private arrivesUnasked(stream: Stream): boolean {
    if (stream === Stream.SUB) return false;
    return stream === Stream.AUDIO ? this.unasked.audio : this.unasked.video;
  }
}

function key(user: string, stream: Stream): string {
  return `${stream} ${user}`;
}
