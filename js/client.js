// The client: everything a page can ask for, from the first line on. What is asked before the module has loaded waits in
// a queue, so that nothing here needs an `await`.
import { Channel } from './channel.js'
import { StorywireError, isServiceKey, misuses } from './errors.js'
import { Listeners, report } from './listeners.js'
import { load } from './load.js'
import { Rows } from './rows.js'
import { Sink } from './sink.js'
import { Story } from './story.js'

/**
 * The exports of the core.
 * @internal
 * @typedef {import('../pkg/storywire.js').RawClient} Raw
 */
/** @typedef {import('./types.js').ClientOptions} ClientOptions */
/** @typedef {import('./types.js').ChannelOptions} ChannelOptions */
/** @typedef {import('./types.js').Connection} Connection */
/** @typedef {import('./types.js').RowsHandlers} RowsHandlers */
/** @typedef {import('./types.js').RowsOptions} RowsOptions */
/** @typedef {import('./types.js').StoryHandlers} StoryHandlers */
/** @typedef {import('./types.js').AssetChange} AssetChange */
/** @typedef {{ connection: Connection, error: StorywireError, asset: AssetChange, story: AssetChange }} Events */

export class Client {
  /** Settles when the module has loaded; never rejects: a failure is an `error` event. @type {Promise<void>} */
  ready
  /** @internal */
  sink = new Sink(this)
  /** `client.realtime` of Supabase's client, as far as pages use it. */
  realtime = {
    /** Sets the access token; null goes back to `accessToken`, or to none. @param {string | null} [token] */
    setAuth: async (token) => this.#setAuth(token ?? undefined),
    getChannels: () => this.getChannels(),
    channel: (/** @type {string} */ name, /** @type {ChannelOptions} */ options) => this.channel(name, options),
    removeChannel: (/** @type {Channel} */ channel) => this.removeChannel(channel),
    removeAllChannels: () => this.removeAllChannels(),
    connect: () => {},
    disconnect: () => this.removeAllChannels(),
    isConnected: () => this.connection === 'live',
  }
  #url
  #key
  #options
  /** @type {Raw | undefined} */
  #raw
  /** @type {((raw: Raw) => void)[] | undefined} */
  #queue = []
  #listeners = /** @type {Listeners<Events>} */ (new Listeners())
  /** @type {Set<Channel>} */
  #joined = new Set()
  /** @type {string | undefined} */
  #token
  #closed = false

