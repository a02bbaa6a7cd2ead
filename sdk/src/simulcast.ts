import type { SendLimits } from './media';

/**
 * The simulcast layers of a camera, in the order of the offer: their a=rid. Chromium leaves out the last ones where the
 * picture is small, and all but the first without simulcast, so the one that is missed least stands last.
 */
export const rids = ['h', 'l', 'm'] as const;

// How much smaller than the best each layer is.
const steps = { middle: 2, low: 4 };

/** What the camera's line is made with. Nobody takes the lower layers before somebody asks for them. */
export function layeredEncodings(): RTCRtpEncodingParameters[] {
  const [h, l, m] = rids;
  return [
    { rid: h, scaleResolutionDownBy: 1 },
    { rid: l, scaleResolutionDownBy: steps.low, active: false },
    { rid: m, scaleResolutionDownBy: steps.middle, active: false },
  ];
}

/** The limits of each layer, in their order. `small` is what enableSmallVideoStream wants of the smallest one. */
export function layerLimits(big: SendLimits, small?: SendLimits): SendLimits[] {
  const low = small ? { ...small, scaleDownBy: Math.max(small.scaleDownBy, big.scaleDownBy) } : smaller(big, steps.low);
  // Between the two, also where the small picture is not so small.
  const middle = smaller(big, Math.min(steps.middle, Math.sqrt(low.scaleDownBy / big.scaleDownBy)));
  return [big, low, middle];
}

// A picture of a quarter of the pixels needs more than a quarter of the bits: about the power of three quarters.
function smaller({ bitrate, frameRate, scaleDownBy }: SendLimits, by: number): SendLimits {
  return { bitrate: Math.round(bitrate / by ** 1.5), frameRate, scaleDownBy: scaleDownBy * by };
}

/** Which encodings of a line are to be made, when anybody takes these layers. A line of one encoding has no layers. */
export function activate(encodings: RTCRtpEncodingParameters[], taken: readonly string[] | undefined): void {
  if (encodings.length < 2 || !taken) return;
  const isTaken = ({ rid }: RTCRtpEncodingParameters) => taken.includes(rid ?? '');
  // Whatever is meant by layers that are not ours, it is no reason to send nothing.
  if (taken.length > 0 && !encodings.some(isTaken)) return;
  for (const encoding of encodings) encoding.active = isTaken(encoding);
}

// Layers of VP9 are sent as one scalable stream, or not at all, depending on the browser.
const layered = ['VP8', 'H264', 'AV1'];

/**
 * The offer as the server shall see it: without simulcast on lines whose first codec is none that has it here. The
 * answer then has none either, and the browser sends the first layer only (RFC 8829 §5.11).
 */
export function offerable(sdp: string): string {
  return sdp
    .split(/^(?=m=)/m)
    .map((line) => (layered.includes(firstCodec(line)) ? line : line.replace(/^a=(?:simulcast|rid):.*\r?\n/gm, '')))
    .join('');
}

function firstCodec(line: string): string {
  const [, first] = /^m=video \S+ \S+ (\d+)/.exec(line) ?? [];
  const [, name = ''] = new RegExp(`^a=rtpmap:${first} ([^/]+)/`, 'm').exec(line) ?? [];
  return name.toUpperCase();
}
