import { TRTCVideoStreamType } from './define';
import { Quality, Stream } from './wire/exeunt/v1/signal_pb';

/** The wire's name for a picture stream of TRTC; the small picture is the camera too. */
export function streamOf(type: TRTCVideoStreamType | undefined): Stream.BIG | Stream.SUB {
  return type === TRTCVideoStreamType.TRTCVideoStreamTypeSub ? Stream.SUB : Stream.BIG;
}

/** TRTC's name for a picture stream; sound belongs to the main one. */
export function typeOf(stream: Stream): TRTCVideoStreamType {
  return stream === Stream.SUB
    ? TRTCVideoStreamType.TRTCVideoStreamTypeSub
    : TRTCVideoStreamType.TRTCVideoStreamTypeBig;
}

/** The wire's name for a layer of the camera. */
export function qualityOf(type: TRTCVideoStreamType): Quality {
  return type === TRTCVideoStreamType.TRTCVideoStreamTypeSmall ? Quality.LOW : Quality.HIGH;
}

/** Everything that one member can publish. */
export const streams = [Stream.AUDIO, Stream.BIG, Stream.SUB] as const;
