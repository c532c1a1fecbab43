// The whole client: everything a page can ask for.
import { Channel } from './channel.js'
import { Emotions } from './emotions.js'
import { StorywireError, sentences } from './errors.js'
import { load } from './load.js'
import { Notifications } from './notifications.js'
import { PageClient } from './page-client.js'
import { Presence } from './presence.js'
import { Room } from './room.js'
import { Rows } from './rows.js'
import { others } from './sentences.js'
import { ClientSink } from './sink.js'
import { openStream } from './stream.js'
import { Subscriptions } from './subscriptions.js'

Object.assign(sentences, others)

/** The exports of the core. @typedef {import('../pkg/storywire.js').RawClient} Raw */
/** @typedef {import('./types.js').ClientOptions} ClientOptions */
/** @typedef {import('./types.js').ChannelOptions} ChannelOptions */
/** @typedef {import('./types.js').PresenceOptions} PresenceOptions */
/** @typedef {import('./types.js').RoomOptions} RoomOptions */
/** @typedef {import('./types.js').RowsHandlers} RowsHandlers */
/** @typedef {import('./types.js').RowsOptions} RowsOptions */

export class Client extends PageClient {
  /** `client.realtime` of Supabase's client, as far as pages use it. */
  realtime = {
    /** Sets the access token; null goes back to `accessToken`, or to none. @param {string | null} [token] */
    setAuth: async (token) => this.setAuth(token),
    getChannels: () => this.getChannels(),
    channel: (/** @type {string} */ name, /** @type {ChannelOptions} */ options) => this.channel(name, options),
    removeChannel: (/** @type {Channel} */ channel) => this.removeChannel(channel),
    removeAllChannels: () => this.removeAllChannels(),
    connect: () => {},
    disconnect: () => this.removeAllChannels(),
    isConnected: () => this.connection === 'live',
  }
  /** Subscriptions by name. */
  subscriptions = new Subscriptions(this)
  #url
  #key
  #options
  /** @type {Set<Channel>} */
  #joined = new Set()
  /** @type {import('./stream.js').EventStream[]} */
  #streams = []
  /** @type {Set<Notifications>} */
  #bells = new Set()
  #isClosed = false

  /**
   * @param {string} url of the project, e.g. `https://xyz.supabase.co` @param {string} key publishable or anon
   * @param {ClientOptions} [options]
   * @throws {StorywireError} `bad-url`, `no-key`, `service-key`: at once, since nothing can work
   */
  constructor(url, key, options = {}) {
    super(url, key, options, load)
    this.#url = String(url).replace(/\/+$/, '')
    this.#key = key
    this.#options = options
  }

  /** @internal @override */
  makeSink() {
    return new ClientSink(this)
  }

  /** @internal */
  get all() {
    return /** @type {ClientSink} */ (this.sink)
  }

  // Channels, as in Supabase's client.

  /** @param {string} name @param {ChannelOptions} [options] */
  channel(name, options) {
    return new Channel(this, name, options ?? {})
  }

