// Calls the control API with the official Tencent Cloud SDK. An app changes nothing but the endpoint and the keys, and
// so does this script. Each line of input is one call as JSON; each gets one line of output, in order.
import { createInterface } from 'node:readline';
import { trtc } from 'tencentcloud-sdk-nodejs/tencentcloud/services/trtc/index.js';

const endpoint = process.argv[2];

/** client is the official one. A call may ask for GET, or for the older signature. */
function client({ secretId, secretKey, method = 'POST', signMethod }) {
  return new trtc.v20190722.Client({
    credential: { secretId, secretKey },
    region: 'ap-guangzhou',
    profile: { signMethod, httpProfile: { protocol: 'http://', endpoint, reqMethod: method } },
  });
}

/** answer makes one call: by the method of the action's name, or by the generic one when it needs options. */
async function answer({ action, params, options, ...how }) {
  try {
    const official = client(how);
    const reply = options ? await official.request(action, params, options) : await official[action](params);
    return { reply };
  } catch (error) {
    return { code: error.code, message: error.message, requestId: error.requestId };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
