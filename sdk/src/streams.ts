import { TRTCVideoStreamType } from './define';
import { Stream } from './wire/exeunt/v1/signal_pb';

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

/** Everything that one member can publish. */
export const streams = [Stream.AUDIO, Stream.BIG, Stream.SUB] as const;
