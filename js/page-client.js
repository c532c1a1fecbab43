// The client of a page that shows stories and asks for nothing else: what the script tag makes. What is asked before the
// module has loaded waits in a queue, so that nothing here needs an `await`.
import { letGo } from './early-socket.js'
import { StorywireError, isSaid, isServiceKey, learn, misuses } from './errors.js'
import { Listeners, report } from './listeners.js'
import { persist } from './persist.js'
import { Sink } from './sink.js'
import { Story } from './story.js'

/**
 * The exports of the core, of which a page for stories has the lesser part.
 * @internal
 * @typedef {import('../pkg/storywire_story.js').RawClient} Raw
 */
/** @typedef {import('./types.js').ClientOptions} ClientOptions */
/** @typedef {import('./types.js').Connection} Connection */
/** @typedef {import('./types.js').StoryHandlers} StoryHandlers */
/** @typedef {import('./types.js').AssetChange} AssetChange */
/** @typedef {{ connection: Connection, error: StorywireError, asset: AssetChange, story: AssetChange }} Events */

/** A server that renders pages makes clients too; there they wait, and the page's own does the work. */
const isPage = 'document' in globalThis || 'WorkerGlobalScope' in globalThis

export class PageClient {
  /**
   * Settles when the module has loaded; never rejects: a failure is an `error` event, and what it settles with. A module that
   * could not be had is tried again when the network is back, and now and then.
   * @type {Promise<StorywireError | void>}
   */
  ready
  /** @internal @type {Sink} */
  sink = this.makeSink()
  #url
  #key
  #options
  /** @type {Raw | undefined} */
  #raw
  /** What was asked before the module has loaded. @type {(() => void)[] | undefined} */
  #queue = []
  #listeners = /** @type {Listeners<Events>} */ (new Listeners())
  /** @type {string | undefined} */
  #token
  #end = new AbortController()

