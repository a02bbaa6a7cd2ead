// The whole public surface: the names of trtc-electron-sdk, and `configure`, which says where the server is.

export { type Configuration, configure } from './address';
export type { ExitCode } from './codes';
export * from './define';
export * from './define/live';
export * from './define/mixing';
export type { ExitDetail } from './detail';
export { TXLiteAVError, TXLiteAVWarning } from './errors';
export type { Presence, Rights } from './notices';
export { TRTCCloud, TRTCCloud as default } from './trtc';
export { TRTCAudioEffectManager, TRTCDeviceManager, TRTCPlugin, TRTCPluginManager } from './unsupported/extension';
export { V2LivePlayer, V2LivePusher } from './unsupported/live';
export { TRTCLocalMediaTranscoder, TRTCMediaMixingManager, TRTCMediaMixingService } from './unsupported/mixing';
export { TRTCVodPlayer, TRTCVodPlayerEvent, type TRTCVodPlayerEventMap } from './unsupported/vod';
