import { exits } from './codes';
import { type ExitDetail, toDetail } from './detail';
import type { Presence } from './notices';
import {
  type Member,
  type MemberLeft,
  type MemberPresence,
  Stream,
  type StreamChanged,
} from './wire/exeunt/v1/signal_pb';

/** One event for the application: its TRTC name and its arguments. */
export type Happening = [event: string, ...args: unknown[]];

// The order in which a leaver's streams go: picture, screen, sound, then the person.
const availability: ReadonlyArray<[Stream, string]> = [
  [Stream.BIG, 'onUserVideoAvailable'],
  [Stream.SUB, 'onUserSubStreamAvailable'],
  [Stream.AUDIO, 'onUserAudioAvailable'],
];

/** What one member publishes, and whether it is muted. */
type Streams = Map<Stream, 'live' | 'muted'>;

/**
 * Who is in the room, as this side knows it, and what the application must be told when that changes.
 * A person leaves it by an explicit word only: by `left`, or by being absent from a whole list (B5, B6).
 */
export class Roster {
  private readonly members = new Map<string, Streams>();
  private readonly shaky = new Set<string>();

  /** Everybody's id, in the order in which they entered. */
  get users(): string[] {
    return [...this.members.keys()];
  }

  /** Whether the user is in the room, as far as this side may know. */
  has(user: string): boolean {
    return this.members.has(user);
  }

  /** Those of whom there is no sign of life just now. */
  get unstable(): string[] {
    return [...this.shaky];
  }

  /** Somebody came. */
  entered(user: string): Happening[] {
    if (this.members.has(user)) return [];
    this.members.set(user, new Map());
    return [
      ['onRemoteUserEnterRoom', user],
      ['onUserEnter', user],
    ];
  }

  /** Somebody went, with all their streams. */
  left({ userId, reason, detail }: MemberLeft): Happening[] {
    return this.remove(userId, reason, toDetail(detail));
  }

  /** A stream came, went, or was muted. Streams of strangers are no news: they follow the person. */
  changed({ userId, stream, published, muted }: StreamChanged): Happening[] {
    const streams = this.members.get(userId);
    if (!streams) return [];
    const before = heard(streams, stream);
    if (published) streams.set(stream, muted ? 'muted' : 'live');
    else streams.delete(stream);
    return tell(userId, stream, before, heard(streams, stream));
  }

  /** Somebody became unstable, or is back. */
  presence({ userId, unstable, cause, goneInMs }: MemberPresence): Happening[] {
    if (!this.members.has(userId)) return [];
    if (unstable) this.shaky.add(userId);
    else this.shaky.delete(userId);
    const presence: Presence = { unstable, cause, goneInMs };
    return [['onRemoteUserPresence', userId, presence]];
  }

  /**
   * Takes a whole list: everybody who is in the room now. After a lost connection the difference is told as if it had
   * happened now, because for this side it does (B1).
   */
  replace(members: Member[]): Happening[] {
    const present = new Set(members.map((member) => member.userId));
    const happenings: Happening[] = [];
    for (const user of this.users) {
      if (!present.has(user)) happenings.push(...this.remove(user, exits.left.peer, leftMeanwhile(user)));
    }
    // A newcomer hears of the people first, then of what they show.
    for (const { userId } of members) happenings.push(...this.entered(userId));
    for (const { userId, streams } of members) happenings.push(...this.align(userId, streams));
    for (const { userId, unstable } of members) {
      if (unstable === this.shaky.has(userId)) continue;
      happenings.push(...this.presence({ userId, unstable, cause: '', goneInMs: 0 } as MemberPresence));
    }
    return happenings;
  }

  private align(user: string, streams: Member['streams']): Happening[] {
    return availability.flatMap(([stream]) => {
      const state = streams.find((each) => each.stream === stream);
      const change = { userId: user, stream, published: state !== undefined, muted: state?.muted ?? false };
      return this.changed(change as StreamChanged);
    });
  }

  private remove(user: string, reason: number, detail: ExitDetail): Happening[] {
    const streams = this.members.get(user);
    if (!streams) return [];
    this.members.delete(user);
    this.shaky.delete(user);
    return [
      ...availability.flatMap(([stream]) => tell(user, stream, heard(streams, stream), 0)),
      ['onRemoteUserLeaveRoom', user, reason, detail],
      ['onUserExit', user, reason],
    ];
  }
}

function heard(streams: Streams, stream: Stream): 0 | 1 {
  return streams.get(stream) === 'live' ? 1 : 0;
}

function tell(user: string, stream: Stream, before: 0 | 1, now: 0 | 1): Happening[] {
  const [, event] = availability.find(([each]) => each === stream) ?? [];
  return event && before !== now ? [[event, user, now]] : [];
}

function leftMeanwhile(user: string): ExitDetail {
  return { ...toDetail(undefined), code: 'left', actor: user, text: 'Left while this side was reconnecting.' };
}
