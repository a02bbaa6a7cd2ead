// Exits, changes the route in the next tick, and only then stops; the singleton and its listeners stay for later.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard } from './app.mjs';

const trtc = TRTCCloud.getTRTCShareInstance();
trtc.on('onExitRoom', heard);

window.begin = (wish) => enter(trtc, wish);
window.leave = () => {
  trtc.exitRoom();
  setTimeout(() => {
    location.hash = '#/home';
    trtc.stopLocalPreview();
    trtc.stopLocalAudio();
  }, 0);
};
