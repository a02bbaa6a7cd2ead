// What a person may type as room and name, and what the server makes of it.

/** A room's address. Number 7 and text "7" are different rooms (TRTC, TRTCParams.roomId and strRoomId). */
export type Room = { kind: 'number'; id: number } | { kind: 'text'; id: string };

/** The largest room number (TRTC, TRTCParams.roomId). */
export const ROOM_NUMBER_MAX = 4294967294;
/** The longest text room, in bytes (TRTC, TRTCParams.strRoomId). */
export const ROOM_TEXT_MAX = 64;
/** The longest user name, in UTF-8 bytes (TRTC recommends it for TRTCParams.userId). */
export const USER_MAX = 32;

const ROOM_TEXT = /^[a-zA-Z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,]*$/;

/** Either a value, or the sentence that tells the person what is wrong. */
export type Checked<T> = { ok: true; value: T } | { ok: false; problem: string };

/** readRoom takes plain digits in range for a number, and all else for text. */
export function readRoom(typed: string): Checked<Room> {
  const text = typed.trim();
  if (text === '') return { ok: false, problem: 'Which room? Type its name or its number.' };
  const number = Number(text);
  if (/^[1-9][0-9]{0,9}$/.test(text) && number <= ROOM_NUMBER_MAX) {
    return { ok: true, value: { kind: 'number', id: number } };
  }
  const strange = [...text].find((c) => !ROOM_TEXT.test(c));
  if (strange !== undefined) {
    return { ok: false, problem: `A room name cannot hold “${strange}”. Use Latin letters, digits and common signs.` };
  }
  if (text.length > ROOM_TEXT_MAX) {
    return { ok: false, problem: `A room name has at most ${ROOM_TEXT_MAX} characters; this one has ${text.length}.` };
  }
  return { ok: true, value: { kind: 'text', id: text } };
}

/** readUser takes any name that is not empty and not too long. */
export function readUser(typed: string): Checked<string> {
  const name = typed.trim();
  if (name === '') return { ok: false, problem: 'What is your name? The others will see it.' };
  if (new TextEncoder().encode(name).length > USER_MAX) {
    return { ok: false, problem: `That name is too long. At most ${USER_MAX} letters fit, fewer in other scripts.` };
  }
  return { ok: true, value: name };
}

/** roomKind says discreetly which kind of room the typed text means; '' while it means none. */
export function roomKind(typed: string): string {
  const room = readRoom(typed);
  if (!room.ok) return '';
  return room.value.kind === 'number' ? `Room number ${room.value.id}` : `Room named “${room.value.id}”`;
}

/** initials are the one or two letters on a face without a picture. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter(Boolean);
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** TINTS is how many tile colours the style sheet has. */
export const TINTS = 8;

/** tint gives a name always the same one of the tile colours. */
export function tint(name: string): number {
  let hash = 7;
  for (const c of name) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return hash % TINTS;
}
