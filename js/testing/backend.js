// A whole backend in the page: realtime, tables, API and event streams, in memory. Nothing of it needs a network, and with
// the same calls it does the same each time.
import { pageClock } from './clock.js'
import { Table } from './database.js'
import { Routes, answer, answerRest } from './http.js'
import { Realtime } from './realtime.js'
import { FakeSocket } from './socket.js'
import { FakeStream } from './stream.js'

/** @typedef {import('./frame.js').Message} Message */
/** @typedef {import('./database.js').Row} Row */
/**
 * An asset: its status, its progress, or whatever the column says of it.
 * @typedef {string | number | { status?: string, progress?: number | null, url?: string, [more: string]: any }} AssetState
 */
/**
 * @typedef {object} BackendOptions
 * @property {import('./clock.js').Clock} [clock] the page's timers by default; see `manualClock`
 * @property {number} [delay] what each message takes on its way, in milliseconds: 0
 * @property {number} [subscribeDelay] from the join to the word that changes flow: 0 (on the real server 20 to 3,000)
 * @property {string[]} [publication] the tables whose changes are sent; all by default
 * @property {string} [storiesTable] `stories`
 * @property {(table: string, query: URLSearchParams) => void} [onRead] before a read is answered
 */
/**
 * What fails: opening a socket, a join, the word that changes flow, an acknowledged broadcast; a read or a write of a table, a
 * request of the API, an event stream.
 * @typedef {'socket' | 'join' | 'changes' | 'broadcast' | 'presence' | 'read' | 'write' | 'api' | 'stream'} Failing
 */
/**
 * @typedef {object} Failure
 * @property {number} [times] 1
 * @property {string} [about] a topic, a table or a path; all by default
 * @property {boolean} [silent] no answer at all
 * @property {string} [reason] the server's words: of a join, or of a broadcast
 * @property {string} [message] the server's words: of changes, or of a request
 * @property {number} [status] of HTTP: 503; 0 for a network that fails
 * @property {any} [body] of the answer
 * @property {number} [retryAfter] seconds
 */

export class FakeBackend {
  /** What to give `createClient`, besides `options`. */
  url = 'https://project.test'
  key = 'sb_publishable_testing'
  apiBase = 'https://api.test/v1'
  /** Everything that was said over the sockets, oldest first. @type {(Message & { from: 'page' | 'backend' })[]} */
  messages = []
  /** Every request, oldest first. @type {import('./http.js').RequestNote[]} */
  requests = []
  /** @internal @type {Map<string, (args: any) => any>} */
  procedures = new Map()
  #clock
  #options
  #realtime
  #routes = new Routes()
  /** @type {Map<string, Table>} */
  #tables = new Map()
  /** @type {Map<string, FakeStream>} */
  #streams = new Map()
  /** @type {(Failure & { what: Failing, times: number })[]} */
  #failures = []
  /** @type {Map<string, (asked: { row: Row, user: string | null }) => boolean>} */
  #rowRules = new Map()
  /** @type {Map<string, (asked: { user: string | null }) => boolean>} */
  #topicRules = new Map()
  /** @type {{ condition: () => boolean, resolve: () => void }[]} */
  #waiting = []
  #isUp = true
  #stamp = { at: 0, turn: 0 }
  /** Tokens up to this one have been called expired. */
  #tokens = { given: 0, expired: 0 }

