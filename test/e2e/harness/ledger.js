// Runs in every page before its own scripts, and writes down all that is opened: tracks and their clones, peer
// connections, audio contexts, timers, workers. It does not know the SDK, so it can witness against it.
(() => {
  const tracks = new Set();
  const peers = new Set();
  const contexts = new Set();
  const workers = new Set();
  const timers = new Map();
  const ledger = { remoteDescriptions: 0, captures: 0, held: null };

  /** A moment of the test's own, which is no timer of the page. */
  const setTimer = window.setTimeout.bind(window);
  ledger.moment = () => new Promise((next) => setTimer(next, 20));

  const note = (stream) => {
    for (const track of stream.getTracks()) tracks.add(track);
    return stream;
  };
  for (const name of ['getUserMedia', 'getDisplayMedia']) {
    const original = navigator.mediaDevices[name].bind(navigator.mediaDevices);
    navigator.mediaDevices[name] = async (constraints) => {
      ledger.captures++;
      const stream = note(await original(constraints));
      if (ledger.held) await ledger.held;
      return stream;
    };
  }
  after(MediaStreamTrack.prototype, 'clone', (track) => tracks.add(track));
  after(MediaStream.prototype, 'clone', note);
  after(HTMLCanvasElement.prototype, 'captureStream', note);
  after(RTCPeerConnection.prototype, 'setRemoteDescription', () => ledger.remoteDescriptions++);
  made('RTCPeerConnection', (peer) => peers.add(peer));
  made('AudioContext', (context) => contexts.add(context));
  made('Worker', (worker) => workers.add(worker));
  after(Worker.prototype, 'terminate', (_, worker) => workers.delete(worker));
  for (const kind of ['Timeout', 'Interval']) watchTimers(kind);

  function after(prototype, name, then) {
    const original = prototype?.[name];
    if (!original) return; // Firefox ESR lacks some.
    prototype[name] = function (...args) {
      const result = original.apply(this, args);
      then(result, this);
      return result;
    };
  }

  function made(name, then) {
    const Original = window[name];
    window[name] = class extends Original {
      constructor(...args) {
        super(...args);
        then(this);
      }
    };
    Object.defineProperty(window[name], 'name', { value: name });
  }

  function watchTimers(kind) {
    const set = window[`set${kind}`];
    const clear = window[`clear${kind}`];
    window[`set${kind}`] = (call, ms, ...args) => {
      const id = set(() => {
        if (kind === 'Timeout') timers.delete(id);
        call(...args);
      }, ms);
      // Only what waits counts: setTimeout(f, 0) is how the SDK and the page call later.
      if (ms > 0) timers.set(id, `set${kind} ${ms} ms`);
      return id;
    };
    window[`clear${kind}`] = (id) => {
      timers.delete(id);
      clear(id);
    };
  }

  /** Says what is open now, one line each; an empty list is the proof of release. */
  ledger.open = () => [
    ...[...tracks].filter((track) => track.readyState === 'live').map((track) => `live ${track.kind} track`),
    ...[...peers].filter((peer) => peer.connectionState !== 'closed').map(() => 'open peer connection'),
    ...[...contexts].filter((context) => context.state !== 'closed').map(() => 'open audio context'),
    ...[...workers].map(() => 'running worker'),
    ...timers.values(),
  ];
  /** Holds nothing of what it has seen, nor of what it will see: an object that is held is never collected. */
  ledger.forget = () => {
    for (const seen of [tracks, peers, contexts, workers]) {
      seen.clear();
      seen.add = () => seen;
    }
  };
  ledger.live = (kind) =>
    [...tracks].filter((track) => track.readyState === 'live' && (!kind || track.kind === kind)).length;
  /** How many tracks were ever captured or cloned. */
  ledger.tracks = () => tracks.size;

  /** From now on captures resolve only after `letGo`. */
  ledger.hold = () => {
    ledger.held = new Promise((resolve) => {
      ledger.letGo = () => {
        ledger.held = null;
        resolve();
      };
    });
  };

  /** The ways that media takes now: how the browser reaches its relay, or what kind of address it uses without one. */
  ledger.ways = async () => {
    const ways = new Set();
    for (const peer of peers) {
      if (peer.connectionState !== 'connected') continue;
      const stats = await peer.getStats();
      for (const stat of stats.values()) {
        if (stat.type !== 'candidate-pair' || !stat.nominated || stat.state !== 'succeeded') continue;
        const { candidateType, relayProtocol } = stats.get(stat.localCandidateId);
        ways.add(candidateType === 'relay' ? `relay over ${relayProtocol}` : candidateType);
      }
    }
    return [...ways];
  };

  /** The codecs of the pictures that the open peer connections have decoded, each once. */
  ledger.codecs = async () => {
    const codecs = new Set();
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      const stats = await peer.getStats();
      for (const stat of stats.values()) {
        if (stat.type === 'inbound-rtp' && stat.framesDecoded > 0) codecs.add(stats.get(stat.codecId).mimeType);
      }
    }
    return [...codecs];
  };

  /** Sums what the open peer connections have received: decoded frames, and the audio energy of each line. */
  ledger.received = async () => {
    const sum = { frames: 0, energies: [] };
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type !== 'inbound-rtp') continue;
        if (stat.kind === 'video') sum.frames += stat.framesDecoded ?? 0;
        if (stat.kind === 'audio' && stat.totalAudioEnergy > 0) sum.energies.push(stat.totalAudioEnergy);
      }
    }
    return sum;
  };

  /** The answers that the open peer connections have. */
  ledger.answers = () => [...peers].map((peer) => peer.remoteDescription?.sdp ?? '');

  /**
   * The sound that the open peer connections send and receive: bytes and packets, energy, and how often a packet had
   * what had come already, which a browser counts as thrown away.
   */
  ledger.sounds = async () => {
    const sounds = { sent: [], received: [] };
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      const stats = await peer.getStats();
      for (const stat of stats.values()) {
        if (stat.kind !== 'audio' || !stat.type.endsWith('bound-rtp') || stat.type.startsWith('remote')) continue;
        const { packetsSent, bytesSent, totalAudioEnergy: energy, packetsReceived, packetsDiscarded: repeats } = stat;
        if (packetsSent > 0) sounds.sent.push({ packets: packetsSent, bytes: bytesSent });
        if (energy > 0) sounds.received.push({ packets: packetsReceived, energy, repeats });
      }
    }
    return sounds;
  };

  /** How many frames the open peer connections have encoded of each layer that has a name (a=rid). */
  ledger.encoded = async () => {
    const frames = {};
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type === 'outbound-rtp' && stat.rid) frames[stat.rid] = stat.framesEncoded ?? 0;
      }
    }
    return frames;
  };

  /** Whether the receiver has reported on a layer that the open peer connections send. */
  ledger.reportedOn = async (rid) => {
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      const stats = await peer.getStats();
      for (const stat of stats.values()) {
        if (stat.type === 'outbound-rtp' && stat.rid === rid && stats.get(stat.remoteId)) return true;
      }
    }
    return false;
  };

  /** The data channels of the open peer connections: how many messages each has sent and received. */
  ledger.channels = async () => {
    const counts = {};
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type !== 'data-channel') continue;
        counts[stat.label] = { state: stat.state, sent: stat.messagesSent, received: stat.messagesReceived };
      }
    }
    return counts;
  };

  /** How often the open peer connections have asked for a key frame, as they do for what cannot be decoded. */
  ledger.begged = async () => {
    const reports = await Promise.all([...peers].map((peer) => peer.getStats()));
    const received = reports.flatMap((stats) => [...stats.values()]).filter((stat) => stat.type === 'inbound-rtp');
    return received.reduce((sum, stat) => sum + (stat.pliCount ?? 0), 0);
  };

  /** How many frames of a received track were decoded. */
  ledger.decoded = async (track) => {
    const receivers = [...peers].flatMap((peer) => peer.getReceivers());
    const stats = await receivers.find((receiver) => receiver.track === track)?.getStats();
    return [...(stats?.values() ?? [])].find((stat) => stat.type === 'inbound-rtp')?.framesDecoded ?? 0;
  };
  window.ledger = ledger;
})();
