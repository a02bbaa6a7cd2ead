// The guide's lines with require, a deep import, and the globals that Electron's renderer adds to Chromium.
window.global = window;
window.process = {
  type: 'renderer',
  platform: 'linux',
  versions: { electron: '33.2.0', chrome: '156', node: '20.18.1' },
};
window.require = (name) => {
  throw new Error(`Cannot find module '${name}'`);
};
window.module = { exports: {} };

const TRTCCloud = require('trtc-electron-sdk').default;
const { TRTCParams } = require('trtc-electron-sdk/liteav/trtc_define');
const { enter, heard: onExitRoom } = require('./app.mjs');

const trtcCloud = new TRTCCloud();
trtcCloud.on('onExitRoom', onExitRoom);

window.begin = (wish) => enter(trtcCloud, wish, TRTCParams);
window.leave = () => trtcCloud.exitRoom();
