// Carries events into the core and its effects out: the clock, the one timer, the socket, the frames. No rule stands here,
// and whom a notice is for is known to js/sink.js.
import { startClock } from './clock.js'
import { Dom } from './dom.js'
import { call } from './listeners.js'

/** What a driver needs of a module. @typedef {import('../pkg/storywire_story.js').RawClient & { binary?: Function, takeBytes?: Function }} Raw */

/** What comes in, in the order of `KINDS` in src/core/port.rs. */
const kinds = 'timeout page opened closed token answer painted story retry retried set-token close mounted mounted-story unmounted seen unseen loaded failed clicked text'.split(' ')

/** What happens to the page, in the order of `PAGE_EVENTS` there. */
const pageEvents = ['visible', 'hidden', 'freeze', 'resume', 'online', 'offline']

/** How long one frame may be spent on painting; what is left over comes with the next. */
const FRAME = 4

/** `setTimeout` holds its delay in 31 bits; what is longer would fire at once. */
const LONGEST = 2 ** 31 - 1

/** Room for so long a text is kept. */
const KEPT = 2 ** 20

const encoder = new TextEncoder()

export class Driver {
  /** The elements, once the page is observed. @type {Dom | undefined} */
  dom
  /** The moment, for commands. */
  now = startClock()
  /** @type {Raw | undefined} */
  #raw
  /** @type {WebAssembly.Memory | undefined} */
  #memory
  /** Where in it texts go. */
  #room = new Uint8Array()
  /** @type {WebSocket | undefined} */
  #socket
  #socketId = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** How long the frame before took, with all that the browser did for it. */
  #drawing = 0
  #isPumping = false
  #isScheduled = false
  #stop = new AbortController()

  /** @param {Raw} raw @param {WebAssembly.Memory} memory its own */
  start(raw, memory) {
    this.#raw = raw
    this.#memory = memory
    const { signal } = this.#stop
    const hear = (/** @type {any} */ { type, persisted }) => {
      // A page that goes for good, or comes for the first time, is none that sleeps or wakes.
      const event = type === 'visibilitychange' ? (document.hidden ? 'hidden' : 'visible') : type === 'pagehide' ? persisted && 'freeze' : type === 'pageshow' ? persisted && 'resume' : type
      if (event) this.input('page', pageEvents.indexOf(event))
      // A frame that was asked for a moment ago would come when the page is seen again, and what listeners are to be told
      // would wait for it.
      if (event === 'hidden') this.paint()
    }
    // In a worker there is no document, and in Node neither.
    for (const type of ['visibilitychange', 'freeze', 'resume']) globalThis.document?.addEventListener(type, hear, { signal })
    for (const type of ['pagehide', 'pageshow', 'online', 'offline']) globalThis.addEventListener?.(type, hear, { signal })
    if (globalThis.navigator?.onLine === false) this.input('page', 5)
  }

  /**
   * Takes in what happened, and performs what follows from it.
   * @param {string} kind @param {number} [id] @param {number} [number] @param {string} [first] @param {string} [second]
   */
  input(kind, id, number, first = '', second = '') {
    this.#tell(kind, id, number, first, second)
    this.#pump()
  }

  /**
   * Takes in what happened. What follows from it is performed in a microtask: elements and commands come in crowds, and the
   * caller holds what it was given before anything comes of it.
   * @param {string} kind @param {number} [id] @param {number} [number] @param {string} [first] @param {string} [second]
   * @param {string} [third] @returns {number} negative for a misuse
   */
  note(kind, id, number, first = '', second = '', third = '') {
    this.schedule()
    return this.#tell(kind, id, number, first, second, third)
  }

