import { layeredEncodings } from './simulcast';

/** The codecs whose streams can have layers of their own. */
export const scalableCodecs = ['VP9', 'AV1'] as const;
export type ScalableCodec = (typeof scalableCodecs)[number];

type Scalable = RTCRtpEncodingParameters & { scalabilityMode: string }; // TypeScript does not know it yet.

/** What the camera's line is made with, so that listeners can be sent less than all of it. */
export function scalableEncodings(codec: ScalableCodec): RTCRtpEncodingParameters[] {
  return encodings[codec]();
}

const encodings = {
  // One stream of three sizes, each half the one above, and three rates of frames. A size needs the ones below it for
  // key frames only, so whoever gets it is sent no other; it takes a key frame to go over to another.
  VP9: (): Scalable[] => [{ scalabilityMode: 'L3T3_KEY' }],
  // A stream for each size, as of older codecs, with three rates of frames. Sizes in one stream Chromium can only
  // receive with the descriptions of frames that end at our server (docs/decisions/0014-descriptors-end-here.md).
  AV1: (): Scalable[] => layeredEncodings().map((one) => ({ ...one, scalabilityMode: 'L1T3' })),
};

// As TypeScript knew it first: in its later words the declarations would not be understood by older compilers.
type Codec = RTCRtpCapabilities['codecs'][number];

/** The codecs of this browser with a wanted one before all others; undefined when it lacks that one. */
export function codecsFrom(wanted: ScalableCodec): Codec[] | undefined {
  const all = globalThis.RTCRtpReceiver?.getCapabilities?.('video')?.codecs ?? [];
  const isWanted = ({ mimeType }: Codec) => mimeType.toUpperCase() === `VIDEO/${wanted}`;
  return all.some(isWanted) ? [...all.filter(isWanted), ...all.filter((one) => !isWanted(one))] : undefined;
}
