// H.264: a supplemental enhancement information NAL unit (ITU-T H.264 §7.3.2.3) before the first slice of the picture.
import { isBody } from './body';

const sei = 6;
const userDataUnregistered = 5;
const stopBit = 0x80;

/** Where a NAL unit's start code stands, and its header. */
interface Unit {
  start: number;
  from: number;
}

/** Whether the bytes begin as NAL units in a byte stream do (Annex B). No picture of VP8, VP9 or AV1 begins so. */
export function isByteStream(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && (bytes[2] === 1 || (bytes[2] === 0 && bytes[3] === 1));
}

/** Where the first slice begins, with its start code; -1 when there is none. */
export function firstSlice(bytes: Uint8Array): number {
  for (let unit = unitAfter(bytes, 0); unit; unit = unitAfter(bytes, unit.from)) {
    if (isSlice(bytes, unit)) return unit.start;
  }
  return -1;
}

/** A NAL unit with a body in it, with its start code. */
export function seiUnit(body: Uint8Array): Uint8Array {
  const payload = [userDataUnregistered];
  let size = body.length;
  for (; size >= 255; size -= 255) payload.push(255);
  payload.push(size, ...body, stopBit);
  return Uint8Array.from([0, 0, 0, 1, sei, ...protect(payload)]);
}

/** The bodies in a picture. What is between is passed over, whatever it is. */
export function seiBodies(bytes: Uint8Array): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let unit = unitAfter(bytes, 0); unit && !isSlice(bytes, unit); unit = unitAfter(bytes, unit.from)) {
    if (((bytes[unit.from] ?? 0) & 0x1f) === sei) bodies.push(...userData(bare(bytes, unit)));
  }
  return bodies;
}

// A start code is 00 00 01; a zero before it belongs to it.
function unitAfter(bytes: Uint8Array, at: number): Unit | undefined {
  const code = startCode(bytes, at);
  if (code < 0 || code + 3 >= bytes.length) return undefined;
  return { start: code > 0 && bytes[code - 1] === 0 ? code - 1 : code, from: code + 3 };
}

function startCode(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(1, from + 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
  }
  return -1;
}

function isSlice(bytes: Uint8Array, { from }: Unit): boolean {
  const type = (bytes[from] ?? 0) & 0x1f;
  return type >= 1 && type <= 5;
}

// Emulation prevention (§7.4.1): within a NAL unit nothing looks like a start code.
function protect(bytes: number[]): number[] {
  const safe: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      safe.push(3);
      zeros = 0;
    }
    safe.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return safe;
}

// What is behind a NAL unit's header, without the emulation prevention.
function bare(bytes: Uint8Array, { from }: Unit): Uint8Array {
  const next = startCode(bytes, from);
  const to = next < 0 ? bytes.length : next;
  const plain: number[] = [];
  let zeros = 0;
  for (let at = from + 1; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    plain.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(plain);
}

// The messages of one unit: type and size, each in steps of 255, then the payload (§7.3.2.3.1).
function userData(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const number = () => {
    let sum = 0;
    for (; bytes[at] === 255; at++) sum += 255;
    return sum + (bytes[at++] ?? 0);
  };
  while (at + 2 < bytes.length) {
    const type = number();
    const size = number();
    const payload = bytes.subarray(at, at + size);
    if (type === userDataUnregistered && payload.length === size && isBody(payload)) found.push(payload);
    at += size;
  }
  return found;
}
