import type { Connection } from './connection';
import type { Roster } from './roster';
import { streams } from './streams';
import { type SlotBound, Stream } from './wire/exeunt/v1/signal_pb';

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

/** What arrives unasked; setDefaultStreamRecvMode. */
export interface Unasked {
  audio: boolean;
  video: boolean;
}

/** What a receive line carries. */
export interface Slot {
  user: string;
  stream: Stream;
}

const pictures = [Stream.BIG, Stream.SUB] as const;

/** What this member wants of the others, what the server was told of it, and which slot carries what. */
export class Receiver {
  private connection: Connection | null = null;
  private readonly slots = new Map<string, Slot>();
  // The application's own choices; without one, what arrives unasked arrives.
  private readonly chosen = new Map<string, boolean>();
  private readonly told = new Map<string, boolean>();
  private halted = false;

  constructor(
    private readonly roster: Roster,
    private readonly unasked: Unasked,
    private readonly stage: Stage,
  ) {}

  /** Goes on over a new connection, to which nothing has been told and on which nothing is bound. */
  reconnect(connection: Connection): void {
    for (const mid of [...this.slots.keys()]) this.unbind(mid);
    this.told.clear();
    this.connection = connection;
  }

  /** The application wants a stream, whatever arrives unasked. */
  want(user: string, stream: Stream): void {
    this.choose(user, stream, true);
  }

  /** The application does not want a stream. */
  refuse(user: string, stream: Stream): void {
    this.choose(user, stream, false);
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
    }
  }

  /** A slot carries a stream now. */
  bind({ mid, userId: user, stream }: SlotBound): void {
    this.unbind(mid);
    const receiver = this.connection?.lines?.receiver(mid);
    if (!receiver) return;
    this.slots.set(mid, { user, stream });
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
    this.stage.forget(user);
  }

  /** Whose stream a slot carries now. */
  slotOf(mid: string): Slot | undefined {
    return this.slots.get(mid);
  }

  /** The receivers of the sounds that arrive now. */
  sounds(): Array<[user: string, receiver: RTCRtpReceiver]> {
    return [...this.slots].flatMap(([mid, { user, stream }]) => {
      const receiver = stream === Stream.AUDIO ? this.connection?.lines?.receiver(mid) : undefined;
      return receiver ? [[user, receiver] as [string, RTCRtpReceiver]] : [];
    });
  }

  private choose(user: string, stream: Stream, wanted: boolean): void {
    this.chosen.set(key(user, stream), wanted);
    this.align(user, stream);
  }

  // The server keeps a wish for a stream that is not there yet, but none for a person who is not.
  private align(user: string, stream: Stream): void {
    const id = key(user, stream);
    const unasked = this.arrivesUnasked(stream);
    const wanted = this.halted && stream !== Stream.AUDIO ? false : (this.chosen.get(id) ?? unasked);
    if (!this.connection || !this.roster.has(user) || (this.told.get(id) ?? unasked) === wanted) return;
    this.told.set(id, wanted);
    this.connection.say({ case: wanted ? 'subscribe' : 'unsubscribe', value: { userId: user, stream } });
  }

  private arrivesUnasked(stream: Stream): boolean {
    if (stream === Stream.SUB) return false;
    return stream === Stream.AUDIO ? this.unasked.audio : this.unasked.video;
  }
}

function key(user: string, stream: Stream): string {
  return `${stream} ${user}`;
}
