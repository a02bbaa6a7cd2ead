// TRTC error codes as sentences for a person: entries that were refused, devices that would not open.

/** Entries refused, by the code of onEnterRoom(<0). Sentences with {message} quote the server. */
const ENTRY: Record<number, string> = {
  [-8]: 'The connection to the server broke. Try again.',
  [-3301]: 'The room could not be entered. {message}',
  [-3304]: 'The server cannot be reached. Check the network, then try again.',
  [-3308]: 'The server did not answer in time. Try again.',
  [-3317]: 'This server does not know the app that the page belongs to.',
  [-3318]: 'That is no room that can be entered. Try another name.',
  [-3319]: 'The server does not accept that name. Try another one.',
  [-3320]: 'The credential for this room is not valid. Ask for a new one.',
  [-3340]: 'You are in this room already.',
  [-70001]: 'The credential for this room has expired. Ask for a new one.',
  [-70051]: 'You may not enter this room for now.',
  [-100006]: 'This room needs a permission that you do not have.',
  [-100010]: 'The server does not accept that room. Try another name.',
  [-100011]: 'This room is of another kind: a call cannot be joined as a broadcast, nor the other way round.',
  [-100013]: 'The service is suspended for this app.',
  [-100014]: 'The name of the room holds a letter that is not allowed.',
  [-100018]: 'The credential for this room is not valid any more. Ask for a new one.',
  [-102010]: 'You may not open a new room.',
  [-102011]: 'You may not enter this room.',
  [-102018]: 'You were removed from this room and may not come back yet.',
  [-102030]: 'The name of the room is too long.',
  [-102052]: 'The room is full.',
};

/** describeRefusal says why the entry did not happen. */
export function describeRefusal(code: number, message = ''): string {
  const known = ENTRY[code];
  if (known) return known.replace('{message}', message).trim();
  return message ? `The room could not be entered: ${message}` : `The room could not be entered (${code}).`;
}

export type Device = 'camera' | 'microphone' | 'speaker' | 'screen';

/** What is wrong with which device. */
export interface Trouble {
  device: Device;
  line: string;
}

const DEVICE: Record<number, [Device, 'failed' | 'refused' | 'busy' | 'none']> = {
  [-1301]: ['camera', 'failed'],
  [-1302]: ['microphone', 'failed'],
  [-1308]: ['screen', 'failed'],
  [-1309]: ['screen', 'none'],
  [-1314]: ['camera', 'refused'],
  [-1315]: ['camera', 'failed'],
  [-1316]: ['camera', 'busy'],
  [-1317]: ['microphone', 'refused'],
  [-1318]: ['microphone', 'failed'],
  [-1319]: ['microphone', 'busy'],
  [-1321]: ['speaker', 'failed'],
  [-1322]: ['speaker', 'failed'],
  [-102015]: ['screen', 'refused'],
  [-102016]: ['screen', 'busy'],
  1111: ['camera', 'none'],
  1112: ['camera', 'refused'],
  1114: ['camera', 'busy'],
  1201: ['microphone', 'none'],
  1203: ['microphone', 'refused'],
  1204: ['microphone', 'busy'],
};

/** describeTrouble reads an onError or onWarning; undefined when it is about no device. */
export function describeTrouble(code: number, message = ''): Trouble | undefined {
  const row = DEVICE[code];
  if (!row) return undefined;
  const [device, wrong] = row;
  return { device, line: deviceLine(device, refine(wrong, message)) };
}

/** One TRTC code covers several of the browser's errors; its message names which (Media Capture and Streams §10.2). */
function refine(wrong: string, message: string): string {
  if (/NotAllowed|SecurityError|denied|permission/i.test(message)) return 'refused';
  if (/NotFound|not found|Overconstrained/i.test(message)) return 'none';
  if (/NotReadable|in use|occupied/i.test(message)) return 'busy';
  return wrong;
}

function deviceLine(device: Device, wrong: string): string {
  if (device === 'screen') return screenLine(wrong);
  const others = device === 'camera' ? 'see' : 'hear';
  switch (wrong) {
    case 'refused':
      return `The browser does not let this page use the ${device}. Allow it beside the address, then try again.`;
    case 'none':
      return device === 'speaker'
        ? 'No speaker was found.'
        : `No ${device} was found. The others cannot ${others} you.`;
    case 'busy':
      return `Another program is using the ${device}. Close it, then try again.`;
  }
  return `The ${device} could not be started.`;
}

function screenLine(wrong: string): string {
  if (wrong === 'busy') return 'Somebody else is sharing a screen already.';
  if (wrong === 'none') return 'This browser cannot share a screen.';
  return wrong === 'refused' ? 'No screen was chosen, so nothing is shared.' : 'The screen could not be shared.';
}
