/** Signs in on the pages of an OpenID provider as a browser does, from its authorization page to the address that it leads back to. */
export async function signInOnPages(start: URL, login: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let [at, form] = [start, null as URLSearchParams | null];
  for (let pages = 0; pages < 20; pages += 1) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie }, ...(form !== null && { method: 'POST', body: form }) });
    for (const header of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (header.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    const page = await response.text();
    const next = response.headers.get('location');
    if (next === null) {
      at = new URL(/<form[^>]* action="([^"]+)"/.exec(page)?.[1] ?? at, at);
      form = new URLSearchParams({ prompt: /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? '', login, password: 'any' });
      continue;
    }
    [at, form] = [new URL(next, at), null];
    if (at.origin !== start.origin) return at;
  }
  throw new Error(`The provider led to no other address, but at last to ${at.href}`);
}
