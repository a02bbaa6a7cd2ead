// VP8 and VP9, which have no place for an application's data: a trailer behind the picture.
//
// A decoder of VP8 that meets it takes it for the unread end of the last partition (RFC 6386 §9.5). One of VP9 would
// take it for a second picture; so there a superframe index follows (VP9 bitstream specification, Annex B) that names
// one picture, of the length without the trailer.

// "xSEI": its last byte is no marker of a superframe.
const magic = [0x78, 0x53, 0x45, 0x49] as const;
const foot = 2 + magic.length;

/** Where a picture ends, and its trailer's body. */
export interface Tail {
  readonly end: number;
  readonly body: Uint8Array;
}

/** What is put behind a VP8 picture. */
export function trailer(body: Uint8Array): Uint8Array {
  return Uint8Array.from([...body, body.length >> 8, body.length & 255, ...magic]);
}

/** What is put behind a VP9 picture of this many bytes. */
export function trailerVP9(body: Uint8Array, length: number): Uint8Array {
  const marker = 0b110_11_000;
  const size = [length & 255, (length >> 8) & 255, (length >> 16) & 255, (length >>> 24) & 255];
  return Uint8Array.from([...trailer(body), marker, ...size, marker]);
}

/** Whether a VP9 picture has a superframe index of its own: then it has no room for another. */
export function isSuperframe(bytes: Uint8Array): boolean {
  return indexLength(bytes) > 0;
}

/** The trailer of a picture; undefined when there is none, or it is cut off. */
export function tailOf(bytes: Uint8Array): Tail | undefined {
  const to = bytes.length - indexLength(bytes);
  const at = to - foot;
  if (at < 0 || !magic.every((byte, i) => bytes[to - magic.length + i] === byte)) return undefined;
  const end = at - (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  return end < 0 ? undefined : { end, body: bytes.subarray(end, at) };
}

function indexLength(bytes: Uint8Array): number {
  const marker = bytes[bytes.length - 1] ?? 0;
  if (marker >> 5 !== 0b110) return 0;
  const length = 2 + (((marker >> 3) & 3) + 1) * ((marker & 7) + 1);
  return bytes[bytes.length - length] === marker ? length : 0;
}