  /** The channels that are subscribed. */
  getChannels() {
    return [...this.#joined]
  }

  /** @param {Channel} channel @returns {Promise<'ok'>} */
  async removeChannel(channel) {
    return channel ? channel.self.unsubscribe() : 'ok'
  }

  /** @returns {Promise<'ok'[]>} */
  removeAllChannels() {
    return Promise.all(this.getChannels().map((channel) => channel.unsubscribe()))
  }

  // People.

  /**
   * Who is on a topic, and this client among them.
   * @param {string} topic @param {PresenceOptions} [options]
   */
  presence(topic, options) {
    return new Presence(this, String(topic), options ?? {})
  }

  /**
   * Messages between those who are on a topic.
   * @param {string} topic @param {RoomOptions} [options]
   */
  room(topic, options) {
    return new Room(this, String(topic), options ?? {})
  }

  // Rows.

  /**
   * Follows one row: reads it, keeps it current, reads it again after every gap.
   * @param {string} table @param {string | Record<string, any>} filter `id=eq.42` or `{ id: 42 }`
   * @param {RowsHandlers} [handlers] @param {RowsOptions} [options]
   */
  row(table, filter, handlers, options) {
    return new Rows(this, table, filter, handlers ?? {}, options ?? {}, true)
  }

  /**
   * Follows all rows that a filter names.
   * @param {string} table @param {string | Record<string, any> | undefined} filter
   * @param {RowsHandlers} [handlers] @param {RowsOptions} [options]
   */
  rows(table, filter, handlers, options) {
    return new Rows(this, table, filter, handlers ?? {}, options ?? {}, false)
  }

  // Streams.

  /**
   * Opens an event stream, with the user's token as a header.
   * @param {string | URL} url @param {import('./stream.js').StreamOptions} [options]
   */
  stream(url, options) {
    const { accessToken, apiBase, fetch } = this.#options
    // Async: what it throws at once would pass through the module.
    const stream = openStream(url, options ?? {}, { accessToken, apiBase, fetch: fetch && (async (to, init) => fetch(to, init)) })
    this.#streams = [...this.#streams.filter(({ state }) => state !== 'stopped'), stream]
    return stream
  }

  /**
   * Follows the feelings of a profile, and shows them in `[data-sw-emotion]` and `[data-sw-emotion-graph]` below `root`.
   * @param {string} profile @param {import('./emotions.js').EmotionHandlers & { root?: ParentNode }} [handlers]
   */
  emotions(profile, handlers) {
    const { root, ...own } = handlers ?? {}
    return new Emotions((url) => this.stream(url), this.#options.apiBase, profile, own, root)
  }

  // Notifications.

  /**
   * Follows the notifications of a user, and shows them: a count in `[data-sw-unread]`, toasts in `[data-sw-toasts]`, a list
   * in `[data-sw-notifications]`.
   * @param {string} user @param {import('./types.js').NotificationOptions} [options]
   */
  notifications(user, options) {
    const bell = new Notifications(this, String(user ?? ''), options ?? {}, () => this.#bells.delete(bell))
    this.#bells.add(bell)
    return bell
  }

  /** @override */
  close() {
    this.#isClosed = true
    for (const part of [...this.#streams, ...this.#bells]) part.close()
    super.close()
  }

  // For the parts.

  /**
   * @internal
   * @override
   * @param {(raw: Raw, sink: import('./sink.js').Sink) => void} command @param {(error: StorywireError) => void} [onError]
   */
  run(command, onError) {
    if (this.#isClosed) onError?.(new StorywireError('closed'))
    super.run((lesser, sink) => {
      const raw = /** @type {Raw} */ (/** @type {unknown} */ (lesser))
      raw.at(sink.now())
      sink.schedule()
      command(raw, sink)
    }, onError)
  }

  /** @internal @override @template T @param {(raw: Raw) => T} question @returns {T | undefined} */
  ask(question) {
    return super.ask((raw) => question(/** @type {any} */ (raw)))
  }

  /** @internal @param {Channel} channel */
  join(channel) {
    this.#joined.add(channel)
  }

  /** @internal @param {Channel} channel */
  leave(channel) {
    this.#joined.delete(channel)
  }

  /**
   * Writes over REST in the name of the user. It arrives even if the visitor follows a link meanwhile.
   * @internal
   * @param {'POST' | 'PATCH'} method @param {string} path @param {any} body
   * @param {{ schema?: string, prefer?: string }} [options]
   */
  write(method, path, body, { schema, prefer } = {}) {
    const headers = { apikey: this.#key, ...(schema && { 'content-profile': schema }), ...(prefer && { prefer }) }
    return this.post(`${this.#url}/rest/v1/${path}`, body, headers, 10_000, { method, keepalive: true })
  }

  /**
   * @internal
   * @param {{ topic: string, event: string, payload: any, private: boolean }} message @param {number} timeout
   * @returns {Promise<{ success: true } | { success: false, status: number, error: string }>}
   */
  async httpBroadcast(message, timeout) {
    const { topic, event, payload } = message
    const url = `${this.#url}/realtime/v1/api/broadcast`
    const headers = { apikey: this.#key }
    try {
      // Bytes are a request's body, and what they are about stands in its address.
      const response = await (payload instanceof Uint8Array
        ? this.post(`${url}/${encodeURIComponent(topic)}/events/${encodeURIComponent(event)}${message.private ? '?private=true' : ''}`, null, { ...headers, 'content-type': 'application/octet-stream' }, timeout, { body: /** @type {any} */ (payload) })
        : this.post(url, { messages: [message] }, headers, timeout))
      if (response.status === 202) return { success: true }
      const body = await response.json().catch(() => ({}))
      return { success: false, status: response.status, error: String(body.error ?? body.message ?? response.statusText) }
    } catch (error) {
      const { name, message: said = error } = Object(error)
      return { success: false, status: 0, error: name === 'TimeoutError' ? 'timed out' : String(said) }
    }
  }
}
