// Followed rows: read, kept current, and read again after every gap.
import { StorywireError, sentences } from './errors.js'
import { call } from './listeners.js'

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./types.js').RowsHandlers} RowsHandlers */
/** @typedef {import('./types.js').RowsOptions} RowsOptions */

Object.assign(sentences, {
  'bad-rows-filter': 'The filter must be text such as id=eq.42, or an object with one column such as { id: 42 } whose value is known.',
})

export class Rows {
  /** Whether changes are followed and the rows have been read since. */
  live = false
  /** @type {Map<string, Record<string, any>>} */
  #rows = new Map()
  /** @type {number | undefined} */
  #id
  #client
  #handlers
  #closed = false

  /**
   * @internal
   * @param {Client} client @param {string} table @param {string | Record<string, any> | undefined} filter
   * @param {RowsHandlers} handlers @param {RowsOptions} options @param {boolean} single
   */
  constructor(client, table, filter, handlers, options, single) {
    this.#client = client
    this.#handlers = handlers
    const text = filterText(filter)
    if (text === undefined) {
      this.#fail(new StorywireError('bad-rows-filter'))
      return
    }
    const { schema = 'public', select = '*', key = 'id', order = '', limit, topic = `${table}:${text || 'all'}` } = options
    client.run(
      (raw) => {
        if (this.#closed) return
        this.#id = client.check(raw.follow(JSON.stringify({ topic, schema, table, filter: text, select, key, single, order, limit })))
        client.all.sets.set(this.#id, this)
      },
      (error) => this.#fail(error),
    )
    // The client itself has said it to its own listeners.
    client.ready.then((error) => error && this.hearError(error))
  }

  /** The rows as they are known, in the order in which they were first seen. */
  get rows() {
    return [...this.#rows.values()]
  }

  /** The first row, or `undefined`: for sets of one. */
  get row() {
    return this.rows[0]
  }

  /** Ends it; nothing is called any more. */
  close() {
    this.#closed = true
    this.live = false
    if (this.#id === undefined) return
    this.#client.run((raw) => raw.unfollow(Number(this.#id)))
    this.#client.all.sets.delete(this.#id)
  }

  // What the core says.

  /** @internal @param {string} event @param {string} key @param {any} row */
  hear(event, key, row) {
    if (this.#closed) return
    const handlers = this.#handlers
    if (event === 'put') {
      const old = this.#rows.get(key)
      this.#rows.set(key, row)
      call(handlers.onChange, { type: old ? 'UPDATE' : 'INSERT', new: row, old, rows: this.rows })
    } else if (event === 'gone') {
      const old = this.#rows.get(key)
      this.#rows.delete(key)
      call(handlers.onChange, { type: 'DELETE', new: undefined, old, rows: this.rows })
    } else if (event === 'live') {
      this.live = true
      call(handlers.onLive, { continuous: key === 'continuous', rows: this.rows })
    } else if (event === 'read') {
      call(handlers.onRead, { rows: this.rows })
    } else {
      this.live = false
      call(handlers.onStale)
    }
  }

  /** @internal @param {StorywireError} error */
  hearError(error) {
    if (!this.#closed) call(this.#handlers.onError, error)
  }

  /** @param {StorywireError} error */
  #fail(error) {
    this.#client.hearError(error)
    this.hearError(error)
  }
}

/**
 * `id=eq.42` as it is; `{ id: 42 }` becomes it; nothing means every row.
 * @param {string | Record<string, any> | null | undefined} filter
 */
function filterText(filter) {
  if (filter === undefined || filter === null || filter === '') return ''
  if (typeof filter === 'string') return filter
  const [[column, value] = [], more] = Object.entries(filter)
  return column === undefined || value === undefined || more ? undefined : value === null ? `${column}=is.null` : `${column}=eq.${value}`
}
