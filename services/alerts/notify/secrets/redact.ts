const sign = '•••';
/** Shorter pieces occur by chance, and hiding them all would tell where they are. */
const leastLength = 4;
const leastPart = 8;

/** The same text without the secrets, however they may have been written on the way. */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = new Set(secrets.flatMap(formsOf).filter((form) => form.length >= leastLength));
  // The longest first: a part of a secret may be another form of it.
  return [...forms].sort((a, b) => b.length - a.length).reduce((clean, form) => clean.replaceAll(form, sign), text);
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
  ];
  return [...forms, Buffer.from(secret).toString('base64url'), ...partsOfUrl(secret)];
}

/** Of an address its path and parts are as good as the whole. */
function partsOfUrl(secret: string): string[] {
  if (!/^https?:/i.test(secret) || !URL.canParse(secret)) return [];
  const { pathname, search, href } = new URL(secret);
  const parts = [...pathname.split('/'), ...new URL(secret).searchParams.values()].filter(
    (part) => part.length >= leastPart,
  );
  return [href, ...(pathname.length > 1 ? [pathname + search, pathname] : []), ...parts];
}

/** What a secret may be recognised by: its last four characters, where it is long enough for them to tell nothing; of an address also its host. */
export function hintOf(secret: string): string {
  const tail = secret.length >= 16 ? secret.slice(-4) : '';
  if (/^https?:/i.test(secret) && URL.canParse(secret)) return `${new URL(secret).origin}/…${tail}`;
  return tail === '' ? '' : `…${tail}`;
}
