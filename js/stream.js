// client.stream(url, options): an event stream with headers, that stays up.
import { call } from './listeners.js'
import { BatchReader, decode } from './stream-batch.js'
import { StreamError } from './stream-errors.js'
import { loadStreamModule } from './stream-module.js'
import { answerHeaders, isCrossOrigin, makeHeaders, openFetch, originOf, resolveUrl } from './stream-request.js'

/**
 * @typedef {object} StreamOptions
 * @property {import('./stream-request.js').HeadersOption} [headers] an object, or a function (async or not) that is asked
 *   anew for each attempt, and once more with `{ fresh: true }` after a 401. Default none.
 * @property {string} [method] default GET, or POST with a body
 * @property {BodyInit} [body] sent with every attempt, so no `ReadableStream`. Default none.
 * @property {RequestCredentials} [credentials] default `same-origin`
 * @property {AbortSignal} [signal] ends the stream like `close()`
 * @property {'auto' | 'fetch' | 'eventsource'} [transport] `auto`, the default, is fetch wherever the browser streams
 *   bodies; the browser's own EventSource knows no headers, no body, and no reasons.
 * @property {boolean} [batch] listeners get an array with all events of theirs that came at once. Default false.
 * @property {string} [lastEventId] where to go on from. Default none.
 * @property {boolean} [typeInData] an event without a name is named by `type` in its JSON data. Default true.
 * @property {number} [retryDelay] the base of the backoff in ms, until the stream says `retry:`; 300 to 300,000. Default 1,000.
 * @property {number} [connectTimeout] ms from the request to the answer. Default 30,000; 0 for none.
 * @property {number} [firstByteTimeout] ms from the answer to its first byte. Default 0, none.
 * @property {number} [idleTimeout] ms of silence before it reconnects. Default 0: none until keep-alives have been seen,
 *   then three of their longest distance, 45,000 at least.
 * @property {number} [maxEventBytes] the most that one event may have; more is fatal. Default 16 MiB.
 */

/** @typedef {{ accessToken?: import('./stream-request.js').TokenOption, apiBase?: string, fetch?: typeof openFetch }} StreamContext */

/** Events that wait for an iteration before reading pauses. */
const MANY = 1024

const NOT_READ = Symbol('not read')

/** One event. */
export class StreamEvent {
  /** @type {any} */
  #json = NOT_READ

  /**
   * @param {string} type
   * @param {string} data
   * @param {string} lastEventId
   */
  constructor(type, data, lastEventId) {
    /** Its name; `message` if it has none. */
    this.type = type
    /** Its data, as text. */
    this.data = data
    /** The id that the next connection goes on from. */
    this.lastEventId = lastEventId
  }

  /** The data as JSON, parsed when it is first asked for; undefined if it is none. @returns {any} */
  get json() {
    if (this.#json === NOT_READ) {
      try {
        this.#json = JSON.parse(this.data)
      } catch {
        this.#json = undefined
      }
    }
    return this.#json
  }
}

/**
 * Opens an event stream.
 * @param {string | URL} url
 * @param {StreamOptions} [options]
 * @param {StreamContext} [context] the client's: its token goes to the origin of `apiBase` (or of the page) and no other
 * @returns {EventStream}
 * @throws {TypeError} if `url` is none, or the options contradict each other
 */
export function openStream(url, options = {}, context = {}) {
  return new EventStream(url, options, context)
}

/** @typedef {{ fn: (event: any) => void, batch: boolean }} Listener */

export class EventStream {
  /** The absolute URL. @readonly */
  url
  #options
  #token
  #fetch
  /** @type {import('./stream-module.js').RawStreamType | undefined} */
  #raw
  #isClosed = false
  #reader = new BatchReader()
  #lastEventId
  /** @type {Map<string, Listener[]>} */
  #listeners = new Map()
  /** @type {Map<string, ((value: any) => void)[]>} */
  #watchers = new Map([['open', []], ['error', []], ['state', []]])
  /** @type {Iteration[]} */
  #iterations = []
  /** @type {(() => void) | undefined} */
  #unlisten

