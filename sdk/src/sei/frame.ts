import { type Body, isBody, packBody, unpackBody } from './body';
import { firstSlice, isByteStream, seiBodies, seiUnit } from './nal';
import { firstFrame, metadataBodies, metadataObu } from './obu';
import { isSuperframe, tailOf, trailer, trailerVP9 } from './tail';

/** An encoded picture without the messages that it carried, and these. */
export interface Opened {
  /** The very bytes that came, where the decoder passes over the messages by the rules of the codec. */
  readonly picture: Uint8Array;
  readonly bodies: Body[];
}

/** What a browser says of an encoded picture. */
export interface Metadata {
  mimeType?: string;
  payloadType?: number;
  synchronizationSource?: number;
  /** The layer in space, within one stream. */
  spatialIndex?: number;
  frameId?: number;
  /** The ids of the frames that this one needs. */
  dependencies?: number[];
}

/** Which of a camera's layers a picture is of: a number for each that a listener may get alone. */
export function layerOf({ synchronizationSource = 0, spatialIndex = 0 }: Metadata): number {
  return synchronizationSource * 8 + spatialIndex;
}

/**
 * Whether a picture comes to the decoder by itself. A key picture of VP9 comes as one of all sizes up to the one that a
 * listener gets, and what stood between two of them no decoder would pass over.
 */
export function standsAlone(codec: string, type: string | undefined, of: Metadata): boolean {
  if (codec.toUpperCase() !== 'VIDEO/VP9') return true;
  const { spatialIndex = 0, frameId = 0, dependencies = [] } = of;
  return type !== 'key' && !(spatialIndex > 0 && dependencies.includes(frameId - 1));
}

/** Puts messages into an encoded picture; undefined when this picture, or this codec, has no place for any. */
export function enclose(codec: string, picture: Uint8Array, body: Body): Uint8Array | undefined {
  const packed = packBody(body);
  switch (codec.toUpperCase()) {
    case 'VIDEO/H264':
      return insert(picture, firstSlice(picture), seiUnit(packed));
    case 'VIDEO/AV1':
      return insert(picture, firstFrame(picture), metadataObu(packed));
    case 'VIDEO/VP8':
      return insert(picture, picture.length, trailer(packed));
    case 'VIDEO/VP9':
      if (isSuperframe(picture)) return undefined;
      return insert(picture, picture.length, trailerVP9(packed, picture.length));
    default:
      return undefined;
  }
}

/**
 * Takes the messages out of an encoded picture of any codec; undefined when there are none. The codec need not be
 * known: nothing is a message without the sixteen bytes that name ours.
 */
export function open(picture: Uint8Array): Opened | undefined {
  const tail = tailOf(picture);
  if (tail && isBody(tail.body)) return opened(picture.subarray(0, tail.end), [tail.body]);
  const bodies = isByteStream(picture) ? seiBodies(picture) : metadataBodies(picture);
  return bodies.length > 0 ? opened(picture, bodies) : undefined;
}

function opened(picture: Uint8Array, bodies: Uint8Array[]): Opened {
  return { picture, bodies: bodies.flatMap((bytes) => unpackBody(bytes) ?? []) };
}

function insert(picture: Uint8Array, at: number, extra: Uint8Array): Uint8Array | undefined {
  if (at < 0) return undefined;
  const whole = new Uint8Array(picture.length + extra.length);
  whole.set(picture.subarray(0, at));
  whole.set(extra, at);
  whole.set(picture.subarray(at), at + extra.length);
  return whole;
}
