// The page's side: runs one client on one stream, and says how long it took.
import { clients } from './clients.js'
import { bigEvent, events, slices } from './corpus.js'

/** Streams from memory, so that nothing but the client is measured. @type {Map<string, Uint8Array[]>} */
const memory = new Map()
const realFetch = globalThis.fetch

globalThis.fetch = (input, init) => {
  const parts = memory.get(new URL(input.url ?? input, location.href).pathname)
  if (!parts) return realFetch(input, init)
  let at = 0
  const body = new ReadableStream({
    pull(controller) {
      const part = parts[at++]
      if (part) controller.enqueue(part)
      // It stays open, as a stream does.
    },
  }, { highWaterMark: 0 })
  const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  return Promise.resolve(Object.defineProperty(response, 'url', { value: location.href }))
}

/** @param {string} path @param {{ count: number, size: number, end?: string, width?: number, big?: number }} what */
export function prepare(path, { count, size, end, width, big }) {
  memory.set(path, slices(big ? bigEvent(big) : events(count, { end, width }), size))
}

/** @param {string} name @param {string} path @param {number} count @param {boolean} json @returns {Promise<number>} ms */
export async function measure(name, path, count, json) {
  const started = performance.now()
  await clients[name]({ url: new URL(path, location.href).href, count, json })
  return performance.now() - started
}

export const names = Object.keys(clients)
