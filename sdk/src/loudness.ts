import { TRTCVolumeInfo } from './define';
import type { Fire } from './local';
import type { Session } from './session';

const shortestMs = 100;
// A browser keeps a level for ten seconds; one who pauses sends a packet every 400 ms.
const staleMs = 1000;

/** How loud everybody is: onUserVoiceVolume, at the pace of enableAudioVolumeEvaluation. */
export class Loudness {
  private intervalMs = 0;
  private stop = () => {};

  constructor(private readonly fire: Fire) {}

  /** Milliseconds between events, at least 100; 0 turns them off. It holds for this stay and the next ones. */
  pace(intervalMs: number, session: Session | null): void {
    this.intervalMs = intervalMs > 0 ? Math.max(shortestMs, intervalMs) : 0;
    this.watch(session);
  }

  /** Measures this stay, until it ends. */
  watch(session: Session | null): void {
    this.stop();
    this.stop = () => {};
    if (!session?.live || !this.intervalMs) return;
    this.stop = session.timers.every(this.intervalMs, () => void this.measure(session));
  }

  private async measure(session: Session): Promise<void> {
    const own = await ownLevel(session);
    if (!session.inside) return;
    const others = session.receiver
      .sounds()
      .map(([user, receiver, since]) => volumeOf(user, othersLevel(receiver, since)));
    const all = [volumeOf('', own), ...others];
    const total = others.reduce((loudest, { volume }) => Math.max(loudest, volume), 0);
    this.fire('onUserVoiceVolume', all, all.length, total);
  }
}

function volumeOf(user: string, level: number): TRTCVolumeInfo {
  // The square root, because speech uses only the lowest tenth of the linear range.
  const volume = Math.round(100 * Math.sqrt(Math.min(1, Math.max(0, level))));
  return new TRTCVolumeInfo(user, volume);
}

async function ownLevel(session: Session): Promise<number> {
  let level = 0;
  const report = await session.line?.lines?.stats().catch(() => undefined);
  report?.forEach((entry) => {
    if (entry.type === 'media-source' && entry.kind === 'audio') level = entry.audioLevel ?? 0;
  });
  return level;
}

// A slot is one source, whoever speaks: what was heard before it became this user's, or long ago, was another's word.
function othersLevel(receiver: RTCRtpReceiver, since: number): number {
  const source = receiver.getSynchronizationSources?.()[0];
  if (!source || source.timestamp < Math.max(since, Date.now() - staleMs)) return 0;
  return source.audioLevel ?? 0;
}
