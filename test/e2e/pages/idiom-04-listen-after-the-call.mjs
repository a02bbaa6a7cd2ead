// Adds its listener after the call, a new one each time.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard } from './app.mjs';

const trtc = new TRTCCloud();

window.begin = (wish) => enter(trtc, wish);
window.leave = () => {
  trtc.exitRoom();
  trtc.on('onExitRoom', heard);
};
