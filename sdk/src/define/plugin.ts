// Plug-ins and logs.
// Names, values and defaults are TRTC's: applications compare and store them.
import type { TRTCVideoPixelFormat } from './video';

/** What is logged. */
export enum TRTCLogLevel {
  TRTCLogLevelVerbose = 0,
  TRTCLogLevelDebug = 1,
  TRTCLogLevelInfo = 2,
  TRTCLogLevelWarn = 3,
  TRTCLogLevelError = 4,
  TRTCLogLevelFatal = 5,
  TRTCLogLevelNone = 6,
}

/** What a plug-in works on. */
export enum TRTCPluginType {
  TRTCPluginTypeUnknown = 0,
  TRTCPluginTypeVideoProcess = 1,
  TRTCPluginTypeMediaEncryptDecrypt = 2,
  TRTCPluginTypeAudioProcess = 3,
}

/** A loaded plug-in. */
export interface PluginInfo {
  id: string;
  deviceId?: string;
  enable: () => number;
  disable: () => number;
  setParameter: (param: string) => number;
}

/** Another name of PluginInfo. */
export type TRTCPluginInfo = PluginInfo;

/** Options of a plug-in that changes pictures. */
export interface TRTCVideoProcessPluginOptions {
  enable?: boolean;
  pixelFormat?: TRTCVideoPixelFormat;
}

/** Options of a plug-in that encrypts media. */
export interface TRTCMediaEncryptDecryptPluginOptions {
  enable?: boolean;
}

/** Options of a plug-in that changes sound. */
export interface TRTCAudioProcessPluginOptions {
  enable?: boolean;
}
