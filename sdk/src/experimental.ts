/** A call of callExperimentalAPI: `{"api": name, "params": {…}}`. */
export interface ExperimentalCall {
  api: string;
  params: Readonly<Record<string, unknown>>;
}

/** Reads such a call; undefined when it is none. */
export function experimentalCall(json: string): ExperimentalCall | undefined {
  try {
    const { api, params } = JSON.parse(json);
    return typeof api === 'string' ? { api, params: Object(params) } : undefined;
  } catch {
    return undefined;
  }
}
