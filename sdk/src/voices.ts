import type { TRTCAudioParallelParams } from './define';
import { log } from './log';

/** How many voices are heard at once, 0 for the usual number, and who of them whatever others say. */
export interface Hearing {
  voices: number;
  always: string[];
}

/** What a server does that is told nothing. */
export const usualHearing: Hearing = { voices: 0, always: [] };

// The server's usual number, and the most that it takes.
const usualVoices = 8;
const mostVoices = 50;

/**
 * What setRemoteAudioParallelParams asks for. Zero voices are the usual number. As TRTC documents, the users count only
 * if they are fewer than the voices.
 */
export function hearingOf(params: Partial<TRTCAudioParallelParams> | null | undefined): Hearing {
  const voices = Math.min(mostVoices, Math.max(0, Math.floor(Number(params?.maxCount) || 0)));
  const always = [...new Set(Array.isArray(params?.includeUsers) ? params.includeUsers.map(String) : [])];
  if (always.length < (voices || usualVoices)) return { voices, always };
  log.warn(`setRemoteAudioParallelParams: includeUsers has ${always.length}; it must have less than maxCount`);
  return { voices, always: [] };
}

/** Whether two ask for the same. */
export function sameHearing(a: Hearing, b: Hearing): boolean {
  return a.voices === b.voices && a.always.join('\n') === b.always.join('\n');
}
