// The script of the worker that the encoded pictures pass through. build.mjs makes source.ts from it.
import type { Body } from './body';
import { enclose, layerOf, type Metadata, open, standsAlone } from './frame';
import { Queue } from './queue';
import type { FromWorker, LineOptions, Outgoing, Streams } from './say';

/** The part of RTCEncodedVideoFrame, and of RTCEncodedAudioFrame, that is used here. */
interface Frame {
  data: ArrayBuffer;
  /** Of a picture: key or delta. */
  readonly type?: string;
  getMetadata(): Metadata;
}

interface Transformer {
  readonly options: LineOptions;
  readonly readable: ReadableStream<Frame>;
  readonly writable: WritableStream<Frame>;
}

/** The worker's own scope; TypeScript's library has either pages or workers. */
interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: (event: { data: Outgoing | Streams }) => void;
  onrtctransform: (event: { transformer: Transformer }) => void;
}

const scope = self as unknown as Scope;
const queue = new Queue();
let sender = 0;
let codecs: Readonly<Record<number, string>> = {};

scope.onmessage = ({ data }) => {
  if (data.say === 'line') {
    carry(data, data.readable, data.writable);
    return;
  }
  ({ sender, codecs } = data);
  queue.add({ id: data.id, data: data.data }, data.repeat, performance.now());
};
scope.onrtctransform = ({ transformer: { options, readable, writable } }) => carry(options, readable, writable);
scope.postMessage({ say: 'ready' });

function carry({ role, line }: LineOptions, readable: ReadableStream<Frame>, writable: WritableStream<Frame>): void {
  // A line ends with its peer connection, and its streams then fail.
  const end = () => {};
  if (role === 'pass') {
    readable.pipeTo(writable).catch(end);
    return;
  }
  const work = role === 'send' ? load : (frame: Frame) => unload(frame, line);
  const transform = new TransformStream<Frame, Frame>({
    transform(frame, controller) {
      // A picture comes before a message: whatever is wrong with one, the frame goes on.
      try {
        work(frame);
      } catch (error) {
        console.error('exeunt: a frame could not be read', error);
      }
      controller.enqueue(frame);
    },
  });
  readable.pipeThrough(transform).pipeTo(writable).catch(end);
}

function load(frame: Frame): void {
  const now = performance.now();
  if (queue.isEmpty || frame.data.byteLength === 0) return;
  const metadata = frame.getMetadata();
  const { mimeType, payloadType = -1 } = metadata;
  const codec = mimeType ?? codecs[payloadType] ?? '';
  if (!standsAlone(codec, frame.type, metadata)) return;
  const layer = layerOf(metadata);
  const messages = queue.next(layer, now);
  if (messages.length === 0) return;
  const body: Body = { sender, messages };
  const whole = enclose(codec, new Uint8Array(frame.data), body);
  if (!whole) return;
  frame.data = whole.buffer as ArrayBuffer;
  queue.took(layer, messages, now);
}

function unload(frame: Frame, line: number): void {
  const bytes = new Uint8Array(frame.data);
  const opened = open(bytes);
  if (!opened) return;
  if (opened.picture !== bytes) frame.data = opened.picture.slice().buffer as ArrayBuffer;
  for (const { sender: from, messages } of opened.bodies) {
    scope.postMessage({ say: 'received', line, sender: from, messages });
  }
}
