// Presence for the script tag: `[data-sw-presence]` lists who is here, `[data-sw-presence-count]` says how many,
// `[data-sw-cursors]` shows their pointers. Each names a topic, or `story` for the story around it.
import { Arrivals } from '../arrivals.js'
import { Cursors } from '../cursors.js'
import { append, make, set, setText } from '../element.js'
import { addPartStyles } from '../part-styles.js'
import { cleanName } from '../person.js'
import { PresenceList, word } from '../presence-list.js'

/** @typedef {import('../client.js').Client} Client */
/** @typedef {import('../types.js').Person} Person */
/** @typedef {import('../parts.js').Page['follow']} Follow */
/** @typedef {{ render(people: Person[]): void, remove(): void }} View */
/** @typedef {{ topic: string, view: View }} Shown */
/** @typedef {{ presence: import('../presence.js').Presence, room?: import('../room.js').Room, arrivals: Arrivals, isShown: boolean, people?: Person[], timer?: ReturnType<typeof setTimeout> }} Joined */

const attributes = ['data-sw-presence', 'data-sw-presence-count', 'data-sw-cursors']
const selector = attributes.map((name) => `[${name}]`).join()

/** A topic stays joined for so long after its last element has gone, since pages hide and show things. Milliseconds. */
const LINGER = 5_000

/** @param {import('../parts.js').Page} page */
export function start({ tag, run, follow }) {
  const styled = addPartStyles(tag.styles, new URL('presence.css', import.meta.url).href)
  run(async (client) => {
    await styled
    new PresencePart(client, tag, follow)
  })
}

class PresencePart {
  #client
  #follow
  /** Who the visitor is; undefined until the page has said it. @type {string | undefined} */
  #key
  #name = ''
  /** @type {Map<Element, Shown>} */
  #shown = new Map()
  /** @type {Map<string, Joined>} */
  #joined = new Map()
  /** What elements say their topic is, and what that is worth: it may be a value of the page. @type {WeakMap<Element, { setting: string, value: string }>} */
  #values = new WeakMap()
  #said = make('div', 'said')
  #isDue = false

