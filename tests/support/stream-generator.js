// Event streams as nobody would write them, each from a seed.

/** mulberry32 @param {number} seed */
export function random(seed) {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below)
  }
}

const fields = ['data', 'data', 'data', 'data', 'event', 'id', 'retry', 'dat', 'datax', ' data', 'Data', 'foo', '', '\ufeffdata']
const separators = [':', ': ', ':  ', ': ', '', ' :', ':\t']
const values = ['', 'a', 'b', 'ab', '1', '12', 'é', '€uro', '😀', ':', ': x', '\0', 'x\0y', '{"a":1}', ' ', '\ufeff', 'long '.repeat(30)]
const raw = [[0xff], [0xe2, 0x82], [0xc3], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf], [0x80]].map((bytes) => Buffer.from(bytes))
const ends = ['\n', '\n', '\n', '\r', '\r\n']

/** @param {(below: number) => number} below */
export function anyStream(below) {
  const pick = (list) => list[below(list.length)]
  const parts = []
  // Not before a line end: Chromium 156 then takes both for the start of the next line's field.
  if (below(6) === 0) parts.push(Buffer.from(`\ufeffdata: ${pick(values)}${pick(ends)}`))
  for (let count = below(30); count > 0; count--) {
    const kind = below(12)
    if (kind < 7) parts.push(Buffer.from(pick(fields) + pick(separators) + pick(values) + pick(ends)))
    else if (kind < 10) parts.push(Buffer.from(pick(ends)))
    else if (kind === 10) parts.push(Buffer.from(`:${pick(values)}${pick(ends)}`))
    else parts.push(pick(raw))
  }
  if (below(3) > 0) parts.push(Buffer.from(`${pick(ends)}${pick(ends)}`))
  return Buffer.concat(parts)
}

/** Cuts at any byte. @param {Buffer} bytes @param {(below: number) => number} below */
export function pieces(bytes, below) {
  const all = []
  for (let at = 0; at < bytes.length; ) {
    const to = at + 1 + below(below(2) ? 4 : 40)
    all.push(bytes.subarray(at, to))
    at = to
  }
  return all
}
