// The notifications of one user. The rules stand in src/core/notifications; here they are joined to the client's channel and
// rows, to the page's functions, and to its elements, whose code is loaded where there is a page.
import { RawBell } from '../pkg/storywire.js'
import { StorywireError, sentences } from './errors.js'
import { call, report } from './listeners.js'

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./types.js').Notification} Notification */
/** @typedef {import('./types.js').NotificationCard} Card */
/** @typedef {import('./types.js').NotificationOptions} Options */
/** @typedef {[name: 'count' | 'news' | 'changed' | 'show' | 'hide' | 'mark' | 'odd', number: number, ...rest: any[]]} Effect */

// Here, so that only a page with notifications downloads them.
Object.assign(sentences, {
  'no-user': 'Notifications need the id of the signed-in user: give client.notifications an id, or the script tag data-user.',
  'mark-refused': 'The notifications could not be marked as read, so they count again: check that row level security lets this user update the table, or make the function mark_notifications_read.',
  'odd-notification': 'A broadcast new_notification came without an id, so it was ignored: send the row of the notification as its payload.',
})

export class Notifications {
  /** How many are unread, as far as it is known. */
  unread = 0
  /** The same for a badge: empty for 0, `99+` above 99. */
  label = ''
  /** Whether the count is known. */
  isCounted = false
  #client
  #user
  #options
  /** @type {RawBell | undefined} */
  #raw
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** @type {{ close(): unknown } | undefined} */
  #rows
  /** @type {{ unsubscribe(): unknown } | undefined} */
  #channel
  /** @type {Promise<import('./notification-elements.js').NotificationElements | undefined> | undefined} */
  #elements
  /** What was heard last, for what is said of it. @type {any} */
  #heard
  /** @type {Promise<boolean> | undefined} */
  #marking
  /** The function of the database is not there, so the table is written. */
  #writesTable = false
  #saidOdd = false
  #onClose
  #closed = false

