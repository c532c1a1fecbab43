// The others' pointers over an element, while they move. Positions are fractions of the element, so that it may have
// another size in another window. They are for the eye alone: a page says in words what matters.
import { append, make, setText } from './element.js'
import { call } from './listeners.js'
import { cleanName, colourOf, guest } from './person.js'
import { word } from './presence-list.js'

/** @typedef {import('./types.js').Person} Person */
/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./presence.js').Presence} Presence */
/** @typedef {{ element: HTMLElement, label: HTMLElement, seen: number }} Cursor */

/** A pointer that has not moved for so long is no longer shown. Milliseconds. */
const IDLE = 30_000
/** Between two positions while a few people are here; with more people each sends less often. Milliseconds. */
const INTERVAL = 50
/** So many people send at the full pace. */
const FEW = 5

export class Cursors {
  #element
  #room
  #presence
  #layer = make('div', 'cursors')
  /** @type {Map<string, Cursor>} */
  #cursors = new Map()
  /** @type {{ x: number, y: number } | undefined} */
  #moved
  #frame = 0
  #sentAt = 0
  /** The others know of a position of ours. */
  #isShown = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #undo
  #abort = new AbortController()

  /** @param {HTMLElement} element @param {Room} room @param {Presence} presence */
  constructor(element, room, presence) {
    this.#element = element
    this.#room = room
    this.#presence = presence
    // A clone brings the layer of the element that it was cloned from.
    for (const stray of element.querySelectorAll(':scope > [data-storywire="cursors"]')) stray.remove()
    this.#layer.setAttribute('aria-hidden', 'true')
    const options = { passive: true, signal: this.#abort.signal }
    element.addEventListener('pointermove', (event) => this.#move(event), options)
    element.addEventListener('pointerdown', (event) => this.#move(event), options)
    for (const type of ['pointerleave', 'pointercancel']) element.addEventListener(type, () => this.#hide(), options)
    document.addEventListener('visibilitychange', () => document.hidden && this.#hide(), options)
    this.#undo = room.on('cursor', (payload) => this.#hear(payload))
  }

  /** @param {PointerEvent} event */
  #move({ clientX, clientY }) {
    this.#moved = { x: clientX, y: clientY }
    this.#frame ||= requestAnimationFrame(() => this.#send())
  }

  #send() {
    this.#frame = 0
    const moved = this.#moved
    const count = this.#presence.people.length
    if (!moved || count < 2) return
    const now = performance.now()
    if (now - this.#sentAt < INTERVAL * Math.ceil(count / FEW)) {
      this.#frame = requestAnimationFrame(() => this.#send())
      return
    }
    this.#sentAt = now
    this.#moved = undefined
    this.#isShown = true
    const box = this.#element.getBoundingClientRect()
    const part = (/** @type {number} */ at, /** @type {number} */ size) => Math.round(Math.min(1, Math.max(0, at / (size || 1))) * 1e4) / 1e4
    this.#tell({ x: part(moved.x - box.left, box.width), y: part(moved.y - box.top, box.height) })
  }

  #hide() {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#moved = undefined
    if (this.#isShown) this.#tell({ x: null, y: null })
    this.#isShown = false
  }

  /** @param {{ x: number | null, y: number | null }} position */
  #tell(position) {
    this.#room.send('cursor', { key: this.#presence.key, ...position }, { latest: true })
  }

  /** @param {any} payload whatever somebody sent */
  #hear(payload) {
    const person = this.#presence.people.find(({ key, self }) => key === payload?.key && !self)
    if (!person) return
    const { key } = person
    const [x, y] = [payload.x, payload.y]
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1) || typeof x !== 'number' || typeof y !== 'number') {
      this.#remove(key)
      return
    }
    const cursor = this.#cursors.get(key) ?? this.#make(person)
    cursor.seen = Date.now()
    cursor.element.style.setProperty('--sw-x', String(x))
    cursor.element.style.setProperty('--sw-y', String(y))
    cursor.element.toggleAttribute('data-end', x > 0.7)
    if (this.#layer.parentElement !== this.#element) this.#element.append(this.#layer)
    this.#timer ??= setTimeout(() => this.#sweep(), IDLE)
  }

  /** @param {Person} person @returns {Cursor} */
  #make(person) {
    const element = append(this.#layer, make('div', 'cursor'))
    const label = append(element, document.createElement('bdi'))
    const cursor = { element, label, seen: 0 }
    this.#cursors.set(person.key, cursor)
    element.style.setProperty('--sw-person', colourOf(person.key))
    this.#name(cursor, person)
    return cursor
  }

  /** @param {Cursor} cursor @param {Person} person */
  #name({ label }, { meta }) {
    setText(label, cleanName(meta.name) || word(this.#element, 'guest', guest))
  }

  #sweep() {
    this.#timer = undefined
    for (const [key, { seen }] of this.#cursors) if (Date.now() - seen >= IDLE) this.#remove(key)
    if (this.#cursors.size > 0) this.#timer = setTimeout(() => this.#sweep(), IDLE)
  }

  /** @param {string} key */
  #remove(key) {
    this.#cursors.get(key)?.element.remove()
    this.#cursors.delete(key)
  }

  /** Who is here now: others have gone, or have another name. @param {Person[]} people */
  render(people) {
    const here = new Map(people.map((person) => [person.key, person]))
    for (const [key, cursor] of this.#cursors) {
      const person = here.get(key)
      if (person) this.#name(cursor, person)
      else this.#remove(key)
    }
  }

  remove() {
    this.#hide()
    this.#abort.abort()
    clearTimeout(this.#timer)
    call(this.#undo)
    this.#layer.remove()
  }
}