  /**
   * @param {string} url of the project, e.g. `https://xyz.supabase.co` @param {string} key publishable or anon
   * @param {ClientOptions} [options]
   * @throws {StorywireError} `bad-url`, `no-key`, `service-key`: at once, since nothing can work
   */
  constructor(url, key, options = {}) {
    if (!/^https?:\/\/[^/]/.test(String(url))) throw new StorywireError('bad-url')
    if (typeof key !== 'string' || !key) throw new StorywireError('no-key')
    if (isServiceKey(key)) throw new StorywireError('service-key')
    this.#url = String(url).replace(/\/+$/, '')
    this.#key = key
    this.#options = options
    const { timing = {}, vsn, accessToken, wasm } = options
    this.ready = load(wasm).then(
      (RawClient) => {
        if (this.#closed) return
        const socketUrl = this.#socketUrl()
        const { assets, stories } = options
        const settings = { ...timing, socketUrl, restUrl: `${this.#url}/rest/v1`, key, old: vsn === '1.0.0', asksTokens: Boolean(accessToken), assets, stories }
        this.#raw = new RawClient(JSON.stringify(settings), this.sink)
        const queue = this.#queue ?? []
        this.#queue = undefined
        for (const command of queue) command(this.#raw)
      },
      (error) => this.hearError(error),
    )
  }

  #socketUrl() {
    return this.#options.socketUrl ?? `${this.#url.replace(/^http/, 'ws')}/realtime/v1/websocket`
  }

  // Channels, as in Supabase's client.

  /** @param {string} name @param {ChannelOptions} [options] */
  channel(name, options = {}) {
    return new Channel(this, name, options)
  }

  /** The channels that are subscribed. */
  getChannels() {
    return [...this.#joined]
  }

  /** @param {Channel} channel @returns {Promise<'ok'>} */
  removeChannel(channel) {
    return channel.unsubscribe()
  }

  /** @returns {Promise<'ok'[]>} */
  removeAllChannels() {
    return Promise.all(this.getChannels().map((channel) => channel.unsubscribe()))
  }

  // Rows.

  /**
   * Follows one row: reads it, keeps it current, reads it again after every gap.
   * @param {string} table @param {string | Record<string, any>} filter `id=eq.42` or `{ id: 42 }`
   * @param {RowsHandlers} [handlers] @param {RowsOptions} [options]
   */
  row(table, filter, handlers = {}, options = {}) {
    return new Rows(this, table, filter, handlers, options, true)
  }

  /**
   * Follows all rows that a filter names.
   * @param {string} table @param {string | Record<string, any> | undefined} filter
   * @param {RowsHandlers} [handlers] @param {RowsOptions} [options]
   */
  rows(table, filter, handlers = {}, options = {}) {
    return new Rows(this, table, filter, handlers, options, false)
  }

  // Stories.

  /**
   * Wants a story, and hears of it. Elements with its id are kept true whether or not this is called.
   * @param {string} id @param {StoryHandlers} [handlers]
   */
  story(id, handlers = {}) {
    return new Story(this, String(id), handlers)
  }

  /** Keeps the elements below `root` true: `[data-story-id]`, `[data-asset]`. @param {Element} [root] */
  observe(root = document.documentElement) {
    this.run((raw) => raw.observe(root))
    return this
  }

  /** The stories that code wants, for what is said of them. @internal @type {Set<Story>} */
  stories = new Set()

  // The client itself.

  /** What the client can say of itself at this moment. @type {Connection} */
  connection = 'stopped'

  /**
   * @template {keyof Events} Event
   * @param {Event} event `connection` or `error` @param {(value: Events[Event]) => unknown} listener
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void} the undo
   */
  on(event, listener, options) {
    return this.#listeners.on(event, listener, options)
  }

  /** Closes everything, for good: nothing is called any more, no timer and no socket remains. */
  close() {
    if (this.#closed) return
    this.#closed = true
    this.#queue = undefined
    const raw = this.#raw
    this.#raw = undefined
    raw?.close()
    // What the close itself has to say is said in a microtask.
    setTimeout(() => raw?.free())
  }

  // For the parts.

  /**
   * Gives the core a command, now or when it has loaded. A misuse comes back as an error.
   * @internal
   * @param {(raw: Raw) => void} command @param {(error: StorywireError) => void} [onError]
   */
  run(command, onError = (error) => this.hearError(error)) {
    const guarded = (/** @type {Raw} */ raw) => {
      try {
        command(raw)
      } catch (error) {
        if (typeof error === 'string') onError(new StorywireError(error))
        else report(error)
      }
    }
    if (this.#raw) guarded(this.#raw)
    else if (this.#queue) {
      this.#queue.push(guarded)
      this.#openEarly()
    }
  }

  /** Opens the socket while the module still compiles; the core takes it over. */
  #openEarly() {
    if (this.sink.early || typeof WebSocket === 'undefined') return
    const url = `${this.#socketUrl()}?apikey=${encodeURIComponent(this.#key)}&vsn=${this.#options.vsn ?? '2.0.0'}`
    try {
      this.sink.early = { url, socket: new WebSocket(url) }
    } catch {
      // The core will try the same and say what is wrong.
    }
  }

  /** An id, or the mistake that an export returned in its place. @internal @param {number} result */
  check(result) {
    if (result < 0) throw misuses[-1 - result]
    return result
  }

  /** @internal @template T @param {(raw: Raw) => T} question @returns {T | undefined} */
  ask(question) {
    return this.#raw && question(this.#raw)
  }

  /** @internal @param {Channel} channel */
  join(channel) {
    this.#joined.add(channel)
  }

  /** @internal @param {Channel} channel */
  leave(channel) {
    this.#joined.delete(channel)
  }

  /** @internal @template {keyof Events} Event @param {Event} event @param {Events[Event]} value */
  hear(event, value) {
    if (event === 'connection') this.connection = /** @type {Connection} */ (value)
    return this.#listeners.emit(event, value)
  }

  /**
   * An error goes to the listeners, and to the story that it concerns; where nobody listens, it is said on the console,
   * the same one once until another comes.
   * @internal
   * @param {StorywireError} error @param {string} [story]
   */
  hearError(error, story) {
    let heard = this.hear('error', error)
    for (const one of this.stories) if (one.id === story) heard = one.hearError(error) || heard
    if (!heard && this.#said !== error.code + story) console.warn(`Storywire: ${error.message}`)
    this.#said = error.code + story
  }
  #said = ''

  /** @internal @param {AssetChange} change */
  hearAsset(change) {
    if (change.kind === 'odd') {
      this.hearError(new StorywireError(`odd-${change.status}`, { detail: `${change.asset}: ${change.url}`, about: change.story }), change.story)
      return
    }
    this.hear(change.kind, change)
    for (const story of [...this.stories]) if (story.id === change.story) story.hear(change)
  }

  /**
   * Asks for assets to be made again: by the story's own function, or by the API.
   * @internal
   * @param {string} story @param {string} asset @param {string[]} types
   */
  async postRetry(story, asset, types) {
    const own = [...this.stories].find((one) => one.id === story && one.retries)
    const settle = (/** @type {number} */ status, detail = '', empty = false) => this.run((raw) => raw.retried(story, asset, status, detail, empty))
    try {
      if (own) {
        const result = await own.ask(asset)
        settle(200, '', Array.isArray(result?.retried) && result.retried.length === 0)
        return
      }
      const base = this.#options.apiBase
      if (!base) throw new StorywireError('retry-failed')
      const token = this.#token ?? (await this.#options.accessToken?.())
      const response = await fetch(`${base.replace(/\/+$/, '')}/stories/${encodeURIComponent(story)}/assets/retry`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ assetTypes: types }),
        signal: AbortSignal.timeout(20_000),
      })
      const body = await response.json().catch(() => ({}))
      const detail = response.status === 429 ? (response.headers.get('retry-after') ?? '') : String(body.upgradeUrl ?? body.upgradeOptions?.[0]?.url ?? '')
      settle(response.status, detail, Array.isArray(body.retried) && body.retried.length === 0)
    } catch (error) {
      settle(0)
      this.hearError(error instanceof StorywireError ? error : new StorywireError('retry-failed', { detail: String(error) }), story)
    }
  }

  /** @internal @param {number} request */
  giveToken(request) {
    const give = (/** @type {unknown} */ token, failed = false) => this.#raw?.token(request, typeof token === 'string' ? token : '', failed)
    new Promise((resolve) => resolve(this.#options.accessToken?.())).then(
      (token) => give(token ?? undefined, token !== null && token !== undefined && typeof token !== 'string'),
      (error) => {
        report(error)
        give(undefined, true)
      },
    )
  }

  /** @param {string | undefined} token */
  #setAuth(token) {
    this.#token = token
    this.run((raw) => this.check(raw.setToken(token ?? '')))
  }

  /**
   * @internal
   * @param {{ topic: string, event: string, payload: any, private: boolean }} message @param {number} timeout
   * @returns {Promise<{ success: true } | { success: false, status: number, error: string }>}
   */
  async httpBroadcast(message, timeout) {
    try {
      const token = this.#token ?? (await this.#options.accessToken?.())
      const response = await fetch(`${this.#url}/realtime/v1/api/broadcast`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          apikey: this.#key,
          ...(token && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ messages: [message] }),
        signal: AbortSignal.timeout(timeout),
      })
      if (response.status === 202) return { success: true }
      const body = await response.json().catch(() => ({}))
      return { success: false, status: response.status, error: String(body.error ?? body.message ?? response.statusText) }
    } catch (error) {
      return { success: false, status: 0, error: String(/** @type {any} */ (error)?.message ?? error) }
    }
  }
}