  /**
   * The texts go into memory that stays from one input to the next: twice as fast as to let the glue of wasm-bindgen do it.
   * @param {string} kind @param {number} id @param {number} number @param {string[]} texts
   */
  #tell(kind, id = 0, number = 0, ...texts) {
    const raw = this.#raw
    if (!raw || !this.#memory) return 0
    let most = 0
    for (const text of texts) most += text.length * 3
    // Memory that has grown has taken its views away; room for a text that was very long is given back.
    if (this.#room.length < most || this.#room.length > KEPT) {
      // It may grow through this, so its buffer is asked for afterwards.
      const place = raw.room(most)
      this.#room = new Uint8Array(this.#memory.buffer, place, most)
    }
    let at = 0
    const lengths = []
    for (const text of texts) {
      const { written } = encoder.encodeInto(text, at ? this.#room.subarray(at) : this.#room)
      lengths.push(written)
      at += written
    }
    const [first = 0, second = 0, third = 0] = lengths
    return raw.input(this.now(), kinds.indexOf(kind), id, number, first, second, third)
  }

  /** Performs the effects of a command soon. */
  schedule() {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.input('timeout')
    })
  }

  /** Keeps the elements below `root` true. @param {Element} root */
  observe(root) {
    this.dom?.stop()
    this.dom = new Dom(root, (kind, id, story, asset, shape) => (kind === 'stray' ? this.stray() : this.note(kind, id, shape, story, asset)))
    this.dom.scan()
  }

  /** Ends it, once what the end has to say is said. */
  close() {
    this.note('close')
    this.#stop.abort()
    queueMicrotask(() => {
      clearTimeout(this.#timer)
      this.dom?.stop()
      this.#raw?.free()
      this.#raw = undefined
    })
  }

  /** An effect that comes of another waits until that has been performed, and one that throws stops no other. */
  #pump() {
    if (this.#isPumping) return
    this.#isPumping = true
    for (let calls; (calls = this.#raw?.poll(false)); ) {
      for (const [name, ...args] of JSON.parse(calls)) call(() => /** @type {any} */ (this)[name](...args))
    }
    this.#isPumping = false
  }

  // What the core calls.

  /** @param {number | null} at */
  due(at) {
    clearTimeout(this.#timer)
    if (at !== null) this.#timer = setTimeout(() => this.input('timeout'), Math.min(Math.max(at - this.now(), 0), LONGEST))
  }

  /** @param {number} id @param {string} url */
  socket(id, url) {
    /** @type {WebSocket} */
    let socket
    try {
      socket = this.newSocket(url)
    } catch {
      this.input('closed', id)
      return
    }
    // What an old one still says names the old one, and the core lets it pass.
    this.#socket = socket
    this.#socketId = id
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => this.input('opened', id))
    socket.addEventListener('close', () => this.input('closed', id))
    socket.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string') this.#raw?.binary?.(this.now(), id, new Uint8Array(data))
      // Most messages are news that is shown with the next frame, and ask for nothing.
      else if (!this.#tell('text', id, 0, data)) return
      this.#pump()
    })
    // The page may have opened it while the module was loading.
    if (socket.readyState === 1) this.input('opened', id)
    else if (socket.readyState) this.input('closed', id)
  }

  /** A socket that cannot send any more will say that it closed. @param {number} id @param {string | Uint8Array<ArrayBuffer>} data */
  send(id, data) {
    try {
      if (id === this.#socketId) this.#socket?.send(data)
    } catch {
      // It will.
    }
  }

  /** @param {number} id */
  sendBytes(id) {
    this.send(id, this.takeBytes())
  }

  /** @param {number} id */
  closeSocket(id) {
    if (id === this.#socketId) this.#socket?.close()
  }

  /** The bytes that belong to a call. @returns {Uint8Array<ArrayBuffer>} */
  takeBytes() {
    return this.#raw?.takeBytes?.()
  }

  /** Asks for a frame; a page that cannot be seen gets none, so there a timer does. */
  paint() {
    const isSeen = globalThis.document?.hidden === false
    const frame = () => this.#paint(isSeen)
    if (isSeen) requestAnimationFrame(frame)
    else setTimeout(frame, 0)
  }

  /** @param {boolean} isSeen whether the browser draws afterwards */
  #paint(isSeen) {
    // A frame that was asked for before the end comes all the same.
    if (!this.#raw) return
    const start = this.now()
    // The next task begins when styles and layers are done, which can take longer than all that we do.
    if (isSeen) setTimeout(() => (this.#drawing = this.now() - start), 0)
    let spent = 0
    this.dom?.begin()
    for (let calls; spent < FRAME && (calls = this.#raw?.poll(true)); spent = this.now() - start) this.dom?.apply(JSON.parse(calls))
    this.dom?.end()
    this.input('painted', Math.max(spent, this.#drawing))
  }

  // What js/sink.js knows.

  /** The one that was opened early, or a new one; throws if the URL is none. @param {string} url @returns {WebSocket} */
  newSocket(url) {
    return new WebSocket(url)
  }

  stray() {}
}