  /** @internal @param {Client} client @param {string} user @param {Options} options @param {() => void} onClose */
  constructor(client, user, options, onClose) {
    this.#onClose = onClose
    this.#client = client
    this.#user = user
    this.#options = options
    if (!user) {
      this.#fail(new StorywireError('no-user'))
      return
    }
    client.run(() => this.#open())
    client.ready.then((error) => error && call(options.onError, error))
  }

  #open() {
    if (this.#closed) return
    const { table = 'notifications', topic = `notifications:${this.#user}`, schema, limit = 200, duration = 6_000, toast } = this.#options
    const isRead = this.#readColumn
    this.#raw = new RawBell(JSON.stringify({ readColumn: isRead, limit: table ? limit : undefined, toasts: toast !== false, span: duration }))
    const root = this.#options.root ?? globalThis.document?.documentElement
    if (root) {
      this.#elements = import('./notification-elements.js').then(
        ({ NotificationElements }) => (this.#closed ? undefined : new NotificationElements(this, root, this.#user, this.#options, (name, number) => this.#tell(name, '', number))),
        (error) => void report(error),
      )
    }
    if (table) {
      const handlers = {
        onChange: (/** @type {any} */ { type, new: row, old }) => this.#hear(type === 'DELETE' ? 'gone' : 'row', row ?? old),
        onRead: () => this.#tell('read'),
        onError: (/** @type {any} */ error) => {
          // Whatever cannot be read for good, what is broadcast still counts.
          if (error.code === 'read-refused') this.#tell('unreadable')
          call(this.#options.onError, error)
        },
      }
      // What is unread comes first, so that a limit cuts off what has been read.
      const order = `${isRead}.asc.nullsfirst,created_at.desc`
      this.#rows = this.#client.rows(table, `user_id=eq.${this.#user}`, handlers, { schema, order, limit })
    }
    if (topic) {
      const channel = this.#client.channel(topic, { config: { private: this.#options.private } })
      channel.on('broadcast', { event: 'new_notification' }, ({ payload }) => this.#hear('broadcast', payload))
      channel.subscribe((_status, error) => error && call(this.#options.onError, /** @type {StorywireError} */ (error)))
      this.#channel = channel
    }
  }

  get #readColumn() {
    return this.#options.readColumn ?? 'read'
  }

  /** The newest, at most `limit`. @param {number} [limit] @returns {Notification[]} */
  list(limit = 20) {
    return JSON.parse(this.#raw?.list(limit) ?? '[]')
  }

  /** Marks one as read. @param {string | number} id @returns {Promise<boolean>} whether it is; never rejects */
  markRead(id) {
    return this.#mark('mark', String(id))
  }

  /** Marks all as read. @returns {Promise<boolean>} whether they are; never rejects */
  markAllRead() {
    return this.#mark('mark-all', '')
  }

  /** Ends it: nothing is called any more, no toast and no count remains on the page. */
  close() {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#rows?.close()
    this.#channel?.unsubscribe()
    this.#raw?.free()
    this.#raw = undefined
    this.unread = 0
    this.label = ''
    this.#elements?.then((elements) => elements?.close())
    this.#onClose()
  }

  /** @param {string} name @param {string} text */
  async #mark(name, text) {
    await this.#client.ready
    if (!this.#raw) return false
    this.#marking = undefined
    this.#tell(name, text)
    return this.#marking ?? true
  }

  /** @param {string} name @param {any} value */
  #hear(name, value) {
    this.#heard = value
    this.#tell(name, name === 'gone' ? String(value?.id) : (JSON.stringify(value) ?? ''))
    this.#heard = undefined
  }

  /** One input of the core, and what follows from it. @param {string} name @param {string} [text] @param {number} [number] */
  #tell(name, text = '', number = 0) {
    if (!this.#raw) return
    const { effects, wait } = JSON.parse(this.#raw.input(name, text, number))
    clearTimeout(this.#timer)
    if (wait !== undefined) this.#timer = setTimeout(() => this.#tell('timeout'), wait)
    for (const effect of effects) this.#perform(effect)
  }

  /** @param {Effect} effect */
  #perform([name, number, ...rest]) {
    if (name === 'count') {
      this.unread = number
      this.label = rest[0]
      this.isCounted = true
      call(this.#options.onUnread, number)
      this.#elements?.then((elements) => elements?.count())
    } else if (name === 'news') {
      const detail = { ...rest[0], row: this.#heard }
      call(this.#options.onNotification, detail)
      this.#elements?.then((elements) => elements?.news(detail))
    } else if (name === 'changed') this.#elements?.then((elements) => elements?.schedule())
    else if (name === 'show') this.#elements?.then((elements) => elements?.toasts?.show(number, rest[0], rest[1]))
    else if (name === 'hide') this.#elements?.then((elements) => elements?.toasts?.hide(number))
    else if (name === 'mark') this.#marking = this.#send(number, rest[0])
    else if (!this.#saidOdd) {
      this.#saidOdd = true
      this.#fail(new StorywireError('odd-notification'))
    }
  }

  /** Tells the server what has been read. @param {number} request @param {string | null} id null: all */
  async #send(request, id) {
    let problem = ''
    try {
      problem = (this.#writesTable ? undefined : await this.#callFunction(id)) ?? (await this.#writeTable(id))
    } catch (error) {
      problem = String(/** @type {any} */ (error)?.message ?? error)
    }
    this.#tell(problem ? 'unmarked' : 'marked', '', request)
    if (problem) this.#fail(new StorywireError('mark-refused', { detail: problem }))
    return !problem
  }

  /** What is wrong, or nothing; `undefined` where there is no such function. @param {string | null} id */
  async #callFunction(id) {
    const body = { user_id: this.#user, ...(id !== null && { ids: [id] }) }
    const answer = await this.#client.write('POST', 'rpc/mark_notifications_read', body, { schema: this.#options.schema })
    if (answer.status === 404) {
      this.#writesTable = Boolean(this.#options.table !== null)
      if (this.#writesTable) return undefined
    }
    return answer.ok ? '' : messageOf(answer)
  }

  /** @param {string | null} id */
  async #writeTable(id) {
    const { table = 'notifications', schema } = this.#options
    const column = this.#readColumn
    // A column such as read_at holds the time.
    const isTime = column.endsWith('_at')
    const query = new URLSearchParams({ user_id: `eq.${this.#user}`, select: 'id' })
    if (id !== null) query.set('id', `eq.${id}`)
    else query.set(column, isTime ? 'is.null' : 'not.is.true')
    const body = { [column]: isTime ? new Date().toISOString() : true }
    const answer = await this.#client.write('PATCH', `${table}?${query}`, body, { schema, prefer: 'return=representation' })
    if (!answer.ok) return messageOf(answer)
    // What row level security hides is not refused, it is just not there.
    return id !== null && (await answer.json()).length === 0 ? 'no such row' : ''
  }

  /** @param {StorywireError} error */
  #fail(error) {
    this.#client.hearError(error)
    call(this.#options.onError, error)
  }
}

/** @param {Response} answer */
async function messageOf(answer) {
  const body = await answer.json().catch(() => undefined)
  return String(body?.message ?? (answer.statusText || answer.status))
}
