// Tables in memory, and the filters of PostgREST and of Realtime.

/** @typedef {Record<string, any>} Row */
/** @typedef {{ type: 'INSERT' | 'UPDATE' | 'DELETE', table: string, row?: Row, old?: Row, at: string }} Change */

export class Table {
  /** @type {Row[]} */
  rows = []
  #name
  #stamp
  #tell
  #next = 0

  /** @param {string} name @param {() => string} stamp the time of a write, each later than the one before @param {(change: Change) => void} tell */
  constructor(name, stamp, tell) {
    this.#name = name
    this.#stamp = stamp
    this.#tell = tell
  }

  /** Adds a row; what it lacks of `id`, `created_at` and `updated_at` is filled in. @param {Row} row */
  insert(row) {
    const at = this.#stamp()
    const added = copy({ id: uuid(this.#name, ++this.#next), created_at: at, updated_at: at, ...row })
    if (this.get(added.id)) throw new Error(`The table "${this.#name}" has a row "${added.id}" already.`)
    this.rows.push(added)
    this.#tell({ type: 'INSERT', table: this.#name, row: copy(added), at })
    return copy(added)
  }

  /** Changes the row of an id, or all that a function names. @param {string | number | ((row: Row) => boolean)} which @param {Row | ((row: Row) => Row)} changes */
  update(which, changes) {
    return this.#those(which).map((row) => {
      const at = this.#stamp()
      Object.assign(row, { updated_at: at }, copy(typeof changes === 'function' ? changes(copy(row)) : changes))
      // Without `replica identity full`, the old row is its key.
      this.#tell({ type: 'UPDATE', table: this.#name, row: copy(row), old: { id: row.id }, at })
      return copy(row)
    })
  }

  /** @param {string | number | ((row: Row) => boolean)} which */
  delete(which) {
    const gone = this.#those(which)
    this.rows = this.rows.filter((row) => !gone.includes(row))
    for (const { id } of gone) this.#tell({ type: 'DELETE', table: this.#name, old: { id }, at: this.#stamp() })
    return gone
  }

  /** @param {string | number} id */
  get(id) {
    return this.#those(id)[0]
  }

  /** @param {string | number | ((row: Row) => boolean)} which */
  #those(which) {
    return this.rows.filter((row) => (typeof which === 'function' ? which(row) : String(row.id) === String(which)))
  }
}

/** @template T @param {T} value @returns {T} as it would come over the wire */
export const copy = (value) => (value === undefined ? value : JSON.parse(JSON.stringify(value)))

/** The same ids in each run. @param {string} name @param {number} number */
function uuid(name, number) {
  let hash = 7
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return `${hash.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
}

/** @type {Record<string, (value: any, operand: string) => boolean>} */
const operators = {
  eq: (value, operand) => String(value) === operand,
  neq: (value, operand) => String(value) !== operand,
  lt: (value, operand) => compare(value, operand) < 0,
  lte: (value, operand) => compare(value, operand) <= 0,
  gt: (value, operand) => compare(value, operand) > 0,
  gte: (value, operand) => compare(value, operand) >= 0,
  in: (value, operand) => listOf(operand).includes(String(value)),
  is: (value, operand) => String(value ?? null) === operand.toLowerCase(),
  isdistinct: (value, operand) => String(value ?? null) !== operand,
  like: (value, operand) => pattern(operand, '').test(String(value)),
  ilike: (value, operand) => pattern(operand, 'i').test(String(value)),
  match: (value, operand) => new RegExp(operand).test(String(value)),
  imatch: (value, operand) => new RegExp(operand, 'i').test(String(value)),
}

/**
 * Whether a row has a column as a filter wants it, e.g. `eq.42`, `not.in.(1,2)`. As in the database, null fits nothing but `is`.
 * @param {Row} row @param {string} column @param {string} filter
 */
export function matches(row, column, filter) {
  const [, not, name = '', operand = ''] = /^(not\.)?(\w+)\.(.*)$/s.exec(filter) ?? []
  const operator = operators[name]
  if (!operator) throw new Error(`"failed to parse filter (${filter})"`)
  const value = row[column]
  if ((value === null || value === undefined) && !name.startsWith('is')) return false
  return operator(value, operand) !== Boolean(not)
}

/** @param {any} value @param {string} operand */
function compare(value, operand) {
  const [one, other] = [Number(value), Number(operand)]
  if (!Number.isNaN(one) && !Number.isNaN(other)) return one - other
  return String(value) < operand ? -1 : String(value) > operand ? 1 : 0
}

/** `(1,"two, three")` @param {string} text */
export function listOf(text) {
  const items = text.replace(/^\(|\)$/g, '').match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? []
  return items.map((item) => (item.startsWith('"') ? item.slice(1, -1).replace(/\\(.)/g, '$1') : item))
}

/** @param {string} like @param {string} flags */
const pattern = (like, flags) => new RegExp(`^${like.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/[%*]/g, '.*').replace(/_/g, '.')}$`, `s${flags}`)

/**
 * Rows as a `GET` of PostgREST names them.
 * @param {Row[]} rows @param {URLSearchParams} query
 */
export function select(rows, query) {
  const reserved = ['select', 'order', 'limit', 'offset', 'columns', 'on_conflict', 'apikey']
  let found = rows.filter((row) => [...query].every(([name, filter]) => reserved.includes(name) || matches(row, name, filter)))
  for (const term of (query.get('order') ?? '').split(',').filter(Boolean).reverse()) {
    const [column = '', ...ways] = term.split('.')
    const way = ways.includes('desc') ? -1 : 1
    found = [...found].sort((one, other) => way * compare(one[column] ?? '', String(other[column] ?? '')))
  }
  const first = Number(query.get('offset') ?? 0)
  found = found.slice(first, first + Number(query.get('limit') ?? found.length))
  const columns = (query.get('select') ?? '*').split(',').map((column) => column.trim())
  if (columns.includes('*')) return found
  return found.map((row) => Object.fromEntries(columns.map((column) => [column.split(':')[0], row[column.split(':').at(-1) ?? ''] ?? null])))
}
