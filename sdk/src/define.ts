/** Every enum, parameter class and type of TRTC: the file behind `trtc-electron-sdk/liteav/trtc_define`. */
export * from './define/audio';
export * from './define/device';
export * from './define/effect';
export * from './define/plugin';
export * from './define/publish';
export * from './define/room';
export * from './define/statistics';
export * from './define/video';
