// The servers that all clients are measured against: pages; a CDN, which like those of the world speaks HTTP/2 and sends brotli;
// rows over REST; and Supabase Realtime as far as a page that listens needs it. They answer at once and send what they are told to.
import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { extname, join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { generate } from 'selfsigned'
import { WebSocketServer } from 'ws'
import { assets, broadcast, change, newStory, presence, row, step, storyId } from './frames.js'
import { html } from './page.mjs'

const types = { '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' }

/** @typedef {{ topic: string, filter: string, id: number }} Entry what a join asked for */
/** @typedef {{ text: string, after: number }} Sent after: ms since the first */

/** @param {import('node:net').Server} server @param {'http' | 'https'} scheme */
const originOf = (server, scheme) => `${scheme}://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`

/** @param {string} folder of the bundles */
export async function replay(folder) {
  // Packed before anybody asks, so that nobody waits for it.
  const names = readdirSync(folder, { recursive: true }).map(String).filter((name) => extname(name) in types)
  const files = new Map(names.map((name) => [`/${name}`, brotliCompressSync(readFileSync(join(folder, name)))]))
  const snippet = readFileSync(join(folder, 'storywire', 'snippet.html'), 'utf8')
  /** What the stories are now. */
  let stories = new Map()
  let clock = 0
  let bursts = 0
  let lastId = 0
  /** The pages that are connected, with what they listen for. @type {Map<import('ws').WebSocket, Entry[]>} */
  const pages = new Map()

  const http = createServer((request, response) => {
    const url = new URL(String(request.url), 'http://local')
    const send = (/** @type {number} */ status, /** @type {Record<string, string>} */ headers, /** @type {string | Buffer} */ body) =>
      response.writeHead(status, { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', ...headers }).end(body)
    if (request.method === 'OPTIONS') return send(204, {}, '')
    if (url.pathname === '/page') {
      stories = new Map()
      return send(200, { 'content-type': 'text/html' }, html(Object.fromEntries(url.searchParams), originOf(cdn, 'https'), snippet))
    }
    if (url.pathname === '/rest/v1/stories') {
      const asked = [...String(url.searchParams.get('id')).matchAll(/[\da-f]{8}-[\da-f-]{27}/g)].map(([id]) => row(story(Number(id.slice(24)))))
      const single = request.headers.accept?.includes('vnd.pgrst.object')
      return send(200, { 'content-type': 'application/json' }, JSON.stringify(single ? asked[0] : asked))
    }
    send(404, {}, '')
  })

  const identity = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keyType: 'ec', algorithm: 'sha256' })
  const cdn = createSecureServer({ key: identity.private, cert: identity.cert }, (request, response) => {
    const body = files.get(request.url)
    const headers = { 'content-type': types[extname(request.url)] ?? 'text/plain', 'content-encoding': 'br', 'cache-control': 'public, max-age=31536000, immutable', 'access-control-allow-origin': '*' }
    response.writeHead(body ? 200 : 404, body && headers).end(body)
  })

  const story = (/** @type {number} */ number) => {
    if (!stories.has(number)) stories.set(number, newStory(number))
    return stories.get(number)
  }

  /** @type {Set<import('node:net').Socket>} */
  const connections = new Set()
  for (const server of [http, cdn]) server.on('connection', (connection) => connections.add(connection).size && connection.on('close', () => connections.delete(connection)))

  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
  sockets.on('connection', (socket, request) => {
    const isOld = new URL(String(request.url), 'http://local').searchParams.get('vsn') !== '2.0.0'
    /** @type {Entry[]} */
    const entries = []
    pages.set(socket, entries)
    socket.on('close', () => pages.delete(socket))
    const send = (/** @type {any[]} */ ...[joinRef, ref, topic, event, payload]) =>
      socket.send(JSON.stringify(isOld ? { topic, event, payload, ref } : [joinRef, ref, topic, event, payload]))
    socket.on('message', (data, isBinary) => {
      if (isBinary) return
      const message = JSON.parse(String(data))
      const [joinRef, ref, topic, event, payload] = isOld ? [message.join_ref, message.ref, message.topic, message.event, message.payload] : message
      const reply = (/** @type {any} */ response) => send(joinRef, ref, topic, 'phx_reply', { status: 'ok', response })
      if (event === 'phx_join') {
        const asked = payload.config?.postgres_changes ?? []
        const taken = asked.map((/** @type {any} */ of) => ({ ...of, id: ++lastId }))
        for (const { id, filter = '' } of taken) entries.push({ topic, filter, id })
        reply({ postgres_changes: taken })
        if (payload.config?.presence?.enabled) send(joinRef, null, topic, 'presence_state', {})
        if (asked.length > 0) send(null, null, topic, 'system', { channel: topic.slice(9), extension: 'postgres_changes', status: 'ok', message: 'Subscribed to PostgreSQL' })
      } else if (event === 'phx_leave') {
        for (let index = entries.length; index-- > 0; ) if (entries[index]?.topic === topic) entries.splice(index, 1)
        reply({})
        send(joinRef, joinRef, topic, 'phx_close', {})
      } else if (ref) reply({})
    })
  })

  for (const server of [http, cdn]) await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))

  const frame = (/** @type {string} */ topic, /** @type {string} */ event, /** @type {any} */ payload) => JSON.stringify([null, null, topic, event, payload])

  return {
    origin: originOf(http, 'http'),

    /** `count` changes of `cards` stories in turn, and what each asset shows after them. @param {number} count @param {number} cards */
    changes(count, cards) {
      const entries = [...pages.values()].flat()
      const matching = Array.from({ length: cards }, (_, number) => entries.filter(({ filter }) => !filter || filter.includes(storyId(number))))
      const texts = []
      bursts++
      for (let number = 0; number < count; number++) {
        const one = story(number % cards)
        const isLast = count - number <= cards * assets.length
        step(one, ++clock, isLast ? bursts : undefined)
        for (const topic of new Set(matching[one.number]?.map((entry) => entry.topic))) {
          const ids = (matching[one.number] ?? []).filter((entry) => entry.topic === topic).map(({ id }) => id)
          texts.push(frame(topic, 'postgres_changes', change(one, ids)))
        }
      }
      return { texts, expected: Array.from({ length: cards }, (_, number) => [...story(number).progress]) }
    },

    /** Broadcasts of an event, about 300 bytes each; the last one is `tick`, which everybody hears. @param {number} count @param {string} event */
    broadcasts: (count, event) => Array.from({ length: count }, (_, number) => frame('realtime:room', 'broadcast', broadcast(number === count - 1 ? 'tick' : event, number))),

    /** Visitors who come and go; a `tick` is the last. @param {number} count */
    presences: (count) => [
      ...Array.from({ length: count - 1 }, (_, number) => frame('realtime:room', 'presence_diff', presence(number))),
      frame('realtime:room', 'broadcast', broadcast('tick', count - 1)),
    ],

    /** Sends to every page: `rate` a second, or all at once. @param {string[]} texts @param {number} [rate] */
    async send(texts, rate) {
      const begun = performance.now()
      for (let sent = 0; sent < texts.length; ) {
        const due = rate ? Math.min(texts.length, Math.floor(((performance.now() - begun) / 1000) * rate) + 1) : texts.length
        for (; sent < due; sent++) for (const socket of pages.keys()) socket.send(String(texts[sent]))
        if (sent < texts.length) await new Promise((resolve) => setTimeout(resolve, Math.max(1, (sent / Number(rate)) * 1000 - (performance.now() - begun))))
      }
    },

    close() {
      for (const socket of sockets.clients) socket.terminate()
      for (const connection of connections) connection.destroy()
      http.close()
      cdn.close()
    },
  }
}
