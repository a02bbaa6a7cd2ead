/** What the microphone is encoded for. Between words nothing is sent of a voice (DTX), which would spoil music. */
export type Sound = 'voice' | 'music';

/**
 * Sends sound that repeats in each packet what the one before had (RED, RFC 2198), where the browser can: then a single
 * loss is not heard. Without it Opus repairs by itself, not as well.
 */
export function preferRedundancy(line: RTCRtpTransceiver): void {
  const known = globalThis.RTCRtpSender?.getCapabilities?.('audio')?.codecs ?? [];
  const isRed = ({ mimeType }: RTCRtpCodec) => mimeType.toLowerCase() === 'audio/red';
  if (!known.some(isRed) || !line.setCodecPreferences) return;
  try {
    line.setCodecPreferences([...known.filter(isRed), ...known.filter((codec) => !isRed(codec))]);
  } catch {
    // A browser that knows RED and does not let it be preferred sends without.
  }
}

/**
 * The offer with what the microphone's Opus is to be like. The server's answer repeats it, and what the other end says
 * is what a browser encodes by (RFC 7587 §6.1). The microphone's is the first line of sound.
 */
export function soundingOffer(sdp: string, sound: Sound): string {
  const lines = sdp.split(/^(?=m=)/m);
  const microphone = lines.findIndex((line) => line.startsWith('m=audio'));
  return lines.map((line, i) => (i === microphone ? tuned(line, sound) : line)).join('');
}

function tuned(line: string, sound: Sound): string {
  const [, opus] = /^a=rtpmap:(\d+) opus\//im.exec(line) ?? [];
  if (!opus) return line;
  return line.replace(new RegExp(`^(a=fmtp:${opus} )(.*?)(\r?)$`, 'm'), (_, name, before: string, end) => {
    const kept = before.split(';').filter((parameter) => !/^(usedtx|useinbandfec)=/.test(parameter.trim()));
    return `${name}${[...kept, 'useinbandfec=1', `usedtx=${sound === 'voice' ? 1 : 0}`].join(';')}${end}`;
  });
}
