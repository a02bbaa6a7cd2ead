// The guide's own lines, unmodified.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard as onExitRoom } from './app.mjs';

const trtcCloud = new TRTCCloud();
trtcCloud.on('onExitRoom', onExitRoom);

window.begin = (wish) => enter(trtcCloud, wish);
window.leave = () => trtcCloud.exitRoom();
