import type { TRTCPublishTarget, TRTCStreamEncoderParam, TRTCStreamMixingConfig, TRTCVideoStreamType } from '../define';
import { type Neutral, nothing } from './report';

/** Relaying to a CDN and mixing in the cloud: both need a worker beside the server. */
export interface PublishMembers {
  startPublishMediaStream(
    target: TRTCPublishTarget,
    params: TRTCStreamEncoderParam | null,
    config: TRTCStreamMixingConfig | null,
  ): void;
  updatePublishMediaStream(
    taskId: string,
    target: TRTCPublishTarget | null,
    params: TRTCStreamEncoderParam | null,
    config: TRTCStreamMixingConfig | null,
  ): void;
  stopPublishMediaStream(taskId: string): void;
  /** @deprecated by TRTC. */
  startPublishing(streamId: string, type: TRTCVideoStreamType): void;
  /** @deprecated by TRTC. */
  stopPublishing(): void;
  /** @deprecated by TRTC. */
  startPublishCDNStream(param: any): void;
  /** @deprecated by TRTC. */
  stopPublishCDNStream(): void;
  /** @deprecated by TRTC. */
  setMixTranscodingConfig(config: Record<string, any>): void;
}

/** What each of them returns. */
export const publish: Neutral<PublishMembers> = {
  startPublishMediaStream: nothing,
  updatePublishMediaStream: nothing,
  stopPublishMediaStream: nothing,
  startPublishing: nothing,
  stopPublishing: nothing,
  startPublishCDNStream: nothing,
  stopPublishCDNStream: nothing,
  setMixTranscodingConfig: nothing,
};
