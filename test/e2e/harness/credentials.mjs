// What a back end makes with its keys: UserSigs, and signed control calls.
import { createHash, createHmac } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** The keys of development mode. */
export const development = {
  sdkAppId: 1400000000,
  appSecret: 'exeunt-development-app-secret',
  secretId: 'AKIDexeuntdevelopment',
  secretKey: 'exeunt-development-secret-key',
};

/** Keys of our own, for a server that is not in development mode. */
export const own = {
  sdkAppId: 1400000001,
  appSecret: 'a secret of these tests alone',
  secretId: 'AKIDofTheseTests',
  secretKey: 'another secret of these tests',
};

/** Makes a UserSig of version 2 (tls-sig-api-v2) that holds for an hour. */
export function userSig({ sdkAppId, appSecret }, user) {
  const made = Math.floor(Date.now() / 1000);
  const expire = 3600;
  const signed = `TLS.identifier:${user}\nTLS.sdkappid:${sdkAppId}\nTLS.time:${made}\nTLS.expire:${expire}\n`;
  const body = {
    'TLS.ver': '2.0',
    'TLS.identifier': user,
    'TLS.sdkappid': sdkAppId,
    'TLS.time': made,
    'TLS.expire': expire,
    'TLS.sig': createHmac('sha256', appSecret).update(signed).digest('base64'),
  };
  const escapes = { '+': '*', '/': '-', '=': '_' };
  return deflateSync(JSON.stringify(body))
    .toString('base64')
    .replace(/[+/=]/g, (c) => escapes[c]);
}

/** Calls one action of the control API, signed by TC3-HMAC-SHA256, and returns what stands in Response. */
export async function control(server, action, parameters) {
  const { sdkAppId, secretId, secretKey } = server.keys;
  const body = JSON.stringify({ SdkAppId: sdkAppId, ...parameters });
  const { host } = new URL(server.control);
  const timestamp = Math.floor(Date.now() / 1000);
  const date = new Date(timestamp * 1000).toISOString().slice(0, 10);
  const type = 'application/json';
  const canonical = ['POST', '/', '', `content-type:${type}\nhost:${host}\n`, 'content-type;host', hash(body)].join(
    '\n',
  );
  const scope = `${date}/trtc/tc3_request`;
  const text = ['TC3-HMAC-SHA256', timestamp, scope, hash(canonical)].join('\n');
  const key = [date, 'trtc', 'tc3_request'].reduce(hmac, `TC3${secretKey}`);
  const signature = hmac(key, text).toString('hex');
  const answer = await fetch(server.control, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': type,
      Authorization:
        `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, ` + `SignedHeaders=content-type;host, Signature=${signature}`,
      'X-TC-Action': action,
      'X-TC-Version': '2019-07-22',
      'X-TC-Region': 'ap-guangzhou',
      'X-TC-Timestamp': String(timestamp),
    },
  });
  return (await answer.json()).Response;
}

const hash = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
