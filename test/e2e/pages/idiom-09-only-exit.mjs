// Only exits, with a screen share running, and trusts that to reset everything.
import TRTCCloud, { TRTCVideoEncParam, TRTCVideoStreamType } from 'trtc-electron-sdk';
import { enter, heard } from './app.mjs';

const trtc = new TRTCCloud();
trtc.on('onExitRoom', heard);
trtc.on('onScreenCaptureStarted', () => {
  window.sharing = true;
});

window.begin = (wish) => {
  enter(trtc, wish);
  trtc.startScreenCapture(null, TRTCVideoStreamType.TRTCVideoStreamTypeSub, new TRTCVideoEncParam());
};
window.leave = () => trtc.exitRoom();
