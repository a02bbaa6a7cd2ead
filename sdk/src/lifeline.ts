import { create, toBinary } from '@bufbuild/protobuf';
import type { Resumption } from './params';
import type { Saying } from './signal';
import { ClientFrameSchema } from './wire/exeunt/v1/signal_pb';

/** What Electron's main process needs to leave for a window that cannot any more; see electron/index.js (E9). */
export interface Lifeline {
  address: string;
  /** Names the stay between the two processes. */
  session: string;
  /** The frames to say, in order. Null when the stay is over, and there is nothing to leave. */
  frames: Uint8Array[] | null;
}

const channel = 'exeunt-stay';

/** Gives the main process what it needs to end this stay. */
export function handLifeline(address: string, resumption: Resumption): void {
  const frames = [encode({ case: 'resume', value: resumption }), encode({ case: 'exit', value: {} })];
  send({ address, session: resumption.sessionId ?? '', frames });
}

/** Takes it back: the stay is over. */
export function cutLifeline(session: string): void {
  send({ address: '', session, frames: null });
}

function encode(frame: Saying): Uint8Array {
  return toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame }));
}

// A window with Node integration reaches the main process itself; for any other, its preload script provides a bridge:
// contextBridge.exposeInMainWorld('exeuntStay', (stay) => ipcRenderer.send('exeunt-stay', stay)).
function send(lifeline: Lifeline): void {
  const page = globalThis as {
    exeuntStay?: (lifeline: Lifeline) => void;
    process?: { type?: string };
    require?: (name: string) => { ipcRenderer?: { send(channel: string, lifeline: Lifeline): void } };
  };
  if (page.exeuntStay) page.exeuntStay(lifeline);
  else if (page.process?.type === 'renderer') page.require?.('electron').ipcRenderer?.send(channel, lifeline);
}
