// Who came and who went, as a screen reader is told: summed up, and rarely.
import { cleanName, guest } from './person.js'
import { word } from './presence-list.js'

/** @typedef {import('./types.js').Person} Person */

/** What happens within this time is said in one sentence, and at most one sentence is said in it. Milliseconds. */
const GAP = 5_000
/** So many are named. */
const NAMED = 3

export class Arrivals {
  #say
  #words
  /** @type {Map<string, Person>} */
  #came = new Map()
  /** @type {Map<string, Person>} */
  #gone = new Map()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {(text: string) => void} say @param {{ getAttribute(name: string): string | null }} words whose `data-text-…` are used */
  constructor(say, words) {
    this.#say = say
    this.#words = /** @type {Element} */ (words)
  }

  /** @param {Person} person */
  came(person) {
    if (person.self) return
    // Whoever was gone only for a moment has not moved.
    if (!this.#gone.delete(person.key)) this.#came.set(person.key, person)
    this.#wait()
  }

  /** @param {Person} person */
  gone(person) {
    if (person.self) return
    if (!this.#came.delete(person.key)) this.#gone.set(person.key, person)
    this.#wait()
  }

  close() {
    clearTimeout(this.#timer)
  }

  #wait() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const sentences = [this.#sentence('joined', '{names} joined.', this.#came), this.#sentence('left', '{names} left.', this.#gone)]
      this.#came.clear()
      this.#gone.clear()
      const text = sentences.filter(Boolean).join(' ')
      if (text) this.#say(text)
    }, GAP)
  }

  /** @param {string} name @param {string} ours @param {Map<string, Person>} people */
  #sentence(name, ours, people) {
    if (people.size === 0) return ''
    const names = [...people.values()].map(({ meta }) => cleanName(meta.name) || word(this.#words, 'guest', guest))
    const others = names.length - NAMED
    const shown = others > 1 ? [...names.slice(0, NAMED), word(this.#words, 'others', '{count} others').replace('{count}', String(others))] : names
    // A function, since a name may hold what `replace` takes for a pattern.
    return word(this.#words, name, ours).replace('{names}', () => list(shown))
  }
}

/** @param {string[]} names */
function list(names) {
  const language = globalThis.document?.documentElement.lang || 'en'
  try {
    return new Intl.ListFormat(language).format(names)
  } catch {
    return names.join(', ')
  }
}
