// An event stream that a test feeds by hand.

const writer = new TextEncoder()

/** Everyone who has opened one path. What is sent while nobody listens waits for the first. */
export class FakeStream {
  /** @type {Set<ReadableStreamDefaultController<any>>} */
  #readers = new Set()
  #waiting = ''
  #isOver = false

  /** How many are connected. */
  get listeners() {
    return this.#readers.size
  }

  /**
   * Sends an event.
   * @param {string} type empty: an event without a name @param {any} data text as it is, anything else as JSON @param {{ id?: string, retry?: number }} [more]
   */
  send(type, data, { id, retry } = {}) {
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    const lines = [type && `event: ${type}`, id !== undefined && `id: ${id}`, retry !== undefined && `retry: ${retry}`, ...text.split('\n').map((line) => `data: ${line}`)]
    return this.write(`${lines.filter(Boolean).join('\n')}\n\n`)
  }

  /** Bytes of the stream as they are. @param {string} text */
  write(text) {
    if (this.#readers.size === 0) this.#waiting += text
    for (const reader of this.#readers) reader.enqueue(writer.encode(text))
    return this
  }

  /** Ends the connections that are open, as a server does that has no more to say; the page comes again. */
  end() {
    for (const reader of this.#readers) reader.close()
    this.#readers.clear()
  }

  /** Breaks them off. */
  cut() {
    for (const reader of this.#readers) reader.error(new TypeError('network error'))
    this.#readers.clear()
  }

  /** From now on there is no such stream: 204, which tells a page not to come again. */
  close() {
    this.#isOver = true
    this.end()
  }

  /** @internal @param {AbortSignal | null | undefined} signal */
  open(signal) {
    if (this.#isOver) return new Response(null, { status: 204 })
    /** @type {any} */
    let own
    const body = new ReadableStream({
      start: (controller) => {
        own = controller
        this.#readers.add(own)
        if (this.#waiting) own.enqueue(writer.encode(this.#waiting))
        this.#waiting = ''
        signal?.addEventListener('abort', () => {
          if (this.#readers.delete(own)) own.error(signal.reason)
        })
      },
      cancel: () => void this.#readers.delete(own),
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}
