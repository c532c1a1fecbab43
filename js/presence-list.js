// Who is here, in an element: one item for each person, by key. Who stays is not touched.
import { append, make, set, setText } from './element.js'
import { cleanName, colourOf, guest, initials } from './person.js'

/** @typedef {import('./types.js').Person} Person */
/** @typedef {{ element: HTMLElement, leaving?: ReturnType<typeof setTimeout> }} Item */

/** Who goes keeps the place for so long: a page that is reloaded is gone for a moment only. Milliseconds. */
const GRACE = 1_200

/** Words of the page, or ours. @param {Element} element @param {string} name @param {string} ours */
export const word = (element, name, ours) => element.getAttribute(`data-text-${name}`) ?? ours

export class PresenceList {
  #element
  #template
  #isList
  /** Those who are shown, and those who are going. @type {Map<string, Item>} */
  #items = new Map()
  /** Everybody, in the order of coming. @type {string[]} */
  #order = []
  /** @type {HTMLElement | undefined} */
  #more

  /** @param {Element} element */
  constructor(element) {
    this.#element = element
    this.#template = element.querySelector('template')
    this.#isList = element.matches('ul, ol')
    // A clone brings items of the element that it was cloned from.
    for (const stray of element.querySelectorAll(':scope > [data-storywire]')) stray.remove()
    // Also on a list: without markers, Safari does not take it for one.
    if (!element.hasAttribute('role')) element.setAttribute('role', 'list')
    if (!element.hasAttribute('aria-label') && !element.hasAttribute('aria-labelledby')) element.setAttribute('aria-label', word(element, 'label', 'People here'))
  }

  /** @param {Person[]} people */
  render(people) {
    const here = new Map(people.map((person) => [person.key, person]))
    const known = new Set(this.#order)
    this.#order = [...this.#order.filter((key) => here.has(key) || this.#items.has(key)), ...[...here.keys()].filter((key) => !known.has(key))]
    const present = this.#order.flatMap((key) => here.get(key) ?? [])
    const first = present.filter(({ self }) => self)
    const shown = [...first, ...present.filter(({ self }) => !self)].slice(0, this.#max)
    const keys = new Set(shown.map(({ key }) => key))
    for (const [key, item] of this.#items) {
      // Whoever only makes room for another goes at once.
      if (!keys.has(key) && here.has(key)) this.#remove(key)
      else if (!keys.has(key)) this.#leave(key, item)
    }
    let next = this.#next(null)
    for (const person of shown) {
      const { element } = this.#item(person)
      if (element === next) next = this.#next(next)
      else this.#element.insertBefore(element, next)
    }
    this.#showMore(people.length - shown.length)
  }

  get #max() {
    const max = Number(this.#element.getAttribute('data-max') ?? 5)
    return max >= 1 ? Math.min(Math.floor(max), 200) : 5
  }

  /** The next place of ours that counts. @param {Element | null} from */
  #next(from) {
    let next = from ? from.nextElementSibling : this.#element.firstElementChild
    while (next && (!next.matches('[data-storywire="person"], [data-storywire="more"]') || next.hasAttribute('data-leaving'))) next = next.nextElementSibling
    return next
  }

  /** The item of a person, with what is said of them now. @param {Person} person */
  #item(person) {
    const { key, self } = person
    const item = this.#items.get(key) ?? { element: this.#make() }
    clearTimeout(item.leaving)
    item.leaving = undefined
    item.element.removeAttribute('data-leaving')
    this.#items.set(key, item)
    const { element } = item
    const colour = colourOf(key)
    if (element.style.getPropertyValue('--sw-person') !== colour) element.style.setProperty('--sw-person', colour)
    if (element.hasAttribute('data-self') !== self) element.toggleAttribute('data-self', self)
    const name = cleanName(person.meta.name) || word(this.#element, 'guest', guest)
    if (!this.#template && element.title !== name) element.title = name
    const fields = [...element.querySelectorAll('[data-sw-field]'), ...(element.matches('[data-sw-field]') ? [element] : [])]
    for (const field of fields) fill(field, this.#value(field.getAttribute('data-sw-field') ?? '', person, name))
    return item
  }

  /** @param {string} field @param {Person} person @param {string} name */
  #value(field, { key, meta, self }, name) {
    if (field === 'name') return name
    if (field === 'initials') return initials(name)
    if (field === 'key') return key
    if (field === 'you') return self ? word(this.#element, 'you', '(you)') : ''
    const value = meta[field]
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value).slice(0, 1_000) : ''
  }

  #make() {
    const own = /** @type {HTMLTemplateElement | null} */ (this.#template)?.content.firstElementChild
    const element = own ? /** @type {HTMLElement} */ (own.cloneNode(true)) : make(this.#isList ? 'li' : 'span', 'person')
    element.dataset.storywire = 'person'
    if (element.localName !== 'li' && !element.hasAttribute('role')) element.setAttribute('role', 'listitem')
    if (own) return element
    const field = (/** @type {string} */ tag, /** @type {string} */ name) => {
      const made = append(element, document.createElement(tag))
      made.dataset.swField = name
      made.className = `sw-person-${name}`
      return made
    }
    field('span', 'initials').setAttribute('aria-hidden', 'true')
    field('bdi', 'name')
    element.append(' ')
    field('span', 'you')
    return element
  }

  /** @param {string} key @param {Item} item */
  #leave(key, item) {
    if (item.leaving !== undefined) return
    item.element.setAttribute('data-leaving', '')
    item.leaving = setTimeout(() => this.#remove(key), GRACE)
  }

  /** @param {string} key */
  #remove(key) {
    const item = this.#items.get(key)
    this.#items.delete(key)
    if (!item) return
    clearTimeout(item.leaving)
    // Whoever was in it with the keyboard stays where they were, and does not begin at the top of the page again.
    if (item.element.contains(document.activeElement)) {
      const list = /** @type {HTMLElement} */ (this.#element)
      if (!list.hasAttribute('tabindex')) list.tabIndex = -1
      list.focus({ preventScroll: true })
    }
    item.element.remove()
  }

  /** @param {number} count */
  #showMore(count) {
    if (count > 0) {
      this.#more ??= make(this.#isList ? 'li' : 'span', 'more')
      if (!this.#isList) set(this.#more, 'role', 'listitem')
      if (this.#more.parentElement !== this.#element) this.#element.append(this.#more)
      setText(this.#more, word(this.#element, 'more', 'and {count} more').replace('{count}', String(count)))
    } else this.#more?.remove()
  }

  /** Empties it. */
  remove() {
    for (const key of [...this.#items.keys()]) this.#remove(key)
    this.#more?.remove()
  }
}

/** @param {Element} field @param {string} value */
function fill(field, value) {
  if (!(field instanceof HTMLImageElement)) setText(field, value)
  else if (isImage(value)) {
    if (field.getAttribute('src') !== value) field.src = value
  } else field.removeAttribute('src')
}

/** An address that can only be an image. @param {string} value */
function isImage(value) {
  try {
    return Boolean(value) && /^https?:$/.test(new URL(value, location.href).protocol)
  } catch {
    return false
  }
}
