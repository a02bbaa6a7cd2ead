// The call as the page shows it: one value, changed only by reduce. No SDK, no DOM, no clock in here.
import type { Ending } from './endings';
import type { Device, Trouble } from './refusals';
import type { Room } from './rooms';

export interface Member {
  user: string;
  audio: boolean;
  video: boolean;
  share: boolean;
}

/** The own devices. off: not opened; muted: open, and silent for the others. */
export interface Self {
  mic: 'off' | 'on' | 'muted';
  camera: 'off' | 'on';
  share: 'off' | 'starting' | 'on';
  troubles: Partial<Record<Device, string>>;
}

export interface Notice {
  id: number;
  kind: 'came' | 'gone' | 'trouble' | 'fact';
  line: string;
  /** Who came, so that several arrivals become one line. */
  users: string[];
  at: number;
}

export interface Call {
  phase: 'idle' | 'entering' | 'inside' | 'leaving' | 'ended';
  room: Room;
  user: string;
  /** listener: an audience member of a live room, who publishes nothing. */
  part: 'speaker' | 'listener';
  enteredAt: number;
  endedAt: number;
  members: Member[];
  self: Self;
  /** When somebody was last heard, by user; the own one under ''. */
  spokeAt: Record<string, number>;
  speaking: string[];
  connection: 'good' | 'lost' | 'retrying' | 'back';
  notices: Notice[];
  lastNotice: number;
  refusal: string;
  ending?: Ending;
}

export type Change =
  | { type: 'entering'; room: Room; user: string; part: Call['part']; at: number }
  | { type: 'entered'; at: number }
  | { type: 'refused'; line: string }
  | { type: 'leaving' }
  | { type: 'ended'; ending: Ending; at: number }
  | { type: 'again' }
  | { type: 'came'; user: string; at: number }
  | { type: 'gone'; user: string; line: string; at: number }
  | { type: 'stream'; user: string; stream: 'audio' | 'video' | 'share'; on: boolean }
  | { type: 'voices'; levels: Record<string, number>; at: number }
  | { type: 'self'; self: Partial<Self> }
  | { type: 'trouble'; trouble: Trouble; at: number }
  | { type: 'connection'; connection: Call['connection'] }
  | { type: 'notice'; kind: Notice['kind']; line: string; at: number }
  | { type: 'read'; id: number };

/** Members who were there before are told of at once after the entry; they are no news (milliseconds). */
export const SETTLE_MS = 900;
/** Arrivals this close together become one line (milliseconds). */
const TOGETHER_MS = 2500;
/** From this level on (0–100, TRTC onUserVoiceVolume) it is a voice. */
const VOICE_MIN = 10;
/** A pause for breath does not put out the ring (milliseconds). */
const VOICE_HOLD_MS = 700;
/** More lines than this at once are noise; the oldest goes. */
const NOTICES_MAX = 4;

const QUIET: Self = { mic: 'off', camera: 'off', share: 'off', troubles: {} };

/** NOWHERE is the state before the first call. */
export const NOWHERE: Call = {
  phase: 'idle',
  room: { kind: 'text', id: '' },
  user: '',
  part: 'speaker',
  enteredAt: 0,
  endedAt: 0,
  members: [],
  self: QUIET,
  spokeAt: {},
  speaking: [],
  connection: 'good',
  notices: [],
  lastNotice: 0,
  refusal: '',
};

/** reduce gives the state after a change; it never alters the one before. */
export function reduce(call: Call, change: Change): Call {
  switch (change.type) {
    case 'entering':
      return {
        ...NOWHERE,
        phase: 'entering',
        room: change.room,
        user: change.user,
        part: change.part,
        enteredAt: change.at,
      };
    case 'entered':
      return { ...call, phase: 'inside', enteredAt: change.at };
    case 'refused':
      return { ...NOWHERE, room: call.room, user: call.user, part: call.part, refusal: change.line };
    case 'leaving':
      return { ...call, phase: 'leaving' };
    case 'ended':
      return {
        ...NOWHERE,
        phase: 'ended',
        room: call.room,
        user: call.user,
        part: call.part,
        enteredAt: call.enteredAt,
        endedAt: change.at,
        ending: change.ending,
      };
    case 'again':
      return { ...NOWHERE, room: call.room, user: call.user, part: call.part };
    case 'self':
      return { ...call, self: { ...call.self, ...change.self } };
    case 'connection':
      return { ...call, connection: change.connection };
    default:
      return inside(call, change);
  }
}

