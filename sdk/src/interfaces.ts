// The file behind `trtc-electron-sdk/liteav/types`: names that applications use for types only.
import type { TRTCCloud } from './trtc';
import type { TRTCVodPlayer } from './unsupported/vod';

export type { TRTCVideoRenderCallback } from './define/video';
/** What a cloud can do. */
export type ITRTCCloud = TRTCCloud;
/** What a player can do. */
export type IVodPlayer = TRTCVodPlayer;