  /**
   * @param {string} url of the project, e.g. `https://xyz.supabase.co` @param {string} key publishable or anon
   * @param {ClientOptions} options @param {(source: ClientOptions['wasm']) => Promise<any>} load loads the module
   * @throws {StorywireError} `bad-url`, `no-key`, `service-key`: at once, since nothing can work
   */
  constructor(url, key, options, load) {
    if (!/^https?:\/\/[^/]/.test(String(url))) throw new StorywireError('bad-url')
    if (typeof key !== 'string' || !key) throw new StorywireError('no-key')
    if (isServiceKey(key)) throw new StorywireError('service-key')
    this.#url = String(url).replace(/\/+$/, '')
    this.#key = key
    this.#options = options
    const { timing = {}, vsn, accessToken, wasm } = options
    const start = async (/** @type {any} */ RawClient) => {
      // What the browser compiles as the core first runs is a task of its own.
      await /** @type {any} */ (globalThis).scheduler?.yield?.()
      if (this.#isClosed) return
      const socketUrl = this.#socketUrl()
      const { assets, stories, channelLimit } = options
      const settings = { ...timing, socketUrl, restUrl: `${this.#url}/rest/v1`, key, old: vsn === '1.0.0', asksTokens: Boolean(accessToken), assets, stories, channelLimit }
      this.#raw = /** @type {Raw} */ (new RawClient(JSON.stringify(settings), this.sink.now(), Math.random()))
      this.sink.start(this.#raw, RawClient.memory)
      const queue = this.#queue ?? []
      this.#queue = undefined
      for (const command of queue) command()
    }
    const give = (/** @type {StorywireError} */ error) => {
      if (this.#isClosed) return error
      letGo(this.sink.early)
      this.hear('connection', 'stopped')
      this.hearError(error)
      for (const story of this.stories) story.hearError(error)
      return error
    }
    this.ready = new Promise((resolve) => {
      const tell = (/** @type {StorywireError} */ error) => {
        resolve(give(error))
        // What is asked meanwhile waits in the queue, since the module may yet come.
        if (this.#isClosed || error.code !== 'not-loaded') throw error
      }
      // In a microtask: a client that is closed at once downloads nothing.
      queueMicrotask(() => {
        if (this.#isClosed || !(wasm || isPage)) return resolve()
        persist(() => load(wasm), tell, this.#end.signal).then((RawClient) => resolve(start(RawClient).catch(give)), () => {})
      })
    })
  }

  get #isClosed() {
    return this.#end.signal.aborted
  }

  /** @internal @returns {Sink} */
  makeSink() {
    return new Sink(this)
  }

  #socketUrl() {
    return this.#options.socketUrl ?? `${this.#url.replace(/^http/, 'ws')}/realtime/v1/websocket`
  }

  // Stories.

  /**
   * Wants a story, and hears of it. Elements with its id are kept true whether or not this is called.
   * @param {string} id @param {StoryHandlers} [handlers]
   */
  story(id, handlers) {
    if (!id) this.hearError(new StorywireError('no-story'))
    return new Story(this, String(id ?? ''), handlers ?? {})
  }

  /** Keeps the elements below `root` true: `[data-story-id]`, `[data-asset]`. @param {Element} [root] */
  observe(root) {
    this.run((_, sink) => sink.observe(root ?? document.documentElement))
    return this
  }

  /** The stories that code wants, for what is said of them. @internal @type {Set<Story>} */
  stories = new Set()

  /** What was last said of each story and its assets, for those who ask later. @internal @type {Map<string, Map<string, AssetChange>>} */
  told = new Map()

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
    if (this.#isClosed) return
    this.#end.abort()
    this.#queue = undefined
    letGo(this.sink.early)
    if (this.#raw) this.sink.close()
    this.#raw = undefined
  }

  // For the parts.

  /**
   * Gives the core a command, now or when it has loaded. A misuse comes back as an error.
   * @internal
   * @param {(raw: Raw, sink: Sink) => void} command @param {(error: StorywireError) => void} [onError]
   */
  run(command, onError = (error) => this.hearError(error)) {
    const guarded = () => {
      if (!this.#raw) return
      try {
        command(this.#raw, this.sink)
      } catch (error) {
        if (typeof error === 'string') onError(new StorywireError(error))
        else report(error)
      }
    }
    if (this.#raw) guarded()
    else if (this.#queue) {
      this.#queue.push(guarded)
      this.#openEarly()
    }
  }

  /** Opens the socket while the module still compiles; the core takes it over. */
  #openEarly() {
    if (this.sink.early || !(this.#options.WebSocket ?? isPage)) return
    const url = `${this.#socketUrl()}?apikey=${encodeURIComponent(this.#key)}&vsn=${this.#options.vsn ?? '2.0.0'}`
    try {
      this.sink.early = { url, socket: this.openSocket(url) }
    } catch {
      // The core will try the same and say what is wrong.
    }
  }

  /** By the browser, or by what stands in for it; throws if there is neither. @internal @param {string} url */
  openSocket(url) {
    return new (this.#options.WebSocket ?? WebSocket)(url)
  }

  /** @internal @param {string} url @param {RequestInit} init */
  fetch(url, init) {
    return (this.#options.fetch ?? fetch)(url, init)
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

  /** @internal @template {keyof Events} Event @param {Event} event @param {Events[Event]} value */
  hear(event, value) {
    if (event === 'connection') this.connection = /** @type {Connection} */ (value)
    if (value === 'live') this.#said.clear()
    return this.#listeners.emit(event, value)
  }

  /**
   * An error goes to the listeners, and to the story that it concerns; where nobody listens, it is said on the console,
   * the same one once until everything is well again.
   * @internal
   * @param {StorywireError} error @param {string} [story]
   */
  hearError(error, story) {
    const { code } = error
    if (!isSaid(code)) {
      learn(code).then(() => this.#isClosed || this.hearError(new StorywireError(code, error), story))
      return
    }
    let heard = this.hear('error', error)
    for (const one of this.stories) if (one.id === story) heard = one.hearError(error) || heard
    const what = code + story
    if (!heard && !this.#said.has(what)) console.warn(`Storywire: ${error.message}`)
    this.#said.add(what)
  }
  #said = new Set()

  /** @internal @param {AssetChange} change */
  hearAsset(change) {
    if (change.kind === 'odd') {
      this.hearError(new StorywireError(`odd-${change.status}`, { detail: `${change.asset}: ${change.url}`, about: change.story }), change.story)
      return
    }
    const { told } = this
    const changes = told.get(change.story) ?? new Map()
    told.set(change.story, changes.set(change.asset, change))
    if (told.size > 300) told.delete(told.keys().next().value ?? '')
    this.hear(change.kind, change)
    for (const story of [...this.stories]) if (story.id === change.story) story.hear(change)
  }

  /** Asks for assets to be made again. @internal @param {string} story @param {string} asset @param {string[]} types */
  async postRetry(story, asset, types) {
    try {
      const { retry } = await import('./retry.js')
      await retry(this, this.#options, story, asset, types)
    } catch (error) {
      this.settleRetry(story, asset, 0)
      this.hearError(new StorywireError('retry-failed', { detail: String(error) }), story)
    }
  }

  /**
   * What came of it.
   * @internal
   * @param {string} story @param {string} asset @param {number} status of HTTP, or 0 @param {string} [detail] the address of
   *   the plans (402) or the seconds to wait (429) @param {boolean} [isEmpty] the server found nothing to retry
   */
  settleRetry(story, asset, status, detail, isEmpty) {
    this.run((_, sink) => sink.note('retried', Number(isEmpty), status, story, asset, detail))
  }

  /**
   * POSTs JSON in the name of the user.
   * @internal
   * @param {string} url @param {any} body @param {Record<string, string>} headers @param {number} timeout @param {RequestInit} [more]
   */
  async post(url, body, headers, timeout, more) {
    const token = this.#token ?? (await this.#options.accessToken?.())
    return this.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers, ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
      ...more,
    })
  }

  /**
   * Reads over REST, the key and the token as headers: the status (0 if there was no answer), the whole body, the seconds
   * to wait (empty if the answer says none).
   * @internal
   * @param {string} url @param {string} schema @param {string} token @param {AbortSignal} signal
   * @returns {Promise<[number, string, string]>}
   */
  async get(url, schema, token, signal) {
    try {
      const headers = { apikey: this.#key, ...(token && { authorization: `Bearer ${token}` }), ...(schema !== 'public' && { 'accept-profile': schema }) }
      const response = await this.fetch(url, { headers, signal })
      return [response.status, await response.text(), response.headers.get('retry-after') ?? '']
    } catch {
      return [0, '', '']
    }
  }

  /** @internal @param {number} request */
  giveToken(request) {
    const give = (/** @type {unknown} */ token, failed = false) => this.sink.input('token', request, Number(failed), typeof token === 'string' ? token : '')
    new Promise((resolve) => resolve(this.#options.accessToken?.())).then(
      (token) => give(token ?? undefined, token !== null && token !== undefined && typeof token !== 'string'),
      (error) => {
        report(error)
        give(undefined, true)
      },
    )
  }

  /** Sets the access token; null goes back to `accessToken`, or to none. @param {string | null} [token] */
  setAuth(token) {
    this.#token = token ?? undefined
    this.run((_, sink) => this.check(sink.note('set-token', 0, 0, token ?? '')))
  }
}
