// Does nothing at all: the window is closed.
import TRTCCloud from 'trtc-electron-sdk';
import { enter } from './app.mjs';

const trtc = new TRTCCloud();

window.begin = (wish) => enter(trtc, wish);
