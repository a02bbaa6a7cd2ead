import { type ExitCode, exits } from './codes';
import type { ExitDetail as WireDetail } from './wire/exeunt/v1/signal_pb';

/** The second argument of onExitRoom and the third of onRemoteUserLeaveRoom: the record of one exit. */
export interface ExitDetail {
  /** A row of the exit table, such as `removed`; `refused` when a return to the room was refused. */
  code: string;
  /** Who decided: the user's own id, `api:` and a key's id, or `server`. */
  actor: string;
  /** What the person concerned should read. */
  text: string;
  /** Milliseconds for which the user may not come back; 0 for none. */
  rejoinAfter: number;
  /** The server's name for the stay; empty when it never began. */
  sessionId: string;
  /** Place of the exit in the room's order of events; 0 when the server did not decide it. */
  seq: number;
  /** The room's rule that ended the stay, such as `idle` or `host_gone`; empty when it was none. */
  rule: string;
}

/** Why a stay ends: the number for onExitRoom, and the record. */
export interface Why {
  reason: number;
  detail: ExitDetail;
}

/** Reads a record from the wire. @internal */
export function toDetail(wire: WireDetail | undefined): ExitDetail {
  return {
    code: wire?.code ?? '',
    actor: wire?.actor ?? '',
    text: wire?.text ?? '',
    rejoinAfter: Number(wire?.rejoinAfterMs ?? 0),
    sessionId: wire?.sessionId ?? '',
    seq: Number(wire?.seq ?? 0),
    rule: wire?.rule ?? '',
  };
}

/** The exit that this side decides by itself. */
export function because(code: ExitCode, actor: string, sessionId: string): Why {
  const { self, text } = exits[code];
  return { reason: self, detail: { ...toDetail(undefined), code, actor, text, sessionId } };
}

/** The row whose close code this is: a socket's last word when the frame with the reason was lost (B9). */
export function codeOfClose(close: number): ExitCode | undefined {
  return (Object.keys(exits) as ExitCode[]).find((code) => exits[code].close === close);
}
