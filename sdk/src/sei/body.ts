// What travels inside a frame, the same for every codec. docs/protocol.md has the table.

/** A message on its way: `id` tells a message that is sent several times from two that are alike. */
export interface Enclosed {
  readonly id: number;
  readonly data: Uint8Array;
}

/** What one frame carries: whose messages, and which. */
export interface Body {
  /** Made by `markOf` from the sender's user id. */
  readonly sender: number;
  readonly messages: Enclosed[];
}

/** The longest message, in bytes (TRTC). */
export const longestMessage = 1024;

// 5c1ac7fa-7ee5-4d61-9b4c-5d6af1fb3d9e: by this, tools name the unregistered user data of an H.264 SEI (Annex D.2.7).
const uuid = [0x5c, 0x1a, 0xc7, 0xfa, 0x7e, 0xe5, 0x4d, 0x61, 0x9b, 0x4c, 0x5d, 0x6a, 0xf1, 0xfb, 0x3d, 0x9e] as const;
const head = uuid.length + 4;
const messageHead = 6;

/** How many bytes a message takes in a frame. */
export function spaceOf(message: Enclosed): number {
  return messageHead + message.data.length;
}

/** The bytes of a body. */
export function packBody({ sender, messages }: Body): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + spaceOf(message), head));
  const view = new DataView(bytes.buffer);
  bytes.set(uuid);
  view.setUint32(uuid.length, sender);
  let at = head;
  for (const { id, data } of messages) {
    view.setUint32(at, id);
    view.setUint16(at + 4, data.length);
    bytes.set(data, at + messageHead);
    at += messageHead + data.length;
  }
  return bytes;
}

/** Whether bytes are a body at all. */
export function isBody(bytes: Uint8Array): boolean {
  return bytes.length >= head && uuid.every((byte, i) => bytes[i] === byte);
}

/** Reads a body; undefined when the bytes are none. Of one that is cut off, the whole messages are read. */
export function unpackBody(bytes: Uint8Array): Body | undefined {
  if (!isBody(bytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: Enclosed[] = [];
  for (let at = head; at + messageHead <= bytes.length; ) {
    const length = view.getUint16(at + 4);
    const from = at + messageHead;
    if (length > longestMessage || from + length > bytes.length) break;
    messages.push({ id: view.getUint32(at), data: bytes.slice(from, from + length) });
    at = from + length;
  }
  return { sender: view.getUint32(uuid.length), messages };
}

/** A short mark of a user id (FNV-1a), so that a message is never taken for one of whoever has the slot next. */
export function markOf(user: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(user)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
