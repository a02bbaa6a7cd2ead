// Where the page gets the right to enter from: its own address, or the server while it is in development.

export interface Credential {
  sdkAppId: number;
  userSig: string;
}

/** The server gives no credentials to a page: it is no development server. */
export class NeedsBackEnd extends Error {}

/** The server takes no longer than this to answer, or it is taken for unreachable (milliseconds). */
const ANSWER_MS = 8000;

/** credentialFor finds a credential for this user: what the address brought, else what the server gives. */
export async function credentialFor(user: string, address: URLSearchParams): Promise<Credential> {
  const userSig = address.get('userSig');
  const sdkAppId = Number(address.get('sdkAppId'));
  if (userSig && Number.isInteger(sdkAppId) && sdkAppId > 0) return { sdkAppId, userSig };
  return askServer(user);
}

async function askServer(user: string): Promise<Credential> {
  let answer: Response;
  try {
    answer = await fetch(`usersig?userId=${encodeURIComponent(user)}`, { signal: AbortSignal.timeout(ANSWER_MS) });
  } catch {
    throw new Error('The server cannot be reached. Check the network, then try again.');
  }
  if (answer.status === 404) throw new NeedsBackEnd();
  if (!answer.ok)
    throw new Error(`The server gave no credential: ${(await answer.text()).trim() || answer.statusText}`);
  const body = (await answer.json()) as Partial<Credential>;
  if (typeof body.sdkAppId !== 'number' || typeof body.userSig !== 'string') {
    throw new Error('The server gave a credential that this page cannot read.');
  }
  return { sdkAppId: body.sdkAppId, userSig: body.userSig };
}
