// The wire as the server writes and reads it: Phoenix messages, versions 1.0.0 and 2.0.0, text and binary.

/**
 * `payload.payload` of a broadcast is a `Uint8Array` where it was sent as bytes.
 * @typedef {{ join_ref: string | null, ref: string | null, topic: string, event: string, payload: any }} Message
 */

const reader = new TextDecoder()
const writer = new TextEncoder()

/** @param {Message} message @param {boolean} old version 1.0.0, in which the server never says which join it means @returns {string | ArrayBuffer} */
export function encode({ join_ref, ref, topic, event, payload }, old) {
  const bytes = event === 'broadcast' ? payload.payload : undefined
  if (bytes instanceof Uint8Array && !old) return encodeBytes(topic, String(payload.event), bytes)
  if (old) return JSON.stringify({ topic, event, payload, ref })
  return JSON.stringify([join_ref, ref, topic, event, payload])
}

/** Kind 4: a user's broadcast of bytes. @param {string} topic @param {string} event @param {Uint8Array} payload */
function encodeBytes(topic, event, payload) {
  const fields = [topic, event, ''].map((field) => writer.encode(field))
  const frame = new Uint8Array(5 + fields.reduce((sum, { length }) => sum + length, payload.length))
  frame.set([4, ...fields.map(({ length }) => length), 0])
  let at = 5
  for (const field of [...fields, payload]) {
    frame.set(field, at)
    at += field.length
  }
  return frame.buffer
}

/** @param {string | ArrayBuffer | ArrayBufferView} data @returns {Message | undefined} what is no message is left unanswered, as by the server */
export function decode(data) {
  if (typeof data !== 'string') return decodeBytes(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  try {
    const frame = JSON.parse(data)
    const [join_ref = null, ref = null, topic, event, payload] = Array.isArray(frame) ? frame : [frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload]
    return typeof topic === 'string' && typeof event === 'string' ? { join_ref, ref, topic, event, payload: payload ?? {} } : undefined
  } catch {
    return undefined
  }
}

/** Kind 3: a user's broadcast. @param {Uint8Array} frame @returns {Message | undefined} */
function decodeBytes(frame) {
  if (frame[0] !== 3) return undefined
  let at = 7
  const [join_ref = '', ref = '', topic = '', event = ''] = [1, 2, 3, 4, 5].map((place) => reader.decode(frame.subarray(at, (at += frame[place] ?? 0))))
  const rest = frame.slice(at)
  const payload = frame[6] === 0 ? rest : JSON.parse(reader.decode(rest))
  return { join_ref: join_ref || null, ref: ref || null, topic, event: 'broadcast', payload: { type: 'broadcast', event, payload } }
}