  /** @param {BackendOptions} [options] */
  constructor(options = {}) {
    this.#clock = options.clock ?? pageClock
    this.#options = options
    const { publication, subscribeDelay = 0, storiesTable = 'stories' } = options
    this.#realtime = new Realtime({
      later: this.#later,
      now: () => this.#clock.now(),
      subscribeDelay,
      isPublished: (table) => !publication || publication.includes(table),
      maySee: (table, row, token) => this.maySee(table, row, token),
      refusal: (topic, token) => this.#refusal(topic, token),
      failure: (what, about) => this.#failure(/** @type {Failing} */ (what), about),
      note: (from, message) => this.messages.push({ from, ...message }),
    })
    for (const name of [storiesTable, 'notifications', 'emotion_check_ins']) this.table(name)
    this.route('GET /stories/:id', ({ params }) => this.#stories.get(params.id ?? '') ?? { status: 404, body: { message: 'No such story' } })
    this.route('POST /stories/:id/assets/retry', ({ params: { id = '' }, body }) => {
      const row = this.#stories.get(id)
      if (!row) return { status: 404, body: { message: 'No such story' } }
      const wanted = Array.isArray(body?.assetTypes) ? body.assetTypes : []
      if (wanted.length) this.update(id, Object.fromEntries(wanted.map((/** @type {string} */ asset) => [asset, 'pending'])))
      return { retried: wanted }
    })
    // As docs/supabase.md has it; without ids, all of them.
    this.rpc('mark_notifications_read', ({ user_id: user, ids }) => {
      const isMeant = (/** @type {Row} */ row) => String(row.user_id) === String(user) && !row.read && (!ids || ids.map(String).includes(String(row.id)))
      return this.table('notifications').update(isMeant, { read: true }).length
    })
    const server = {
      connect: (/** @type {FakeSocket} */ socket) => this.#connect(socket),
      receive: (/** @type {FakeSocket} */ socket, /** @type {any} */ data) => this.#isUp && this.#realtime.receive(socket, data),
      disconnect: (/** @type {FakeSocket} */ socket) => this.#realtime.disconnect(socket),
      later: this.#later,
    }
    /** Stands in for the browser's class: `new backend.WebSocket(url)`. @type {typeof WebSocket} */
    this.WebSocket = /** @type {any} */ (
      class extends FakeSocket {
        /** @param {string | URL} url */
        constructor(url) {
          super(server, url)
        }
      }
    )
  }

  /** The options of `createClient` with which a client talks to this backend. */
  get options() {
    return { WebSocket: this.WebSocket, fetch: this.fetch, apiBase: this.apiBase }
  }

  // Stories.

  get #stories() {
    return this.table(this.#options.storiesTable ?? 'stories')
  }

  /**
   * A story: its row is there, and those who follow it are told.
   * @param {string} id @param {Record<string, AssetState>} [assets] e.g. `{ cover: 'generating', audio: 40, pdf: { status: 'ready', url } }`
   * @param {Row} [columns] further columns of the row
   */
  story(id, assets = {}, columns = {}) {
    const row = { id, title: 'A story', ...columns, asset_generation_status: { assets: states({}, assets) } }
    if (this.#stories.get(id)) this.#stories.update(id, row)
    else this.#stories.insert(row)
    return { id, update: (/** @type {Record<string, AssetState>} */ changes, /** @type {Row} */ more = {}) => this.update(id, changes, more), remove: () => void this.#stories.delete(id) }
  }

  /**
   * Changes assets of a story; what is not named stays.
   * @param {string} id @param {Record<string, AssetState>} assets @param {Row} [columns]
   */
  update(id, assets, columns = {}) {
    const [row] = this.#stories.update(id, (before) => {
      const known = before.asset_generation_status?.assets ?? {}
      return { ...columns, asset_generation_status: { ...before.asset_generation_status, assets: states(known, assets) } }
    })
    if (!row) throw new Error(`There is no story "${id}": make it with backend.story().`)
    return row
  }

  // Tables, by name.

  /** A table, which is made when it is first named: `backend.table('profiles').insert({ id: '7' })`. @param {string} name */
  table(name) {
    const table = this.#tables.get(name) ?? new Table(name, this.#nextStamp, (change) => this.#realtime.change(change))
    this.#tables.set(name, table)
    return table
  }

  /** @internal @param {string} name */
  hasTable(name) {
    return this.#tables.has(name)
  }

  /** What a function of the database does: `POST /rest/v1/rpc/<name>`. @param {string} name @param {(args: any) => any} procedure */
  rpc(name, procedure) {
    this.procedures.set(name, procedure)
  }

  /** Row level security: which rows a user sees; null is nobody. @param {string} table @param {(asked: { row: Row, user: string | null }) => boolean} rule */
  allowRows(table, rule) {
    this.#rowRules.set(table, rule)
  }

  /** Who may join a topic. @param {string} topic @param {(asked: { user: string | null }) => boolean} rule */
  allowTopic(topic, rule) {
    this.#topicRules.set(topic, rule)
  }

  // Messages.

  /** @param {string} topic e.g. `room:1` @param {string} event @param {any} [payload] a `Uint8Array` goes out as bytes */
  broadcast(topic, event, payload) {
    this.#realtime.broadcast(topic, event, payload)
  }

  /**
   * A notification for a user: a row of `notifications`, and the broadcast `new_notification` on `notifications:<user>`.
   * @param {string} user @param {{ title?: string, message?: string, type?: string, data?: any, [column: string]: any }} notification
   */
  notify(user, notification) {
    const row = this.table('notifications').insert({ user_id: user, type: 'info', title: '', message: '', data: {}, read: false, ...notification })
    this.broadcast(`notifications:${user}`, 'new_notification', row)
    return row
  }

  /** Others on a topic: they come, change what they show, and go. @param {string} topic */
  presence(topic) {
    return {
      join: (/** @type {string} */ key, /** @type {any} */ meta = {}) => this.#realtime.track(`realtime:${topic}`, key, meta),
      leave: (/** @type {string} */ key) => this.#realtime.untrack(`realtime:${topic}`, key),
      /** Everyone, the page's own clients included. */
      state: () => this.#realtime.presenceState(topic),
    }
  }

  /** The event stream at a path below `apiBase`. @param {string} path e.g. `/profiles/7/emotions/stream` */
  sse(path) {
    const stream = this.#streams.get(path) ?? new FakeStream()
    this.#streams.set(path, stream)
    return stream
  }

  /** What the API answers: `backend.route('POST /stories/:id/share', ({ params, body }) => ({ url: '…' }))`. @param {string} path @param {import('./http.js').Route} route */
  route(path, route) {
    this.#routes.add(path, route)
  }

  // Users.

  /** A token of a signed-in user, for `accessToken`. It is signed by nobody. @param {{ user?: string, expiresIn?: number }} [of] seconds */
  token({ user = 'user-1', expiresIn = 3600 } = {}) {
    const part = (/** @type {any} */ value) => btoa(JSON.stringify(value)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
    const now = Math.floor(this.#clock.now() / 1000)
    return [part({ alg: 'none', typ: 'JWT' }), part({ sub: user, role: 'authenticated', iat: now, exp: now + expiresIn, jti: ++this.#tokens.given }), 'signature'].join('.')
  }

  /** Every token given so far has expired: channels end, reads are refused, until there is a new one. */
  expire() {
    this.#tokens.expired = this.#tokens.given
    this.#realtime.end('Token has expired 0 seconds ago')
  }

  // Trouble.

  /** The network goes: sockets and requests fail, and the page is told as a browser tells it. */
  offline() {
    this.#isUp = false
    this.cut(1006)
    globalThis.dispatchEvent?.(new Event('offline'))
  }

  online() {
    this.#isUp = true
    globalThis.dispatchEvent?.(new Event('online'))
  }

  /** Ends the sockets that are open. @param {number} [code] 1006: without a word @param {string} [reason] */
  cut(code = 1006, reason = '') {
    for (const socket of [...this.#realtime.sockets.keys()]) {
      this.#realtime.disconnect(socket)
      this.#later(() => socket.end(code, reason))
    }
  }

  /** The channels of a topic crash on the server. @param {string} [topic] all by default */
  crash(topic) {
    this.#realtime.crash(topic)
  }

  /** The next of its kind fails. @param {Failing} what @param {Failure} [failure] */
  failNext(what, failure = {}) {
    this.#failures.push({ times: 1, ...failure, what })
  }

  // For tests.

  /** The topics that are joined, and whether changes flow. */
  get joined() {
    return this.#realtime.members.map(({ topic, flows, bindings }) => ({ topic: topic.replace('realtime:', ''), live: flows || bindings.length === 0 }))
  }

  /** The topics whose presence somebody follows. */
  get watched() {
    return [...new Set(this.#realtime.members.filter(({ config }) => config.presence?.enabled).map(({ topic }) => topic.replace('realtime:', '')))]
  }

  /** The event streams that were opened or named, by path. */
  get streams() {
    return [...this.#streams]
  }

  /** How many sockets are open. */
  get sockets() {
    return this.#realtime.sockets.size
  }

  /**
   * Settles when a topic is joined, and changes flow if it asked for any. Stories that a page shows together share a topic,
   * which counts as that of each: `live('story:42')`.
   * @param {string} topic
   */
  live(topic) {
    return this.until(() => this.joined.some((one) => one.topic === topic && one.live) || this.#realtime.isFollowed(topic))
  }

  /** Settles when a condition holds; it is looked at after each step of the backend. @param {() => boolean} condition @returns {Promise<void>} */
  until(condition) {
    return new Promise((resolve) => {
      if (condition()) resolve()
      else this.#waiting.push({ condition, resolve })
    })
  }

  /** Ends everything: no socket stays open. */
  close() {
    this.#isUp = false
    this.cut(1001)
    for (const stream of this.#streams.values()) stream.close()
  }

  /**
   * Stands in for the browser's `fetch`.
   * @type {(input: string | URL | Request, init?: RequestInit) => Promise<Response>}
   */
  fetch = async (input, init) => {
    const isRequest = typeof input === 'object' && 'headers' in input
    const url = new URL(isRequest ? input.url : String(input), globalThis.location?.href)
    const method = (init?.method ?? (isRequest ? input.method : 'GET')).toUpperCase()
    const headers = Object.fromEntries(new Headers(init?.headers ?? (isRequest ? input.headers : {})))
    const text = isRequest ? await input.text() : init?.body
    /** @type {import('./http.js').RequestNote} */
    const request = { method, url: url.href, headers, body: parse(text) }
    const signal = init?.signal
    this.requests.push(request)
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal?.reason ?? new DOMException('Aborted', 'AbortError'))
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort, { once: true })
      this.#later(() => {
        if (!this.#isUp) return reject(new TypeError('Failed to fetch'))
        this.#answer(request, url, signal).then((response) => response && this.#later(() => resolve(response)), reject)
      })
    })
  }

  /** @param {import('./http.js').RequestNote} request @param {URL} url @param {AbortSignal | null | undefined} signal @returns {Promise<Response | undefined>} */
  async #answer(request, url, signal) {
    const { method, headers, body } = request
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
    const isRest = url.href.startsWith(`${this.url}/rest/v1/`)
    const path = url.href.startsWith(this.apiBase) ? url.href.slice(this.apiBase.length).replace(/[?#].*/, '') : url.pathname
    const isStream = Boolean(headers.accept?.includes('text/event-stream'))
    const failure = this.#failure(isStream ? 'stream' : !isRest ? 'api' : method === 'GET' ? 'read' : 'write', isRest ? (path.split('/').at(-1) ?? '') : path)
    if (failure?.silent) return undefined
    if (failure?.status === 0) throw new TypeError('Failed to fetch')
    if (failure) {
      const { status = 503, message = 'The fake backend was told to fail', retryAfter } = failure
      return answer(status, failure.body ?? { message }, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) })
    }
    if (isRest) return answerRest(this, request, token)
    if (url.href.startsWith(`${this.url}/realtime/v1/api/broadcast`)) {
      for (const { topic, event, payload } of body?.messages ?? []) this.broadcast(topic, event, payload)
      return answer(202)
    }
    if (this.expiry(token)) return answer(401, { message: 'The token has expired' })
    return isStream ? this.sse(path).open(signal) : this.#routes.answer(method, path, { query: url.searchParams, body, token })
  }

  // Rules.

  /** @internal @param {string} table @param {URLSearchParams} query */
  aboutToRead(table, query) {
    this.#options.onRead?.(table, query)
  }

  /** @internal @param {string} table @param {Row} row @param {string | undefined} token */
  maySee(table, row, token) {
    return this.#rowRules.get(table)?.({ row, user: userOf(token) }) ?? true
  }

  /** Why a token counts no more, or empty. @internal @param {string | undefined} token */
  expiry(token) {
    const claims = claimsOf(token)
    if (!claims) return ''
    const over = Math.floor(this.#clock.now() / 1000) - Number(claims.exp ?? Infinity)
    return over >= 0 || Number(claims.jti) <= this.#tokens.expired ? `InvalidJWTToken: Token has expired ${Math.max(over, 0)} seconds ago` : ''
  }

  /** @param {string} topic @param {string | undefined} token */
  #refusal(topic, token) {
    const isAllowed = this.#topicRules.get(topic)?.({ user: userOf(token) }) ?? true
    return this.expiry(token) || (isAllowed ? '' : `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`)
  }

  /** @param {Failing} what @param {string} about */
  #failure(what, about) {
    const failure = this.#failures.find((one) => one.what === what && (one.about ?? about) === about && one.times > 0)
    if (failure) failure.times -= 1
    return failure
  }

  /** @param {FakeSocket} socket */
  #connect(socket) {
    const isRefused = this.#failure('socket', '') || new URL(socket.url).searchParams.get('apikey') !== this.key
    if (!this.#isUp || isRefused) socket.end(1006)
    else this.#realtime.connect(socket)
  }

  /** @type {(task: () => void, delay?: number) => void} */
  #later = (task, delay = this.#options?.delay ?? 0) => {
    this.#clock.setTimeout(() => {
      task()
      const fulfilled = this.#waiting.filter(({ condition }) => condition())
      this.#waiting = this.#waiting.filter((one) => !fulfilled.includes(one))
      for (const { resolve } of fulfilled) resolve()
    }, delay)
  }

  /** Times of writes, each later than the one before, however fast they come. */
  #nextStamp = () => {
    const now = this.#clock.now()
    const { at, turn } = this.#stamp
    this.#stamp = now > at ? { at: now, turn: 0 } : turn < 999 ? { at, turn: turn + 1 } : { at: at + 1, turn: 0 }
    return new Date(this.#stamp.at).toISOString().replace('Z', `${String(this.#stamp.turn).padStart(3, '0')}+00:00`)
  }
}

/** @param {Record<string, any>} before @param {Record<string, AssetState>} changes */
function states(before, changes) {
  const after = { ...before }
  for (const [asset, change] of Object.entries(changes)) {
    const full = typeof change === 'string' ? { status: change } : typeof change === 'number' ? { status: 'generating', progress: change } : change
    after[asset] = { ...before[asset], ...full }
  }
  return after
}

/** @param {any} body */
function parse(body) {
  try {
    return typeof body === 'string' && body ? JSON.parse(body) : (body ?? undefined)
  } catch {
    return body
  }
}

/** @param {string | undefined} token */
function claimsOf(token) {
  try {
    return JSON.parse(atob((token?.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')))
  } catch {
    return undefined
  }
}

/** @param {string | undefined} token @returns {string | null} */
const userOf = (token) => claimsOf(token)?.sub ?? null
