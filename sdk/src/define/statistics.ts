// Numbers about quality.
// Names, values and defaults are TRTC's: applications compare and store them.
import { TRTCVideoStreamType } from './video';

/**
 * Quality of a network, by its round trip to the server and what it loses before any repair; the worse of the two
 * counts. For oneself the losses both ways, for another user those on the way from that user to the server.
 */
export enum TRTCQuality {
  /** Nothing is known: no media yet, or a server that does not tell. */
  TRTCQuality_Unknown = 0,
  /** Up to 100 ms and 1 %. */
  TRTCQuality_Excellent = 1,
  /** Up to 200 ms and 3 %. */
  TRTCQuality_Good = 2,
  /** Up to 350 ms and 8 %. */
  TRTCQuality_Poor = 3,
  /** Up to 600 ms and 15 %. */
  TRTCQuality_Bad = 4,
  /** Beyond that. */
  TRTCQuality_Vbad = 5,
  /** One's own connection is lost, or there is no sign of life of the user (onRemoteUserPresence). */
  TRTCQuality_Down = 6,
}

/** Quality of one user's network. */
export class TRTCQualityInfo {
  constructor(
    /** Empty for oneself. */
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

/** What is received of one stream. All losses, delays and bit rates are of the last two seconds. */
export class TRTCRemoteStatistics {
  constructor(
    public userId = '',
    /** Per cent of the packets that are missing in the end: lost on any part of the way, and not repaired. */
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
    /** Milliseconds; of a camera with its voice the longer one. */
    public jitterBufferDelay = 0,
    /** Milliseconds of sound that did not arrive in time and had to be invented, since the stream began. */
    public audioTotalBlockTime = 0,
    /** Per cent of the time for which sound was played. */
    public audioBlockRate = 0,
    /** Milliseconds for which the picture was frozen, since the stream began; 0 in browsers that do not tell. */
    public videoTotalBlockTime = 0,
    /** Per cent of the time for which the picture was played. */
    public videoBlockRate = 0,
    public streamType: TRTCVideoStreamType = TRTCVideoStreamType.TRTCVideoStreamTypeBig,
    /** Per cent of the packets of the sound that are missing in the end. */
    public audioPacketLoss = 0,
    /** Per cent of the packets of the picture that are missing in the end. */
    public videoPacketLoss = 0,
    /**
     * Milliseconds from that user to this one: half of each round trip to the server, and the buffer here. An estimate:
     * a browser does not know how long capturing and encoding take at the other end. 0 where a part is not known.
     */
    public point2PointDelay = 0,
    /** Per cent of what the user sent that was lost on the way to the server, before any repair. */
    public remoteNetworkUplinkLoss = 0,
    /** Milliseconds from the server to the user and back; 0 where it is not known. */
    public remoteNetworkRTT = 0,
  ) {}
}

/** State of the call, every two seconds. */
export class TRTCStatistics {
  constructor(
    /** Per cent of what was sent that was lost on the way to the server, before any repair. */
    public upLoss = 0,
    /** Per cent of what the server sent that was lost on the way here, before any repair. */
    public downLoss = 0,
    /** Per cent. Only Electron with Node integration knows it; 0 in a browser. */
    public appCpu = 0,
    /** Per cent. No page knows it: always 0. */
    public systemCpu = 0,
    /** Milliseconds to the server and back; 0 where it is not known. */
    public rtt = 0,
    /** Since entering. */
    public receivedBytes = 0,
    /** Since entering. */
    public sentBytes = 0,
    public localStatisticsArray: TRTCLocalStatistics[] = [],
    public localStatisticsArraySize = 0,
    public remoteStatisticsArray: TRTCRemoteStatistics[] = [],
    public remoteStatisticsArraySize = 0,
    /** Milliseconds to the local router and back. No page knows it: always 0. */
    public gatewayRtt = 0,
    /** The process in Electron with Node integration; in Chromium the page's script alone; 0 in other browsers. */
    public appMemoryUsageInMB = 0,
    /** Only Electron with Node integration knows it; 0 in a browser. */
    public systemMemoryUsageInMB = 0,
    /** Only Electron with Node integration knows it; 0 in a browser. */
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
