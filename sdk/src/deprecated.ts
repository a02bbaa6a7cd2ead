import { type TRTCVideoFillMode, TRTCVideoMirrorType, type TRTCVideoRotation, TRTCVideoStreamType } from './define';
import { log } from './log';
import type { View } from './picture';
import { qualityOf } from './streams';
import { Unsupported } from './unsupported';
import type { Views } from './views';
import { type Quality, Stream } from './wire/exeunt/v1/signal_pb';

const { TRTCVideoStreamTypeSub: sub } = TRTCVideoStreamType;

/** The calls that TRTC has newer names for. Applications still make them, so they do what they always did. */
export abstract class Deprecated extends Unsupported {
  /** @internal The published declarations end here. */
  protected abstract readonly views: Views;

  /** @internal Also for the rooms that are entered later. */
  protected abstract preferUsually(quality: Quality): void;

  abstract startRemoteView(userId: string, views: View, streamType?: TRTCVideoStreamType): void;
  abstract stopRemoteView(userId: string, streamType?: TRTCVideoStreamType): void;

  /** @deprecated by TRTC; see setLocalRenderParams. */
  setLocalViewFillMode(fillMode: TRTCVideoFillMode): void {
    this.views.stylePreview({ fillMode });
  }

  /** @deprecated by TRTC; see setLocalRenderParams. */
  setLocalViewRotation(rotation: TRTCVideoRotation): void {
    this.views.stylePreview({ rotation });
  }

  /** @deprecated by TRTC; see setLocalRenderParams. */
  setLocalViewMirror(mirror: boolean): void {
    const { TRTCVideoMirrorType_Enable: on, TRTCVideoMirrorType_Disable: off } = TRTCVideoMirrorType;
    this.views.stylePreview({ mirrorType: mirror ? on : off });
  }

  /** @deprecated by TRTC; see setRemoteRenderParams. */
  setRemoteViewFillMode(userId: string, fillMode: TRTCVideoFillMode): void {
    this.views.style(userId, Stream.BIG, { fillMode });
  }

  /** @deprecated by TRTC; see setRemoteRenderParams. */
  setRemoteViewRotation(userId: string, rotation: TRTCVideoRotation): void {
    this.views.style(userId, Stream.BIG, { rotation });
  }

  /** @deprecated by TRTC; see startRemoteView. */
  startRemoteSubStreamView(userId: string, view: HTMLElement): void {
    this.startRemoteView(userId, view, sub);
  }

  /** @deprecated by TRTC; see stopRemoteView. */
  stopRemoteSubStreamView(userId: string): void {
    this.stopRemoteView(userId, sub);
  }

  /** @deprecated by TRTC; see setRemoteRenderParams. */
  setRemoteSubStreamViewFillMode(userId: string, fillMode: TRTCVideoFillMode): void {
    this.views.style(userId, Stream.SUB, { fillMode });
  }

  /** @deprecated by TRTC; see setRemoteRenderParams. */
  setRemoteSubStreamViewRotation(userId: string, rotation: TRTCVideoRotation): void {
    this.views.style(userId, Stream.SUB, { rotation });
  }

  /** @deprecated by TRTC; see setRemoteVideoStreamType. What is wanted of everybody of whom nothing else is said. */
  setPriorRemoteVideoStreamType(type: TRTCVideoStreamType): void {
    this.preferUsually(qualityOf(type));
  }

  /** @deprecated by TRTC. Writes a line to the log. */
  log(info: string): void {
    log.info(info);
  }
}
