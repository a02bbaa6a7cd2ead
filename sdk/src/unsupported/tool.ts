import type {
  TRTCAudioProcessPluginOptions,
  TRTCMediaEncryptDecryptPluginOptions,
  TRTCPluginInfo,
  TRTCPluginType,
  TRTCSpeedTestParams,
  TRTCVideoBufferType,
  TRTCVideoPixelFormat,
  TRTCVideoProcessPluginOptions,
} from '../define';
import type { TRTCLocalMediaTranscoder, TRTCMediaMixingManager, TRTCMediaMixingService } from './mixing';
import { type Neutral, none, nothing, refused } from './report';

/** Network test, log files, plug-ins and local mixing. */
export interface ToolMembers {
  startSpeedTest(params: TRTCSpeedTestParams | number, userId?: string, userSig?: string): any;
  stopSpeedTest(): void;
  setLogCompressEnabled(enabled: boolean): void;
  setLogDirPath(path: string): void;
  setPluginParams(
    type: TRTCPluginType,
    options: TRTCVideoProcessPluginOptions | TRTCMediaEncryptDecryptPluginOptions | TRTCAudioProcessPluginOptions,
  ): void;
  addPlugin(options: { id: string; path: string; type?: TRTCPluginType; deviceId?: string }): TRTCPluginInfo;
  removePlugin(id: string, deviceId?: string): void;
  setPluginCallback(pluginCallback: (pluginId: string, errorCode: number, msg: string) => void): void;
  /** @deprecated by TRTC. */
  initPluginManager(options?: { pixelFormat: TRTCVideoPixelFormat; bufferType?: TRTCVideoBufferType }): void;
  /** @deprecated by TRTC. */
  destroyPluginManager(): void;
  /** @deprecated by TRTC. */
  getPluginList(): TRTCPluginInfo[] | null;
  /** @deprecated by TRTC. */
  createLocalMediaTranscoder(config?: { pixelFormat: TRTCVideoPixelFormat }): TRTCLocalMediaTranscoder | null;
  /** @deprecated by TRTC. */
  destroyLocalMediaTranscoder(): void;
  getMediaMixingManager(): TRTCMediaMixingManager | null;
  getMediaMixingService(): TRTCMediaMixingService | null;
}

/** What each of them returns. */
export const tool: Neutral<ToolMembers> = {
  startSpeedTest: refused,
  stopSpeedTest: nothing,
  setLogCompressEnabled: nothing,
  setLogDirPath: nothing,
  setPluginParams: nothing,
  addPlugin: () => ({ id: '', enable: refused, disable: refused, setParameter: refused }),
  removePlugin: nothing,
  setPluginCallback: nothing,
  initPluginManager: nothing,
  destroyPluginManager: nothing,
  getPluginList: none,
  createLocalMediaTranscoder: none,
  destroyLocalMediaTranscoder: nothing,
  getMediaMixingManager: none,
  getMediaMixingService: none,
};
