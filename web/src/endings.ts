// Every way in which a call ends, in words: for the one who left, and for the others.
// The codes are those of server/exit; test/words.test.mjs holds this file against that table.

import type { ExitDetail } from 'trtc-electron-sdk';

/** How an ending feels: calm was wanted, firm was somebody's decision, trouble was nobody's wish. */
export type Tone = 'calm' | 'firm' | 'trouble';

/** What the page shows when a call is over. */
export interface Ending {
  code: string;
  line: string;
  hint: string;
  tone: Tone;
  /** The label of the button that enters again. */
  again: string;
  /** Milliseconds until entering again makes sense. */
  waitMS: number;
  detail: Partial<ExitDetail>;
}

interface Words {
  line: string;
  hint: string;
  tone: Tone;
  again?: string;
  /** The table's own sentence: as the actor's text it says nothing new. */
  own: string;
}

const WORDS: Record<string, Words> = {
  left: { line: 'You left the room', hint: 'See you soon.', tone: 'calm', own: 'You left the room.' },
  removed: {
    line: 'You were removed by {who}',
    hint: 'You may enter again.',
    tone: 'firm',
    own: 'You were removed from the room.',
  },
  banned: {
    line: 'You were removed by {who}',
    hint: 'You may come back {when}.',
    tone: 'firm',
    own: 'You were removed from the room and may not come back yet.',
  },
  dismissed: {
    line: 'The room was closed',
    hint: 'Entering again opens a new room of the same name.',
    tone: 'firm',
    own: 'The room was closed.',
  },
  replaced: {
    line: 'You entered this room from another place',
    hint: 'The call goes on there.',
    tone: 'firm',
    again: 'Continue here instead',
    own: 'You entered this room from another place.',
  },
  timed_out: {
    line: 'The connection was lost for too long',
    hint: 'Check the network, then enter again.',
    tone: 'trouble',
    own: 'The connection was lost for too long.',
  },
  too_slow: {
    line: 'The connection was too slow for this room',
    hint: 'Another network, or fewer pictures, may help.',
    tone: 'trouble',
    own: 'The connection was too slow to keep up with the room.',
  },
  drained: {
    line: 'The server is stopping',
    hint: 'It may be back in a moment.',
    tone: 'trouble',
    own: 'The server is stopping.',
  },
  node_lost: {
    line: 'The server that kept the room was lost',
    hint: 'Enter again: another one takes over.',
    tone: 'trouble',
    own: 'The server that kept the room was lost.',
  },
  credential_expired: {
    line: 'The time allowed for this stay is over',
    hint: 'Whoever invited you can give you more time.',
    tone: 'firm',
    own: 'The time allowed for this stay is over.',
  },
  protocol_error: {
    line: 'This page and the server did not understand each other',
    hint: 'Reload the page, then enter again.',
    tone: 'trouble',
    own: 'The app sent something that the server does not understand.',
  },
  closed_by_policy: {
    line: 'The room was closed by one of its rules',
    hint: 'It may have reached the age that was set for it.',
    tone: 'firm',
    own: 'The room was closed by one of its rules.',
  },
};

/** CODES lists every code that this page has words for. */
export const CODES: readonly string[] = Object.keys(WORDS);

/** Words for a server that gives no detail, by onExitRoom's number. */
const BY_NUMBER: Record<number, string> = { 0: 'left', 1: 'removed', 2: 'dismissed', 3: 'timed_out' };
/** The SDK's own code, no row of the table: the connection came back, and the server did not let the user in again. */
const REFUSED: Words = {
  line: 'The connection was lost, and the room could not be entered again',
  hint: 'A new credential may help.',
  tone: 'trouble',
  own: '',
};
const UNKNOWN: Words = { line: 'The call ended', hint: 'You may enter again.', tone: 'trouble', own: '' };

/** describeEnding turns onExitRoom's arguments into what a person reads. */
export function describeEnding(reason: number, detail: Partial<ExitDetail> = {}): Ending {
  const code = detail.code || BY_NUMBER[reason] || 'unknown';
  const words = wordsFor(code, reason);
  const said = actorsText(words, detail);
  const line = words.line.replace('{who}', actorName(detail.actor));
  const waitMS = Math.max(0, Number(detail.rejoinAfter ?? 0));
  return {
    code,
    line: said ? `${line}: ${said}` : line,
    hint: words.hint.replace('{when}', waitMS > 0 ? `in ${duration(waitMS)}` : 'later'),
    tone: words.tone,
    again: words.again ?? 'Enter again',
    waitMS,
    detail,
  };
}

function wordsFor(code: string, reason: number): Words {
  if (code === 'refused') return REFUSED;
  return WORDS[code] ?? WORDS[BY_NUMBER[reason] ?? ''] ?? UNKNOWN;
}

/** describeLeaving tells the others, in one line, who is gone and why. */
export function describeLeaving(user: string, reason: number, detail: Partial<ExitDetail> = {}): string {
  if (reason === 3) return `${user} is in the audience now`;
  const code = detail.code ?? '';
  const said = actorsText(WORDS[code], detail);
  const because = said ? `: ${said}` : '';
  switch (code) {
    case 'removed':
    case 'banned':
      return `${user} was removed by ${actorName(detail.actor)}${because}`;
    case 'replaced':
      return `${user} changed places`;
    case 'timed_out':
    case 'node_lost':
      return `${user} lost the connection`;
    case 'too_slow':
      return `${user} had too slow a connection`;
    case 'drained':
      return `${user} left: their server is stopping`;
    case 'credential_expired':
      return `${user} left: the time allowed was over`;
    case 'protocol_error':
      return `${user} left because of an error in the app`;
    case 'dismissed':
    case 'closed_by_policy':
      return `${user} left: the room was closed`;
  }
  if (reason === 1) return `${user} lost the connection`;
  return reason === 2 ? `${user} was removed by ${actorName(detail.actor)}${because}` : `${user} left`;
}

/** duration says milliseconds as a person would: "5 minutes". */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return plural(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return plural(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours < 36 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
}

function plural(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}

/** A back end's key is no name that a person knows: it speaks for whoever hosts the room. */
function actorName(actor: string | undefined): string {
  if (!actor || actor.startsWith('api:')) return 'the host';
  return actor === 'server' ? 'the server' : actor;
}

function actorsText(words: Words | undefined, detail: Partial<ExitDetail>): string {
  const text = (detail.text ?? '').trim();
  return text === words?.own ? '' : text.replace(/\.$/, '');
}