  /**
   * @param {string | URL} url
   * @param {StreamOptions} options
   * @param {StreamContext} context
   */
  constructor(url, options, context) {
    const { transport = 'auto', body, headers, signal } = options
    this.url = resolveUrl(`${url}`)
    this.#options = options
    this.#fetch = context.fetch
    this.#lastEventId = options.lastEventId ?? ''
    const home = context.apiBase ? originOf(context.apiBase) : globalThis.location?.origin
    this.#token = originOf(this.url) === home ? context.accessToken : undefined
    const needsFetch = headers !== undefined || body !== undefined || options.method !== undefined || this.#token
    if (transport === 'eventsource' && needsFetch) {
      throw new TypeError("stream: the browser's own EventSource sends no headers, token or body; use transport: 'fetch'.")
    }
    if (signal?.aborted) {
      this.#isClosed = true
      return
    }
    if (signal) {
      const onAbort = () => this.close()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#unlisten = () => signal.removeEventListener('abort', onAbort)
    }
    const native = transport === 'eventsource' || (transport === 'auto' && !needsFetch && !canStream())
    loadStreamModule().then(
      (RawStream) => this.#start(RawStream, native),
      (cause) => this.#stop(new StreamError('module-failed', { url: this.url, cause })),
    )
  }

  /** `opening`, `open`, `waiting` (for the next attempt) or `stopped`. */
  get state() {
    if (this.#isClosed) return 'stopped'
    return this.#raw?.phase() ?? 'opening'
  }

  /** The id of the last event that was handed out; the next connection goes on from there. */
  get lastEventId() {
    return this.#lastEventId
  }

  /**
   * Calls `fn` for each event named `type`: as the stream names it, or by `type` in the JSON data of an event without a
   * name. `message` hears every event without a name, `*` every event. Pings are no data: only `ping` hears them.
   *
   * Three names are the stream's own: `open`, `error` (with a `StreamError`, which says whether and when it tries again)
   * and `state`. A server's events of these names are heard as `event:open`, `event:error`, `event:state`.
   * @param {string} type
   * @param {(event: any) => void} fn
   * @param {{ signal?: AbortSignal, batch?: boolean }} [options] `batch` overrides that of the stream
   * @returns {() => void} undoes it
   */
  on(type, fn, { signal, batch = this.#options.batch ?? false } = {}) {
    if (signal?.aborted) return () => {}
    const watchers = this.#watchers.get(type)
    const undo = watchers ? add(watchers, fn) : this.#listen(type.replace(/^event:/, ''), { fn, batch })
    signal?.addEventListener('abort', undo, { once: true })
    return undo
  }

  /** Ends it for good. Nothing is handed out afterwards. */
  close() {
    if (!this.#isClosed) this.#stop(null)
  }

  /**
   * The events, as `*` hears them, in order; ends with the stream, and throws the `StreamError` that ended it. Reading
   * pauses while too many wait.
   * @returns {AsyncIterableIterator<StreamEvent>}
   */
  [Symbol.asyncIterator]() {
    const iteration = new Iteration(
      () => this.#raw?.resume(),
      () => this.#iterations.splice(this.#iterations.indexOf(iteration), 1),
    )
    if (this.#isClosed) iteration.end(null)
    else this.#iterations.push(iteration)
    return iteration
  }

  /**
   * @param {string} type
   * @param {Listener} listener
   */
  #listen(type, listener) {
    let listeners = this.#listeners.get(type)
    if (!listeners) {
      this.#listeners.set(type, (listeners = []))
      this.#raw?.listen(type)
    }
    return add(listeners, listener)
  }

  /**
   * @param {typeof import('../pkg/storywire_stream.js').RawStream} RawStream
   * @param {boolean} native
   */
  #start(RawStream, native) {
    if (this.#isClosed) return
    const { headers, method, body, credentials = 'same-origin' } = this.#options
    const token = this.#token
    const sink = {
      /** @param {number} attempt @param {boolean} fresh */
      askHeaders: (attempt, fresh) => answerHeaders(() => this.#raw, attempt, () => makeHeaders(headers, token, fresh)),
      fetch: this.#fetch ?? openFetch,
      opened: () => {
        this.#tell('state', 'open')
        this.#tell('open', undefined)
      },
      /** @param {Uint8Array} text @param {Uint32Array} table */
      deliver: (text, table) => this.#deliver(decode(text), table.slice()),
      /** @param {string} code @param {number} status @param {string} contentType @param {number} retryIn */
      fault: (code, status, contentType, retryIn) => {
        const error = new StreamError(code, { status, contentType, retryIn: retryIn < 0 ? null : retryIn, url: this.url })
        if (retryIn < 0) return this.#stop(error)
        this.#tell('state', 'waiting')
        this.#tell('error', error)
      },
    }
    const raw = new RawStream(sink, {
      ...this.#options,
      url: this.url,
      init: { method: method ?? (body === undefined ? 'GET' : 'POST'), body, credentials, cache: 'no-store' },
      native,
      withCredentials: credentials === 'include',
      standard: false,
      typeInData: this.#options.typeInData ?? true,
      canRefresh: typeof headers === 'function' || typeof token === 'function',
      crossOrigin: isCrossOrigin(this.url),
    })
    this.#raw = raw
    for (const type of this.#listeners.keys()) raw.listen(type)
    raw.start()
  }

  /**
   * @param {string} text
   * @param {Uint32Array} table
   * @returns {boolean} whether there is room for more
   */
  #deliver(text, table) {
    const reader = this.#reader
    const all = this.#listeners.get('*')
    /** @type {Map<Listener, StreamEvent[]> | undefined} */
    let batches
    /** @param {Listener[] | undefined} listeners @param {StreamEvent} event */
    const give = (listeners, event) => {
      if (listeners === undefined) return
      for (let at = 0; at < listeners.length; at++) {
        const listener = /** @type {Listener} */ (listeners[at])
        if (!listener.batch) {
          call(listener.fn, event)
        } else {
          batches ??= new Map()
          const batch = batches.get(listener)
          if (batch) batch.push(event)
          else batches.set(listener, [event])
        }
      }
    }
    reader.begin(text, table)
    while (!this.#isClosed && reader.next()) {
      const { type, data, lastEventId } = reader
      this.#lastEventId = lastEventId
      const isData = type !== 'ping'
      const named = this.#listeners.get(type)
      const unnamed = reader.isUnnamed && isData && type !== 'message' ? this.#listeners.get('message') : undefined
      if (named === undefined && unnamed === undefined && all === undefined && this.#iterations.length === 0) continue
      const event = new StreamEvent(type, data, lastEventId)
      give(named, event)
      give(unnamed, event)
      if (isData) {
        give(all, event)
        for (const iteration of this.#iterations) iteration.push(event)
      }
    }
    if (batches) for (const [listener, events] of batches) if (!this.#isClosed) call(listener.fn, events)
    return this.#iterations.every((iteration) => iteration.hasRoom)
  }

  /** @param {StreamError | null} error */
  #stop(error) {
    this.#isClosed = true
    this.#unlisten?.()
    const raw = this.#raw
    this.#raw = undefined
    if (raw) {
      raw.close()
      // Not while the module may be calling us.
      queueMicrotask(() => raw.free())
    }
    // A 204 is how a server says that there is no more: an end, not a failure.
    const failed = error === null || error.code === 'no-content' ? null : error
    for (const iteration of [...this.#iterations]) iteration.end(failed)
    this.#tell('state', 'stopped')
    if (error) this.#tell('error', error)
  }

  /**
   * @param {'open' | 'error' | 'state'} what
   * @param {any} value
   */
  #tell(what, value) {
    for (const fn of [...(this.#watchers.get(what) ?? [])]) call(fn, value)
  }
}

/**
 * Somebody's loop over the events.
 * @implements {AsyncIterableIterator<StreamEvent>}
 */
class Iteration {
  /** @type {StreamEvent[]} */
  #events = []
  /** @type {{ resolve(result: IteratorResult<StreamEvent>): void, reject(error: unknown): void }[]} */
  #waiting = []
  #isOver = false
  /** @type {StreamError | null} */
  #error = null
  #onRoom
  #onEnd

  /**
   * @param {() => void} onRoom
   * @param {() => void} onEnd
   */
  constructor(onRoom, onEnd) {
    this.#onRoom = onRoom
    this.#onEnd = onEnd
  }

  get hasRoom() {
    return this.#events.length < MANY
  }

  /** @param {StreamEvent} event */
  push(event) {
    const next = this.#waiting.shift()
    if (next) next.resolve({ value: event, done: false })
    else this.#events.push(event)
  }

  /** @param {StreamError | null} error */
  end(error) {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd()
    const [first, ...others] = this.#waiting.splice(0)
    if (first) error ? first.reject(error) : first.resolve({ value: undefined, done: true })
    else this.#error = error
    for (const other of others) other.resolve({ value: undefined, done: true })
  }

  /** @returns {Promise<IteratorResult<StreamEvent>>} */
  next() {
    const event = this.#events.shift()
    if (event) {
      if (this.#events.length === MANY >> 1) this.#onRoom()
      return Promise.resolve({ value: event, done: false })
    }
    if (!this.#isOver) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    const error = this.#error
    this.#error = null
    return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true })
  }

  /** @returns {Promise<IteratorResult<StreamEvent>>} */
  return() {
    this.#events = []
    this.end(null)
    this.#onRoom()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator]() {
    return this
  }
}

/** @template T @param {T[]} list @param {T} one */
function add(list, one) {
  list.push(one)
  return () => {
    const at = list.indexOf(one)
    if (at >= 0) list.splice(at, 1)
  }
}

const canStream = () => typeof ReadableStream === 'function' && typeof Response === 'function' && 'body' in Response.prototype
