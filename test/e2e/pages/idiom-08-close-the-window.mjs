// Exits and closes the window 400 ms later, without having listened.
import TRTCCloud from 'trtc-electron-sdk';
import { enter } from './app.mjs';

const trtc = new TRTCCloud();

window.begin = (wish) => enter(trtc, wish);
window.leave = () => {
  trtc.exitRoom();
  setTimeout(() => window.close(), 400);
};
