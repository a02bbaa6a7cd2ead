// AV1: a metadata OBU of the kind that is left to users (AV1 §6.7.1: types 6 to 31), before the first frame header.
import { isBody } from './body';

const metadata = 5;
const userPrivate = 31;
const stopBit = 0x80;
const hasSize = 0x02;
const hasExtension = 0x04;
// Frame header, tile group, frame, redundant frame header (§6.2.2).
const picture = [3, 4, 6, 7];

interface Obu {
  type: number;
  start: number;
  from: number;
  to: number;
}

/** Where the first frame header begins; -1 when there is none, or the bytes are no OBUs. */
export function firstFrame(bytes: Uint8Array): number {
  for (let obu = obuAt(bytes, 0); obu; obu = obuAt(bytes, obu.to)) {
    if (picture.includes(obu.type)) return obu.start;
  }
  return -1;
}

/** A metadata OBU with a body in it. */
export function metadataObu(body: Uint8Array): Uint8Array {
  return Uint8Array.from([(metadata << 3) | hasSize, ...leb128(body.length + 2), userPrivate, ...body, stopBit]);
}

/** The bodies in a picture. */
export function metadataBodies(bytes: Uint8Array): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let obu = obuAt(bytes, 0); obu && !picture.includes(obu.type); obu = obuAt(bytes, obu.to)) {
    if (obu.type !== metadata || bytes[obu.from] !== userPrivate) continue;
    const end = bytes.lastIndexOf(stopBit, obu.to - 1);
    const body = bytes.subarray(obu.from + 1, Math.max(obu.from + 1, end));
    if (isBody(body)) bodies.push(body);
  }
  return bodies;
}

function obuAt(bytes: Uint8Array, start: number): Obu | undefined {
  const header = bytes[start];
  // The first bit is always 0.
  if (header === undefined || header & 0x80) return undefined;
  const type = (header >> 3) & 15;
  let from = start + (header & hasExtension ? 2 : 1);
  // Only the last one may do without a size.
  if (!(header & hasSize)) return { type, start, from, to: bytes.length };
  let size = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[from++];
    if (byte === undefined) return undefined;
    size += (byte & 0x7f) << shift;
    if (byte < 0x80) return from + size <= bytes.length ? { type, start, from, to: from + size } : undefined;
  }
  return undefined;
}

function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >> 7)];
}
