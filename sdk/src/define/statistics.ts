// Numbers about quality.
// Names, values and defaults are TRTC's: applications compare and store them.
import { TRTCVideoStreamType } from './video';

/** Quality of a network. */
export enum TRTCQuality {
  TRTCQuality_Unknown = 0,
  TRTCQuality_Excellent = 1,
  TRTCQuality_Good = 2,
  TRTCQuality_Poor = 3,
  TRTCQuality_Bad = 4,
  TRTCQuality_Vbad = 5,
  TRTCQuality_Down = 6,
}

/** Quality of one user's network. */
export class TRTCQualityInfo {
  constructor(
    public userId = '',
    public quality: TRTCQuality = TRTCQuality.TRTCQuality_Unknown,
  ) {}
}

/** What is sent of one stream. */
export class TRTCLocalStatistics {
  constructor(
    /** Pixels. */
    public width = 0,
    /** Pixels. */
    public height = 0,
    /** Frames per second. */
    public frameRate = 0,
    /** Kilobits per second. */
    public videoBitrate = 0,
    /** Hertz. */
    public audioSampleRate = 0,
    /** Kilobits per second. */
    public audioBitrate = 0,
    public streamType: TRTCVideoStreamType = TRTCVideoStreamType.TRTCVideoStreamTypeBig,
  ) {}
}

/** What is received of one stream. */
export class TRTCRemoteStatistics {
  constructor(
    public userId = '',
    /** Per cent after repair. */
    public finalLoss = 0,
    /** Pixels. */
    public width = 0,
    /** Pixels. */
    public height = 0,
    /** Frames per second. */
    public frameRate = 0,
    /** Kilobits per second. */
    public videoBitrate = 0,
    /** Hertz. */
    public audioSampleRate = 0,
    /** Kilobits per second. */
    public audioBitrate = 0,
    /** Milliseconds. */
    public jitterBufferDelay = 0,
    /** Milliseconds. */
    public audioTotalBlockTime = 0,
    /** Per cent. */
    public audioBlockRate = 0,
    /** Milliseconds. */
    public videoTotalBlockTime = 0,
    /** Per cent. */
    public videoBlockRate = 0,
    public streamType: TRTCVideoStreamType = TRTCVideoStreamType.TRTCVideoStreamTypeBig,
    /** Per cent. */
    public audioPacketLoss = 0,
    /** Per cent. */
    public videoPacketLoss = 0,
    /** Milliseconds. */
    public point2PointDelay = 0,
    /** Per cent. */
    public remoteNetworkUplinkLoss = 0,
    /** Milliseconds. */
    public remoteNetworkRTT = 0,
  ) {}
}

/** State of the call, every two seconds. */
export class TRTCStatistics {
  constructor(
    /** Per cent. */
    public upLoss = 0,
    /** Per cent. */
    public downLoss = 0,
    /** Per cent. */
    public appCpu = 0,
    /** Per cent. */
    public systemCpu = 0,
    /** Milliseconds to the server and back. */
    public rtt = 0,
    /** Since entering. */
    public receivedBytes = 0,
    /** Since entering. */
    public sentBytes = 0,
    public localStatisticsArray: TRTCLocalStatistics[] = [],
    public localStatisticsArraySize = 0,
    public remoteStatisticsArray: TRTCRemoteStatistics[] = [],
    public remoteStatisticsArraySize = 0,
    /** Milliseconds. */
    public gatewayRtt = 0,
    public appMemoryUsageInMB = 0,
    public systemMemoryUsageInMB = 0,
    public systemMemoryInMB = 0,
  ) {}
}

/** A network test before a call. */
export class TRTCSpeedTestParams {
  constructor(
    public sdkAppId = 0,
    public userId = '',
    public userSig = '',
    /** Kilobits per second; 0 leaves it out. */
    public expectedUpBandwidth = 0,
    /** Kilobits per second; 0 leaves it out. */
    public expectedDownBandwidth = 0,
  ) {}
}

/** Result of a network test. */
export class TRTCSpeedTestResult {
  constructor(
    public success = false,
    public errMsg = '',
    public ip = '',
    public quality: TRTCQuality = TRTCQuality.TRTCQuality_Unknown,
    /** 0 to 1. */
    public upLostRate = 0,
    /** 0 to 1. */
    public downLostRate = 0,
    /** Milliseconds. */
    public rtt = 0,
    /** Kilobits per second; -1 is unknown. */
    public availableUpBandwidth = -1,
    /** Kilobits per second; -1 is unknown. */
    public availableDownBandwidth = -1,
    /** Milliseconds; -1 is unknown. */
    public upJitter = -1,
    /** Milliseconds; -1 is unknown. */
    public downJitter = -1,
  ) {}
}
