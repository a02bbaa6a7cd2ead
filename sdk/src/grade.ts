import { TRTCQuality } from './define';

// Round trip in milliseconds and loss in per cent up to which a network has each quality; see TRTCQuality.
const steps: ReadonlyArray<[rtt: number, loss: number, quality: TRTCQuality]> = [
  [100, 1, TRTCQuality.TRTCQuality_Excellent],
  [200, 3, TRTCQuality.TRTCQuality_Good],
  [350, 8, TRTCQuality.TRTCQuality_Poor],
  [600, 15, TRTCQuality.TRTCQuality_Bad],
];

/**
 * The quality of a network, by its round trip in milliseconds, 0 where it is not known, and by what it loses in per
 * cent, undefined where that is not known: the worst of all that is known counts.
 */
export function grade(rtt: number, ...losses: Array<number | undefined>): TRTCQuality {
  const known = losses.filter((loss) => loss !== undefined);
  if (rtt === 0 && known.length === 0) return TRTCQuality.TRTCQuality_Unknown;
  const loss = Math.max(0, ...known);
  const [, , quality] = steps.find(([mostRtt, mostLoss]) => rtt <= mostRtt && loss <= mostLoss) ?? [];
  return quality ?? TRTCQuality.TRTCQuality_Vbad;
}
