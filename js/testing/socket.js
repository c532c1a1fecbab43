// A WebSocket without a network: whatever is sent goes to a server in the same page.

/**
 * @typedef {object} Server
 * @property {(socket: FakeSocket) => void} connect decides whether it opens
 * @property {(socket: FakeSocket, data: any) => void} receive
 * @property {(socket: FakeSocket) => void} disconnect
 * @property {(task: () => void) => void} later after the time that the network takes, in order
 */

export class FakeSocket extends EventTarget {
  static CONNECTING = 0
  static OPEN = 1
  static CLOSING = 2
  static CLOSED = 3
  CONNECTING = 0
  OPEN = 1
  CLOSING = 2
  CLOSED = 3
  readyState = 0
  binaryType = 'blob'
  bufferedAmount = 0
  protocol = ''
  extensions = ''
  /** @type {((event: any) => unknown) | null} */
  onopen = null
  /** @type {((event: any) => unknown) | null} */
  onmessage = null
  /** @type {((event: any) => unknown) | null} */
  onerror = null
  /** @type {((event: any) => unknown) | null} */
  onclose = null
  #server

  /** @param {Server} server @param {string | URL} url */
  constructor(server, url) {
    super()
    this.url = String(url)
    this.#server = server
    server.later(() => this.readyState === 0 && server.connect(this))
  }

  /** @param {string | ArrayBuffer | ArrayBufferView} data */
  send(data) {
    if (this.readyState === 0) throw new DOMException('Still in CONNECTING state.', 'InvalidStateError')
    if (this.readyState !== 1) return
    // The sender may use its buffer again.
    const sent = typeof data === 'string' ? data : data instanceof ArrayBuffer ? data.slice(0) : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)
    this.#server.later(() => this.readyState === 1 && this.#server.receive(this, sent))
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code = 1005, reason = '') {
    if (this.readyState >= 2) return
    this.readyState = 2
    this.#server.disconnect(this)
    this.#server.later(() => this.end(code, reason))
  }

  // What the server does.

  open() {
    this.readyState = 1
    this.#fire('open')
  }

  /** @param {string | ArrayBuffer} data */
  hear(data) {
    if (this.readyState === 1) this.#fire('message', { data })
  }

  /** It is over, whoever ended it; 1006 is an end without a word. @param {number} code @param {string} [reason] */
  end(code, reason = '') {
    if (this.readyState === 3) return
    const failed = this.readyState === 0
    this.readyState = 3
    this.#server.disconnect(this)
    if (failed) this.#fire('error')
    this.#fire('close', { code, reason, wasClean: code !== 1006 })
  }

  /** @param {'open' | 'message' | 'error' | 'close'} type @param {object} [more] */
  #fire(type, more) {
    const event = Object.assign(new Event(type), more)
    this.dispatchEvent(event)
    this[`on${type}`]?.(event)
  }
}