type InsideChange = Exclude<
  Change,
  { type: 'entering' | 'entered' | 'refused' | 'leaving' | 'ended' | 'again' | 'self' | 'connection' }
>;

function inside(call: Call, change: InsideChange): Call {
  switch (change.type) {
    case 'came':
      return came(call, change.user, change.at);
    case 'gone':
      return gone(call, change.user, change.line, change.at);
    case 'stream':
      return withStream(call, change.user, change.stream, change.on);
    case 'voices':
      return voices(call, change.levels, change.at);
    case 'trouble':
      return trouble(call, change.trouble, change.at);
    case 'notice':
      return note(call, change.kind, change.line, [], change.at);
    case 'read':
      return { ...call, notices: call.notices.filter((n) => n.id !== change.id) };
  }
}

function came(call: Call, user: string, at: number): Call {
  if (call.members.some((m) => m.user === user)) return call;
  const grown = { ...call, members: [...call.members, { user, audio: false, video: false, share: false }] };
  if (call.phase !== 'inside' || at - call.enteredAt < SETTLE_MS) return grown;
  const last = call.notices[call.notices.length - 1];
  if (last?.kind !== 'came' || at - last.at > TOGETHER_MS) return note(grown, 'came', `${user} entered`, [user], at);
  const users = [...last.users, user];
  const merged = { ...last, users, line: `${listed(users)} entered` };
  return { ...grown, notices: [...call.notices.slice(0, -1), merged] };
}

/** listed names up to two people and counts the rest. */
export function listed(users: string[]): string {
  const [first = '', second = ''] = users;
  if (users.length === 1) return first;
  if (users.length === 2) return `${first} and ${second}`;
  return `${first}, ${second} and ${users.length - 2} more`;
}

function gone(call: Call, user: string, line: string, at: number): Call {
  if (!call.members.some((m) => m.user === user)) return call;
  const { [user]: _, ...spokeAt } = call.spokeAt;
  const fewer = {
    ...call,
    spokeAt,
    members: call.members.filter((m) => m.user !== user),
    speaking: call.speaking.filter((name) => name !== user),
  };
  return note(fewer, 'gone', line, [user], at);
}

function withStream(call: Call, user: string, stream: 'audio' | 'video' | 'share', on: boolean): Call {
  return { ...call, members: call.members.map((m) => (m.user === user ? { ...m, [stream]: on } : m)) };
}

function voices(call: Call, levels: Record<string, number>, at: number): Call {
  const spokeAt = { ...call.spokeAt };
  for (const [user, level] of Object.entries(levels)) if (level >= VOICE_MIN) spokeAt[user] = at;
  const silent = new Set(call.members.filter((m) => !m.audio).map((m) => m.user));
  if (call.self.mic !== 'on') silent.add('');
  const speaking = Object.keys(spokeAt).filter((u) => !silent.has(u) && at - (spokeAt[u] ?? 0) < VOICE_HOLD_MS);
  if (speaking.join('\n') === call.speaking.join('\n')) return speaking.length === 0 ? call : { ...call, spokeAt };
  return { ...call, spokeAt, speaking };
}

function trouble(call: Call, found: Trouble, at: number): Call {
  const self = { ...call.self, troubles: { ...call.self.troubles, [found.device]: found.line } };
  if (found.device === 'microphone') self.mic = 'off';
  if (found.device === 'camera') self.camera = 'off';
  if (found.device === 'screen') self.share = 'off';
  if (call.self.troubles[found.device] === found.line && call.notices.some((n) => n.line === found.line)) {
    return { ...call, self };
  }
  return note({ ...call, self }, 'trouble', found.line, [], at);
}

function note(call: Call, kind: Notice['kind'], line: string, users: string[], at: number): Call {
  const id = call.lastNotice + 1;
  const notices = [...call.notices, { id, kind, line, users, at }].slice(-NOTICES_MAX);
  return { ...call, notices, lastNotice: id };
}
