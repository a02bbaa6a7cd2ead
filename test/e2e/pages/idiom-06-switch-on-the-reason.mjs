// Decides by the reason; a dismissed room logs the user out.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard } from './app.mjs';

const trtc = new TRTCCloud();
window.screenShown = 'call';
trtc.on('onExitRoom', (reason) => {
  heard(reason);
  switch (reason) {
    case 0:
      window.screenShown = 'home';
      break;
    case 1:
      window.screenShown = 'removed';
      break;
    case 2:
      window.screenShown = 'login';
      break;
  }
});

window.begin = (wish) => enter(trtc, wish);
window.leave = () => trtc.exitRoom();
