// What is measured: streams as servers write them. Runs in Node and in the page.

const encoder = new TextEncoder()
const words = ['calm', 'happy', 'curious', 'proud', 'sad', 'afraid', 'angry', 'tired']

/** `count` events of about `width` bytes, each ended by `end`. @param {number} count @param {{ end?: string, width?: number, named?: boolean }} [how] */
export function events(count, { end = '\n', width = 0, named = true } = {}) {
  const pad = 'x'.repeat(width)
  const lines = []
  for (let number = 0; number < count; number++) {
    const data = `{"type":"emotion_detected","emotion":"${words[number % 8]}","intensity":0.${number % 90 + 10}${pad && `,"pad":"${pad}"`}}`
    lines.push(named ? `id: ${number}${end}event: emotion${end}data: ${data}${end}${end}` : `data: ${data}${end}${end}`)
  }
  return encoder.encode(lines.join(''))
}

/** @param {Uint8Array} bytes @param {number} size */
export function slices(bytes, size) {
  const parts = []
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size))
  return parts
}

/** One event of `size` bytes. @param {number} size */
export const bigEvent = (size) => encoder.encode(`event: emotion\ndata: ${'x'.repeat(size)}\n\n`)
