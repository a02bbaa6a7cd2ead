import { Deprecated } from './deprecated';
import { Messages } from './message';
import type { Session } from './session';

/** What one member says to the others: messages beside the media, and messages inside the picture. */
export abstract class Messenger extends Deprecated {
  /** @internal */
  protected session: Session | null = null;
  /** @internal Whether the application has shown that it uses messages inside the picture. */
  protected usesSei = false;
  /** @internal Whether it has shown that it uses messages; later it has them over the socket. */
  protected usesMessages = false;
  /** @internal */
  protected messages = new Messages();

  /** Sends a message to everybody else in the room; false when one of TRTC's limits, or no room, forbids it. */
  sendCustomCmdMsg(cmdId: number, msg: string, reliable: boolean, ordered: boolean): boolean {
    this.usesMessages = true;
    const data = this.session?.talks ? this.messages.admit(cmdId, msg, reliable, ordered) : undefined;
    if (!data) return false;
    return this.session?.post({ cmdId, data, reliable, ordered }) ?? false;
  }

  /**
   * Sends a message inside the next `repeatCount` pictures of one's own camera, 1 to 30; onRecvSEIMsg tells it to
   * whoever receives that picture, once. False when one of TRTC's limits forbids it, when no picture is sent, or where
   * the browser cannot do it, which the log says once. Throws a TypeError for anything but bytes.
   */
  sendSEIMsg(msg: ArrayBuffer | ArrayBufferView, repeatCount: number): boolean {
    const data = bytesOf(msg);
    this.useSei();
    if (!this.session?.shows || !this.messages.admitBytes(data)) return false;
    const repeat = Math.min(30, Math.max(1, Math.trunc(repeatCount) || 1));
    this.session.enclose(data, repeat);
    return true;
  }

  /** @internal */
  protected override heeded(event: string | symbol): void {
    if (event === 'onRecvSEIMsg') this.useSei();
    if (event === 'onRecvCustomCmdMsg') this.usesMessages = true;
  }

  private useSei(): void {
    this.usesSei = true;
    this.session?.useSei();
  }
}

// A copy: the caller may go on writing into its own, before the next picture comes.
function bytesOf(msg: ArrayBuffer | ArrayBufferView): Uint8Array {
  // Not by instanceof, which an ArrayBuffer of another window or of Node fails.
  if (ArrayBuffer.isView(msg)) return new Uint8Array(msg.buffer, msg.byteOffset, msg.byteLength).slice();
  if (Object.prototype.toString.call(msg) === '[object ArrayBuffer]') return new Uint8Array(msg).slice();
  throw new TypeError('sendSEIMsg: msg must be an ArrayBuffer or a view of one');
}
