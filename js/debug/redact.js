// Takes out of a text whatever could be a secret. In doubt it is one.

/** Names that stand before a secret. */
const named = /(\\*["']?[\w-]*(?:token|api_?-?key|secret|passw(?:or)?d|authorization|signature|credential|session|jwt|cookie)[\w-]*\\*["']?\s*[:=]\s*)(\\+"[^"\\]*\\*"?|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&,;}\])]+)/gi
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** @param {string} text @param {Iterable<string>} [known] secrets by their value */
export function redact(text, known = []) {
  let clean = text
  for (const secret of [...known].filter(({ length }) => length > 3).sort((one, other) => other.length - one.length)) clean = clean.replaceAll(secret, '‹hidden›')
  return clean
    .replace(/\beyJ[\w-]+(\.[\w-]*)*/g, '‹token›')
    .replace(/\bsb_[a-z]+_[\w-]+/g, '‹key›')
    .replace(/\b(Bearer|Basic)\s+[^\s"',}]+/gi, '$1 ‹hidden›')
    .replace(/\/\/[^/\s@"]+@/g, '//‹hidden›@')
    .replace(named, '$1‹hidden›')
    .replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '‹address›')
    .replace(/[\w-]{24,}/g, (run) => (uuid.test(run) || !/\d/.test(run) || !/[a-z]/i.test(run) ? run : '‹hidden›'))
}

/** An address without what it carries: the names of its parameters stay, their values go. @param {string} url */
export function bare(url) {
  try {
    const { protocol, origin, host, pathname, searchParams } = new URL(url)
    if (protocol === 'data:' || protocol === 'blob:') return `${protocol}…`
    const names = [...new Set(searchParams.keys())]
    return `${origin === 'null' ? `${protocol}//${host}` : origin}${pathname}${names.length ? `?${names.map((name) => `${name}=…`).join('&')}` : ''}`
  } catch {
    return url.replace(/[?#].*/s, '')
  }
}
