// The standard's EventSource (WHATWG HTML, 9.2), with one more option: `headers`.
import { queueJob } from './tasks.js'
import { BatchReader, decode } from './stream-batch.js'
import { faults } from './stream-errors.js'
import { loadStreamModule } from './stream-module.js'
import { answerHeaders, isCrossOrigin, makeHeaders, openFetch, originOf, resolveUrl } from './stream-request.js'

const CONNECTING = 0
const OPEN = 1
const CLOSED = 2

/** Batches that wait for their turn before reading pauses. */
const MANY = 8

/** @typedef {((this: EventSource, event: any) => any) | null} Handler */

/**
 * What the module tells. Everything that a page can see happens in a turn of its own, in order.
 * @typedef {object} Inner
 * @property {(event: () => void) => void} later
 */

/**
 * Code that knows the browser's own class runs unchanged on this one. It follows the standard where `client.stream` has
 * rules of its own: any status but 200 ends it, and the wait before it reconnects is the stream's `retry:`, three seconds
 * until that has come (never under 300 ms, and growing while connecting fails).
 */
export class EventSource extends EventTarget {
  /** @readonly */
  static CONNECTING = CONNECTING
  /** @readonly */
  static OPEN = OPEN
  /** @readonly */
  static CLOSED = CLOSED

  #url
  #withCredentials
  #readyState = CONNECTING
  #origin = ''
  /** @type {import('./stream-module.js').RawStreamType | undefined} */
  #raw
  #batches = 0
  #reader = new BatchReader()
  /** @type {Record<string, { value: Handler, listener: (event: Event) => void }>} */
  #handlers = {}

  /**
   * @param {string | URL} url
   * @param {{ withCredentials?: boolean, headers?: import('./stream-request.js').HeadersOption }} [init]
   *   `headers`: an object, a `Headers`, or a function (async or not) that gives one and is asked anew for each attempt.
   * @throws {DOMException} SyntaxError if `url` is none
   */
  constructor(url, init) {
    if (arguments.length === 0) throw new TypeError('EventSource: a URL is needed.')
    if (init !== undefined && init !== null && typeof init !== 'object' && typeof init !== 'function') {
      throw new TypeError('EventSource: the second argument must be an object, such as { headers: { … } }.')
    }
    super()
    const given = `${url}`
    try {
      this.#url = resolveUrl(given)
    } catch {
      throw new DOMException(`EventSource: "${given}" is not a URL.`, 'SyntaxError')
    }
    this.#withCredentials = Boolean(init?.withCredentials)
    const headers = init?.headers
    const futile = !/^(https?|data|blob):/.test(this.#url)
    if (futile) return this.#fail(), this
    loadStreamModule().then(
      (RawStream) => this.#start(RawStream, headers),
      (error) => {
        console.error(faults['module-failed'], error)
        this.#fail()
      },
    )
  }

  /** The absolute URL. */
  get url() {
    return this.#url
  }

  /** Whether credentials go to another origin too. */
  get withCredentials() {
    return this.#withCredentials
  }

  /** `CONNECTING`, `OPEN` or `CLOSED`. */
  get readyState() {
    return this.#readyState
  }

  /** @returns {Handler} */
  get onopen() {
    return this.#handlers.open?.value ?? null
  }

  set onopen(handler) {
    this.#setHandler('open', handler)
  }

  /** @returns {Handler} */
  get onmessage() {
    return this.#handlers.message?.value ?? null
  }

  set onmessage(handler) {
    this.#setHandler('message', handler)
  }

  /** @returns {Handler} */
  get onerror() {
    return this.#handlers.error?.value ?? null
  }

  set onerror(handler) {
    this.#setHandler('error', handler)
  }

  /** Ends it for good. Nothing is dispatched afterwards. */
  close() {
    this.#readyState = CLOSED
    const raw = this.#raw
    this.#raw = undefined
    if (!raw) return
    raw.close()
    // Not while the module may be calling us.
    queueMicrotask(() => raw.free())
  }

  /**
   * An event handler attribute: it takes its place among the listeners when it is first set, and leaves it with null.
   * @param {string} type
   * @param {any} value
   */
  #setHandler(type, value) {
    const now = this.#handlers[type]
    if (value === null || (typeof value !== 'function' && typeof value !== 'object') || value === undefined) {
      if (now) this.removeEventListener(type, now.listener)
      delete this.#handlers[type]
    } else if (now) {
      now.value = value
    } else {
      /** @type {{ value: Handler, listener: (event: Event) => void }} */
      const handler = {
        value,
        listener: (event) => {
          if (typeof handler.value === 'function') handler.value.call(this, event)
        },
      }
      this.#handlers[type] = handler
      this.addEventListener(type, handler.listener)
    }
  }

