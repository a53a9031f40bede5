/** A one-time link into the console, made by the administrator's key; undefined where the gateway gives none. */
export async function signInLink({ url, adminKey }: { url: string; adminKey: string }): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/api/session/link`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}` },
      signal: AbortSignal.timeout(5_000),
    });
    if (answer.status !== 201) return undefined;
    return ((await answer.json()) as { url: string }).url;
  } catch {
    return undefined;
  }
}
