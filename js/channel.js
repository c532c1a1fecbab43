// A channel as Supabase's users know it. Several may share a topic; none disturbs another.
import { StorywireError, sentences } from './errors.js'
import { call } from './listeners.js'

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./client.js').Raw} Raw */
/** @typedef {import('./types.js').ChannelOptions} ChannelOptions */
/** @typedef {import('./types.js').ChannelStatus} ChannelStatus */
/** @typedef {'ok' | 'error' | 'timed out' | 'replaced'} SendResult `replaced`: a later one took its place, as `latest` asked */
/** @typedef {{ key: number, type: string, filter: Record<string, any>, listener: (payload: any) => unknown }} Binding */

/** The types that `on` knows. */
const types = ['postgres_changes', 'broadcast', 'presence', 'system']

Object.assign(sentences, {
  'bad-json': 'The value cannot be written as JSON: give plain objects, arrays, text, numbers, booleans and null.',
  'empty-topic': 'A channel needs a name that is not empty.',
  'other-options': 'This topic is in use with another configuration: give both channels the same config, or use another name.',
  'unknown-channel': 'This channel is not subscribed: call subscribe() first.',
  'bad-bytes': 'Bytes need version 2.0.0 of the protocol, and a topic and an event of at most 255 bytes.',
  'bad-replay': 'Replay works on private channels only, for at most 25 messages.',
})

export class Channel {
  /** The topic as Supabase's client writes it. */
  topic
  /** The name given to `client.channel`. */
  name
  /** @type {ChannelOptions} */
  params
  /** @type {'closed' | 'joining' | 'joined' | 'leaving' | 'errored'} */
  state = 'closed'
  /** @type {number | undefined} */
  id
  #client
  #seesPresence = false
  /** @type {Binding[]} */
  #bindings = []
  #lastKey = 0
  /** @type {((status: ChannelStatus, error?: Error) => unknown) | undefined} */
  #callback
  /** @type {StorywireError | undefined} */
  #error
  /** @type {number | undefined} */
  #timeout

  /** The channel itself, also where it was reached through the value of `on`. @type {Channel} */
  self = this

  /** @internal @param {Client} client @param {string} name @param {ChannelOptions} options */
  constructor(client, name, options) {
    this.#client = client
    this.name = name
    this.topic = `realtime:${name}`
    this.params = options
  }

  /** @param {Raw} raw */
  #open(raw) {
    const { broadcast = {}, presence = {}, private: isPrivate = false, exact } = this.params.config ?? {}
    const { enabled = this.#listensToPresence || presence.key !== undefined } = presence
    this.#seesPresence = enabled
    const id = this.#client.check(
      raw.channel(
        this.name,
        JSON.stringify({
          ack: Boolean(broadcast.ack),
          self: Boolean(broadcast.self),
          replicationReady: Boolean(broadcast.replication_ready),
          presence: enabled,
          key: String(presence.key ?? ''),
          private: Boolean(isPrivate),
          exact: Boolean(exact),
          ...(broadcast.replay && { since: Math.trunc(Number(broadcast.replay.since)), limit: broadcast.replay.limit ?? 25 }),
        }),
      ),
    )
    this.id = id
    this.#client.all.channels.set(id, this)
    for (const binding of this.#bindings) this.#listen(raw, binding)
    this.#tellHeard(raw)
  }

