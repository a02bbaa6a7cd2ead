// Stops, exits, and after a fixed second takes every listener off and destroys, whatever has happened until then.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard } from './app.mjs';

const trtc = new TRTCCloud();
trtc.on('onExitRoom', heard);

window.begin = (wish) => enter(trtc, wish);
window.leave = () => {
  trtc.stopLocalPreview();
  trtc.stopLocalAudio();
  trtc.exitRoom();
  setTimeout(() => {
    trtc.removeAllListeners();
    trtc.destroy();
    window.destroyed = true;
  }, 1000);
};
