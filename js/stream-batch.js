// Reads the batches that the module hands out: one string, and four numbers for each event. src/core/sse/batch.rs writes
// them, and says what they are.

const RECORD = 4
const NUMBER = 0xffff
const UNNUMBERED = 0xfffe
const NO_EVENT = 0xffff
const UNNAMED = 0x10000
const NEW_ID = 0x20000

// A U+FEFF within the data is data.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** @param {Uint8Array} text of a batch; a view of the module's memory @returns {string} */
export const decode = (text) => decoder.decode(text)

/** One for each stream: it remembers names by their number, and the id. */
export class BatchReader {
  /** The id of the last event that was read. */
  lastEventId = ''
  #names = ['message']
  #text = ''
  /** @type {Uint32Array} */
  #table = new Uint32Array()
  #at = 0
  #start = 0

  /** The event that `next` has read. */
  type = ''
  data = ''
  /** Whether the event came without a name of its own. */
  isUnnamed = false

  /**
   * @param {string} text
   * @param {Uint32Array} table a copy: a view of the module's memory ends when that grows
   */
  begin(text, table) {
    this.#text = text
    this.#table = table
    this.#at = 0
    this.#start = 0
  }

  /** How many events the batch may still have. */
  get left() {
    return (this.#table.length - this.#at) / RECORD
  }

  /** Reads the next event; false at the end of the batch. */
  next() {
    const table = this.#table
    while (this.#at < table.length) {
      const at = this.#at
      const dataEnd = /** @type {number} */ (table[at])
      const idEnd = /** @type {number} */ (table[at + 1])
      const nameEnd = /** @type {number} */ (table[at + 2])
      const kind = /** @type {number} */ (table[at + 3])
      const start = this.#start
      this.#at = at + RECORD
      this.#start = nameEnd
      if (kind & NEW_ID) this.lastEventId = this.#text.slice(dataEnd, idEnd)
      const number = kind & NUMBER
      if (number === NO_EVENT) continue
      if (nameEnd > idEnd) {
        this.type = this.#text.slice(idEnd, nameEnd)
        if (number !== UNNUMBERED) this.#names[number] = this.type
      } else {
        this.type = /** @type {string} */ (this.#names[number])
      }
      this.data = this.#text.slice(start, dataEnd)
      this.isUnnamed = (kind & UNNAMED) !== 0
      return true
    }
    this.#text = ''
    return false
  }
}