  /** Joins anew with another configuration. @internal @param {ChannelOptions} options */
  reconfigure(options) {
    this.params = options
    if (this.id === undefined) return
    this.#client.run((raw) => {
      this.#forget(raw)
      this.#join(raw)
    }, (error) => this.#fail(error))
  }

  get #listensToPresence() {
    return this.#bindings.some(({ type }) => type === 'presence')
  }

  /** What nobody listens for does not cross from the core. @param {Raw} raw */
  #tellHeard(raw) {
    if (this.id === undefined) return
    const names = this.#bindings.map(({ type, filter }) => (type === 'broadcast' ? `broadcast ${filter.event}` : type))
    raw.hears(this.id, JSON.stringify(names))
  }

  /** A listener for presence on a channel that was joined without: only another join can bring it. @param {Raw} raw @param {Binding} binding */
  #add(raw, binding) {
    const wanted = binding.type === 'presence' && this.params.config?.presence?.enabled !== false
    this.#tellHeard(raw)
    if (!wanted || this.#seesPresence || this.id === undefined) return this.#listen(raw, binding)
    this.#forget(raw)
    if (this.state !== 'closed') this.#join(raw)
  }

  /** @param {Raw} raw */
  #forget(raw) {
    if (this.id === undefined) return
    this.#client.all.channels.delete(this.id)
    raw.unsubscribe(this.id, true)
    this.id = undefined
  }

  /** @param {Raw} raw */
  #join(raw) {
    if (this.id === undefined) this.#open(raw)
    if (this.#timeout && this.#timeout > 0) raw.joinTimeout(Number(this.id), this.#timeout)
    this.#client.check(raw.subscribe(Number(this.id)))
  }

  /** @param {Raw} raw @param {Binding} binding */
  #listen(raw, { key, type, filter }) {
    if (type !== 'postgres_changes' || this.id === undefined) return
    const { event = '*', schema = 'public', table, filter: of, select } = filter
    this.#client.check(raw.listen(this.id, key, JSON.stringify({ event, schema, table, filter: of, select })))
  }

  /**
   * Listens, at any time. Returns the channel itself, as Supabase's client does, and it can be called: that is the undo.
   * @param {'postgres_changes' | 'broadcast' | 'presence' | 'system'} type
   * @param {Record<string, any>} filter
   * @param {(payload: any) => unknown} listener
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Channel & (() => void)}
   */
  on(type, filter, listener, { signal } = {}) {
    const undoable = (/** @type {() => void} */ undo) => withUndo(this, undo)
    if (!types.includes(type) || typeof listener !== 'function') {
      this.#client.hearError(new StorywireError(`channel.on(type, filter, listener) takes one of ${types.join(', ')} and a function, not "${String(type)}".`))
      return undoable(() => {})
    }
    const binding = { key: ++this.#lastKey, type, filter: filter ?? {}, listener }
    if (signal?.aborted) return undoable(() => {})
    this.#bindings.push(binding)
    if (this.id !== undefined) this.#client.run((raw) => this.#add(raw, binding), (error) => this.#fail(error))
    const undo = () => {
      this.#bindings = this.#bindings.filter((of) => of !== binding)
      this.#client.run((raw) => {
        this.#tellHeard(raw)
        if (this.id !== undefined) raw.unlisten(this.id, binding.key)
      })
    }
    signal?.addEventListener('abort', undo, { once: true })
    return undoable(undo)
  }

  /**
   * Joins. The callback hears every change of state: `SUBSCRIBED`, `CHANNEL_ERROR`, `TIMED_OUT`, `CLOSED`; after an error
   * that can heal, the channel joins again by itself.
   * @param {(status: ChannelStatus, error?: Error) => unknown} [callback]
   * @param {number} [timeout] how long each join may take, in milliseconds; `timing.timeout` by default
   */
  subscribe(callback, timeout) {
    // As in Supabase's client: the first one holds.
    if (this.state === 'joining' || this.state === 'joined') return this
    this.#callback = callback
    this.state = 'joining'
    this.#client.join(this)
    this.#timeout = timeout
    this.#client.run((raw) => this.#join(raw), (error) => this.#fail(error))
    this.#client.ready.then((error) => {
      if (!error || this.state !== 'joining') return
      this.hearError(error)
      this.hearStatus('CHANNEL_ERROR')
    })
    return this
  }

  /** Leaves. The channel can be subscribed again. @param {number} [_timeout] as Supabase's has it: there is nothing to wait for @returns {Promise<'ok'>} */
  async unsubscribe(_timeout) {
    this.#client.leave(this)
    // What the core has to say of it is said before it is forgotten; a later `subscribe` makes it anew.
    this.#client.run((raw) => {
      if (this.state === 'closed') return
      this.#forget(raw)
      this.hearStatus('CLOSED')
    })
    await this.#client.ready
    return 'ok'
  }

  /**
   * Sends a broadcast, or presence in the words of Supabase's client. Before the join it waits up to 10 s; a channel that is
   * not subscribed sends over HTTP.
   * @param {{ type: string, event?: string, payload?: any, [key: string]: any }} message
   * @param {{ latest?: boolean, timeout?: number }} [options] `latest`: while it waits, a later one of the same event takes its
   *   place; `timeout`: how long it may wait, and the answer may take, in milliseconds
   * @returns {Promise<SendResult>} never rejects
   */
  async send(message, { latest = false, timeout } = {}) {
    if (message?.type === 'presence') {
      return message.event === 'untrack' ? this.untrack({ timeout }) : this.track(message.payload ?? {}, { timeout })
    }
    const { event = '', payload = {} } = message ?? {}
    // As in Supabase's client: what was never subscribed sends over HTTP.
    if (this.state === 'closed') {
      const sent = await this.httpSend(event, payload, { timeout: timeout || undefined })
      return sent.success ? 'ok' : sent.error === 'timed out' ? sent.error : 'error'
    }
    return this.#push((raw, id) => {
      const bytes = bytesOf(payload)
      if (bytes) return raw.broadcastBytes(id, event, bytes, latest)
      const json = JSON.stringify(payload)
      if (json === undefined) throw 'bad-json'
      return raw.broadcast(id, event, json, latest)
    }, timeout)
  }

  /**
   * Sends a broadcast over HTTP, which needs no join.
   * @param {string} event @param {any} [payload] what JSON can say, or bytes @param {{ timeout?: number }} [options] milliseconds, 10,000 by default
   * @returns {Promise<{ success: true } | { success: false, status: number, error: string }>} never rejects
   */
  httpSend(event, payload, { timeout = 10_000 } = {}) {
    const isPrivate = Boolean(this.params.config?.private)
    return this.#client.httpBroadcast({ topic: this.name, event, payload: bytesOf(payload) ?? payload ?? {}, private: isPrivate }, timeout)
  }

  /**
   * Shows this client to the others, now and after every rejoin.
   * @param {Record<string, any>} meta @param {{ timeout?: number }} [options] how long the answer may take, in milliseconds
   * @returns {Promise<SendResult>}
   */
  async track(meta, { timeout } = {}) {
    return this.#push((raw, id) => raw.track(id, JSON.stringify(meta)), timeout)
  }

  /** Takes it back. @param {{ timeout?: number }} [options] @returns {Promise<SendResult>} */
  async untrack({ timeout } = {}) {
    return this.#push((raw, id) => raw.track(id, ''), timeout)
  }

  /** Who is present: lists by key. An object without a prototype, so that every key is only a key. */
  presenceState() {
    /** @type {Record<string, any[]>} */
    const state = Object.create(null)
    if (this.id === undefined) return state
    const { id } = this
    for (const [key, metas] of JSON.parse(this.#client.ask((raw) => raw.presence(id)) ?? '[]')) state[key] = metas
    return state
  }

  /** @param {(raw: Raw, id: number) => number} push @param {number} [timeout] @returns {Promise<SendResult>} */
  #push(push, timeout) {
    return new Promise((resolve) => {
      this.#client.run(
        (raw) => {
          // A channel that was never subscribed has nothing to send on.
          if (this.id === undefined) throw 'unknown-channel'
          const id = this.#client.check(push(raw, this.id))
          if (timeout && timeout > 0) raw.pushTimeout(id, timeout)
          this.#client.all.pushes.set(id, (outcome) => resolve(outcome === 'dropped' ? 'error' : /** @type {SendResult} */ (outcome)))
        },
        (error) => {
          this.#client.hearError(error)
          resolve('error')
        },
      )
      // A client that was closed, could not load its module, or runs on a server sends nothing.
      this.#client.ready.then(() => this.#client.ask(() => true) ?? resolve('error'))
    })
  }

  /** @param {StorywireError} error */
  #fail(error) {
    this.#client.leave(this)
    this.#client.run((raw) => this.#forget(raw))
    this.#client.hearError(error)
    this.hearError(error)
    this.hearStatus('CHANNEL_ERROR')
  }

  // What the core says.

  /** @internal @param {StorywireError} error */
  hearError(error) {
    this.#error = error
  }

  /** @internal @param {ChannelStatus} status */
  hearStatus(status) {
    const error = this.#error
    this.#error = undefined
    this.state = status === 'SUBSCRIBED' ? 'joined' : status === 'CLOSED' ? 'closed' : 'errored'
    call(this.#callback, status, status === 'SUBSCRIBED' || status === 'CLOSED' ? undefined : error)
  }

  /** @internal @param {number[]} keys @param {any} data */
  hearChange(keys, data) {
    const { schema, table, commit_timestamp, type, record, old_record, errors, columns } = data
    const integers = this.params.config?.exact === 'bigint' ? columns?.filter((/** @type {any} */ column) => column.type === 'int8') : []
    const row = (/** @type {any} */ values) => {
      for (const { name } of integers) if (typeof values?.[name] === 'string') values[name] = BigInt(values[name])
      return values ?? {}
    }
    const payload = { schema, table, commit_timestamp, eventType: type, new: row(record), old: row(old_record), errors }
    for (const binding of [...this.#bindings]) if (keys.includes(binding.key)) call(binding.listener, payload)
  }

  /** @internal @param {string} event @param {any} payload @param {any} meta */
  hearBroadcast(event, payload, meta) {
    const message = { type: 'broadcast', event, payload, ...(meta && { meta }) }
    for (const { type, filter, listener } of [...this.#bindings]) {
      if (type === 'broadcast' && (filter.event === '*' || filter.event === event)) call(listener, message)
    }
  }

  /** @internal @param {string} event @param {string} key @param {any[]} current @param {any[]} changed */
  hearPresence(event, key, current, changed) {
    /** @type {Record<string, any>} */
    const payload = { event }
    if (event !== 'sync') {
      payload.key = key
      payload.currentPresences = current
      payload[event === 'join' ? 'newPresences' : 'leftPresences'] = changed
    }
    for (const { type, filter, listener } of [...this.#bindings]) {
      if (type === 'presence' && (filter.event === event || filter.event === '*')) call(listener, payload)
    }
  }

  /** @internal @param {any} payload */
  hearSystem(payload) {
    for (const { type, listener } of [...this.#bindings]) if (type === 'system') call(listener, payload)
  }
}

/** What is bytes already, as bytes. @param {any} payload */
const bytesOf = (payload) => (payload instanceof ArrayBuffer ? new Uint8Array(payload) : ArrayBuffer.isView(payload) ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength) : undefined)

/**
 * The channel, callable as the undo of the listener just added: `const off = channel.on(…)` and `channel.on(…).on(…)` both
 * work.
 * @param {Channel} channel @param {() => void} undo
 * @returns {Channel & (() => void)}
 */
function withUndo(channel, undo) {
  return /** @type {any} */ (
    new Proxy(undo, {
      get: (_, name) => {
        const value = Reflect.get(channel, name, channel)
        return typeof value === 'function' ? value.bind(channel) : value
      },
      set: (_, name, value) => Reflect.set(channel, name, value, channel),
      getPrototypeOf: () => Channel.prototype,
    })
  )
}
