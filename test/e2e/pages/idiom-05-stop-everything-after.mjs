// Exits first and then stops everything that there could be; never destroys.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard } from './app.mjs';

const trtc = new TRTCCloud();
trtc.on('onExitRoom', heard);

window.begin = (wish) => enter(trtc, wish);
window.leave = () => {
  trtc.exitRoom();
  trtc.stopLocalPreview();
  trtc.stopLocalAudio();
  trtc.stopScreenCapture();
  trtc.stopAllAudioEffects();
  trtc.stopBGM();
};
