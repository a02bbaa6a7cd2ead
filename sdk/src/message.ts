// TRTC's limits of sendCustomCmdMsg and sendSEIMsg together, for each second.
const mostMessages = 30;
const mostBytes = 8 * 1024;
const longestBytes = 1024;

/** The messages of one stay, held to TRTC's limits, so that what would be refused is not sent. */
export class Messages {
  private sent: Array<{ at: number; bytes: number }> = [];

  /** The bytes to send, or undefined when a rule forbids the message. */
  admit(cmdId: number, text: string, reliable: boolean, ordered: boolean): Uint8Array<ArrayBuffer> | undefined {
    if (!Number.isInteger(cmdId) || cmdId < 1 || cmdId > 10 || typeof text !== 'string') return undefined;
    // TRTC knows both or neither.
    if (Boolean(reliable) !== Boolean(ordered)) return undefined;
    const data = new TextEncoder().encode(text);
    return this.admitBytes(data) ? data : undefined;
  }

  /** Whether these bytes may be sent now; then they count. */
  admitBytes(data: Uint8Array): boolean {
    const now = Date.now();
    this.sent = this.sent.filter(({ at }) => now - at < 1000);
    const bytes = this.sent.reduce((sum, message) => sum + message.bytes, data.length);
    if (data.length > longestBytes || bytes > mostBytes || this.sent.length >= mostMessages) return false;
    this.sent.push({ at: now, bytes: data.length });
    return true;
  }
}