  /** @param {Client} client @param {DOMStringMap} tag @param {Follow} follow */
  constructor(client, tag, follow) {
    this.#client = client
    this.#follow = follow
    this.#said.className = 'sw-visually-hidden'
    set(this.#said, 'role', 'status')
    this.#ensureSaid()
    const { user, userName, swPresenceName = userName } = tag
    if (swPresenceName) follow(swPresenceName, (name) => this.#rename(cleanName(name)))
    if (user) follow(user, (key) => this.#identify(String(key ?? '')))
    else this.#identify('')
    new MutationObserver(() => this.#schedule()).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: [...attributes, 'data-story-id', 'data-max', 'data-watch', 'class'] })
  }

  /** The live region has to be in the page before its first message, and again when the page got another body. */
  #ensureSaid() {
    if (!this.#said.isConnected) append(document.body, this.#said)
  }

  /** @param {string} key */
  #identify(key) {
    const before = this.#key
    this.#key = key
    // Another user is another person: nothing of the one before stays.
    if (before !== undefined && before !== key) this.#dropAll()
    this.#schedule()
  }

  /** @param {string} name */
  #rename(name) {
    this.#name = name
    for (const { presence, isShown } of this.#joined.values()) if (isShown) presence.update({ name })
  }

  #dropAll() {
    for (const { view } of this.#shown.values()) view.remove()
    this.#shown.clear()
    for (const topic of [...this.#joined.keys()]) this.#close(topic)
  }

  /** Looks at the page in a moment: what happens at once is looked at once. */
  #schedule() {
    if (this.#isDue || this.#key === undefined) return
    this.#isDue = true
    // A task: frames do not come in a hidden page.
    setTimeout(() => {
      this.#isDue = false
      this.#look()
    })
  }

  #look() {
    this.#ensureSaid()
    /** @type {Map<string, Element[]>} */
    const wanted = new Map()
    for (const element of document.querySelectorAll(selector)) {
      const topic = element.closest('.w-condition-invisible') ? '' : this.#topicOf(element)
      if (topic) wanted.set(topic, [...(wanted.get(topic) ?? []), element])
    }
    for (const [element, { topic, view }] of this.#shown) {
      if (wanted.get(topic)?.includes(element)) continue
      view.remove()
      this.#shown.delete(element)
    }
    for (const topic of this.#joined.keys()) if (!wanted.has(topic)) this.#leave(topic)
    for (const [topic, elements] of wanted) this.#join(topic, elements)
  }

  /** @param {Element} element @returns {string} empty: none, or not known yet */
  #topicOf(element) {
    const setting = attributes.map((name) => element.getAttribute(name)).find((value) => value !== null) || 'story'
    if (setting === 'story') {
      const own = element.closest('[data-story-id]')
      const all = own ? [own] : [...document.querySelectorAll('[data-story-id]')]
      const ids = new Set(all.map((one) => one.getAttribute('data-story-id') ?? ''))
      const [id] = ids
      // A topic of its own: trouble with presence never stops the story.
      // An id such as `wized:v.story` is not known yet.
      return ids.size === 1 && id && !/^[a-z]+:/.test(id) ? `presence:story:${id}` : ''
    }
    const known = this.#values.get(element)
    if (known?.setting === setting) return known.value
    const own = { setting, value: '' }
    this.#values.set(element, own)
    this.#follow(setting, (value) => {
      own.value = String(value ?? '')
      this.#schedule()
    })
    return ''
  }

  /** @param {string} topic @param {Element[]} elements */
  #join(topic, elements) {
    // Whoever only counts, or only watches, is not shown to the others.
    const isShown = elements.some((element) => !element.hasAttribute('data-sw-presence-count') && !element.hasAttribute('data-watch'))
    const joined = this.#joined.get(topic) ?? this.#open(topic, elements, isShown)
    clearTimeout(joined.timer)
    joined.timer = undefined
    if (joined.isShown !== isShown) {
      joined.isShown = isShown
      joined.presence.update(isShown ? { name: this.#name } : null)
    }
    for (const element of elements) {
      const shown = this.#shown.get(element) ?? { topic, view: this.#view(element, topic, joined) }
      this.#shown.set(element, shown)
      // Again too: the page may have wiped it.
      if (joined.people) shown.view.render(joined.people)
    }
  }

  /** @param {string} topic @param {Element[]} elements @param {boolean} isShown @returns {Joined} */
  #open(topic, elements, isShown) {
    const isPrivate = elements.some((element) => element.hasAttribute('data-private'))
    const say = (/** @type {string} */ text) => setText(this.#said, text)
    const lists = () => [...this.#shown].filter(([element, shown]) => shown.topic === topic && element.hasAttribute('data-sw-presence')).map(([element]) => element)
    const arrivals = new Arrivals(
      (text) => lists().some((element) => element.getAttribute('data-announce') !== 'off') && say(text),
      { getAttribute: (name) => lists()[0]?.getAttribute(name) ?? null },
    )
    const presence = this.#client.presence(topic, {
      key: this.#key,
      private: isPrivate,
      meta: isShown ? { name: this.#name } : null,
      onSync: (people) => {
        joined.people = people
        for (const { topic: of, view } of [...this.#shown.values()]) if (of === topic) view.render(people)
      },
      onJoin: (person) => arrivals.came(person),
      onLeave: (person) => arrivals.gone(person),
    })
    /** @type {Joined} */
    const joined = { presence, arrivals, isShown }
    this.#joined.set(topic, joined)
    return joined
  }

  /** @param {Element} element @param {string} topic @param {Joined} joined @returns {View} */
  #view(element, topic, joined) {
    if (element.hasAttribute('data-sw-presence')) return new PresenceList(element)
    if (element.hasAttribute('data-sw-presence-count')) return new Count(element)
    joined.room ??= this.#client.room(topic, { key: this.#key, private: element.hasAttribute('data-private') })
    return new Cursors(/** @type {HTMLElement} */ (element), joined.room, joined.presence)
  }

  /** @param {string} topic */
  #leave(topic) {
    const joined = this.#joined.get(topic)
    if (joined) joined.timer ??= setTimeout(() => this.#close(topic), LINGER)
  }

  /** @param {string} topic */
  #close(topic) {
    const joined = this.#joined.get(topic)
    this.#joined.delete(topic)
    clearTimeout(joined?.timer)
    joined?.arrivals.close()
    joined?.room?.close()
    joined?.presence.close()
  }
}

/** How many are here. */
class Count {
  #element

  /** @param {Element} element */
  constructor(element) {
    this.#element = element
    if (!element.hasAttribute('data-people')) set(element, 'hidden', '')
  }

  /** @param {Person[]} people */
  render(people) {
    const isOthers = this.#element.hasAttribute('data-others')
    const count = people.filter(({ self }) => !isOthers || !self).length
    const text = word(this.#element, count === 1 ? 'one' : 'count', word(this.#element, 'count', '{count}')).replace('{count}', String(count))
    setText(this.#element.querySelector('[data-sw-field="count"]') ?? this.#element, text)
    if (this.#element.getAttribute('data-people') !== String(count)) set(this.#element, 'data-people', String(count))
    const isHidden = count === 0 && this.#element.getAttribute('data-zero') !== 'show'
    if (this.#element.hasAttribute('hidden') !== isHidden) this.#element.toggleAttribute('hidden', isHidden)
  }

  remove() {}
}
