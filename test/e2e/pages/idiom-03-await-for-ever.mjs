// Logs out only when onExitRoom has come, and would wait for ever.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard } from './app.mjs';

const trtc = new TRTCCloud();

window.begin = (wish) => enter(trtc, wish);
window.leave = async () => {
  const left = new Promise((resolve) => trtc.once('onExitRoom', resolve));
  trtc.stopLocalPreview();
  trtc.stopLocalAudio();
  trtc.stopScreenCapture();
  trtc.exitRoom();
  heard(await left);
};