  /**
   * @param {typeof import('../pkg/storywire_stream.js').RawStream} RawStream
   * @param {import('./stream-request.js').HeadersOption | undefined} headers
   */
  #start(RawStream, headers) {
    if (this.#readyState === CLOSED) return
    const sink = {
      /** @param {number} attempt @param {boolean} fresh */
      askHeaders: (attempt, fresh) => answerHeaders(() => this.#raw, attempt, () => makeHeaders(headers, undefined, fresh)),
      fetch: openFetch,
      /** @param {string} url */
      opened: (url) =>
        this.#later(() => {
          this.#origin = originOf(url || this.#url) ?? ''
          this.#readyState = OPEN
          this.dispatchEvent(new Event('open'))
        }),
      /** @param {Uint8Array} text @param {Uint32Array} table */
      deliver: (text, table) => this.#deliver(decode(text), table.slice()),
      /** @param {string} code @param {number} status @param {string} contentType @param {number} retryIn */
      fault: (code, status, contentType, retryIn) => {
        if (retryIn < 0) return this.#fail()
        this.#later(() => {
          this.#readyState = CONNECTING
          this.dispatchEvent(new Event('error'))
        })
      },
    }
    const raw = new RawStream(sink, {
      url: this.#url,
      init: { cache: 'no-store', credentials: this.#withCredentials ? 'include' : 'same-origin' },
      native: false,
      withCredentials: this.#withCredentials,
      standard: true,
      typeInData: false,
      canRefresh: false,
      crossOrigin: isCrossOrigin(this.#url),
    })
    this.#raw = raw
    raw.start()
  }

  /**
   * @param {string} text
   * @param {Uint32Array} table
   */
  #deliver(text, table) {
    const reader = this.#reader
    let isBegun = false
    this.#batches += 1
    queueJob({
      turn: () => {
        if (!isBegun) reader.begin(text, table)
        isBegun = true
        if (this.#readyState !== CLOSED && reader.next()) {
          const { type, data, lastEventId } = reader
          this.dispatchEvent(new MessageEvent(type, { data, origin: this.#origin, lastEventId }))
          if (reader.left > 0) return true
        }
        this.#batches -= 1
        if (this.#batches < MANY) this.#raw?.resume()
        return false
      },
    })
    return this.#batches < MANY
  }

  #fail() {
    this.#later(() => {
      this.close()
      this.dispatchEvent(new Event('error'))
    })
  }

  /**
   * Does something that the page sees in a turn of its own, unless the source has been closed by then.
   * @param {() => void} what
   */
  #later(what) {
    queueJob({
      turn: () => {
        if (this.#readyState !== CLOSED) what()
        return false
      },
    })
  }
}

// As Web IDL has it: constants on both objects, members enumerable.
for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSED })) {
  for (const object of [EventSource, EventSource.prototype]) Object.defineProperty(object, name, { value, enumerable: true, writable: false, configurable: false })
}
for (const name of ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror', 'close']) {
  Object.defineProperty(EventSource.prototype, name, { enumerable: true })
}
Object.defineProperty(EventSource.prototype, Symbol.toStringTag, { value: 'EventSource', configurable: true })
Object.defineProperty(EventSource, 'length', { value: 1, configurable: true })
// A minifier gives it another.
Object.defineProperty(EventSource, 'name', { value: 'EventSource', configurable: true })
