// For Electron's main process: leaves for a window that cannot do so any more (E9). A renderer that is killed says
// nothing, and one whose window closes may not get to it, so the SDK hands each stay over to this side, by a message
// with the two frames that end it. Whoever says them second ends nothing: the stay is over already.

const { randomBytes } = require('node:crypto');
const http = require('node:http');
const https = require('node:https');

const channel = 'exeunt-stay';
// A quitting application waits no longer than this for a server.
const boundMs = 1000;
// WebSocket opcodes (RFC 6455 §5.2).
const binary = 2;
const close = 8;

const leaving = new Set();

/**
 * Watches a BrowserWindow, from before it loads its page. When it is closed, or its page is gone by a crash, a kill or
 * a navigation, its stays are left at once. Nothing is done on `close`, which a page may still refuse.
 */
function guardWindow(window) {
  const stays = new Map();
  const leaveAll = () => {
    for (const stay of stays.values()) track(leave(stay));
    stays.clear();
  };
  window.webContents.on('ipc-message', (_event, name, stay) => {
    if (name !== channel) return;
    if (stay.frames) stays.set(stay.session, stay);
    else stays.delete(stay.session);
  });
  window.webContents.on('did-navigate', leaveAll);
  window.webContents.on('render-process-gone', leaveAll);
  window.on('closed', leaveAll);
}

/** Lets the application quit only after its goodbyes have been said, or after one second. */
function leaveOnQuit(app) {
  app.on('will-quit', (event) => {
    if (leaving.size === 0) return;
    event.preventDefault();
    Promise.all(leaving).then(() => app.quit());
  });
}

function track(goodbye) {
  leaving.add(goodbye);
  goodbye.then(() => leaving.delete(goodbye));
}

// Electron's Node may have no WebSocket, and this side needs so little of one: it writes, and waits for the end.
function leave({ address, frames }) {
  return new Promise((resolve) => {
    let asked;
    const over = () => {
      clearTimeout(timer);
      if (asked) asked.destroy();
      resolve();
    };
    const timer = setTimeout(over, boundMs);
    try {
      asked = upgrade(new URL(address.replace(/^ws/, 'http')));
    } catch (_unusable) {
      over();
      return;
    }
    asked.on('upgrade', (_response, socket) => {
      socket.on('error', over).on('end', over).on('close', over).resume();
      for (const frame of frames) socket.write(framed(binary, Buffer.from(frame)));
      socket.write(framed(close, Buffer.from([0x03, 0xe8])));
    });
    asked.on('response', over).on('error', over).end();
  });
}

function upgrade(url) {
  return (url.protocol === 'https:' ? https : http).request(url, {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': 'exeunt.v1',
    },
  });
}

// One masked frame, as clients must send (RFC 6455 §5.3). None here comes near 64 KiB.
function framed(opcode, payload) {
  const mask = randomBytes(4);
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}

module.exports = { guardWindow, leaveOnQuit };
