// Who is here: one entry for each key, however many tabs it has.
import { call } from './listeners.js'
import { shareChannel } from './shared-channel.js'

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./types.js').PresenceOptions} PresenceOptions */
/** @typedef {import('./types.js').Person} Person */
/** @typedef {import('./shared-channel.js').User} User */

export class Presence {
  #shared
  /** @type {User} */
  #user
  /** @type {Promise<import('./presence-list.js').PresenceList> | undefined} */
  #list

  /** @internal @param {Client} client @param {string} topic @param {PresenceOptions} options */
  constructor(client, topic, options = {}) {
    const { key, private: isPrivate, meta = {}, onSync, onJoin, onLeave, onError, list } = options
    let isFirst = true
    this.#user = {
      meta,
      onError,
      hear: (people, came, gone) => {
        // The first time everybody is here already: nobody came.
        if (!isFirst) {
          for (const person of came) call(onJoin, person)
          for (const person of gone) call(onLeave, person)
        }
        isFirst = false
        call(onSync, people)
        this.#list?.then((shown) => shown.render(this.people))
      },
    }
    if (list) this.#list = import('./presence-list.js').then(({ PresenceList }) => new PresenceList(list))
    this.#shared = shareChannel(client, topic, { key, private: isPrivate }, this.#user)
  }

  /** Who is here, in the order of coming. @returns {Person[]} */
  get people() {
    return this.#shared.people
  }

  /** Under which this client is here. */
  get key() {
    return this.#shared.key
  }

  /**
   * Shows something else of this client; null shows nothing. The server allows five calls in 30 s: what comes faster waits
   * for its turn, and the latest wins.
   * @param {Record<string, any> | null} meta
   */
  update(meta) {
    this.#user.meta = meta
    return this.#shared.update(this.#user)
  }

  /** Leaves, unless something else of this client is on the topic. */
  close() {
    this.#user.hear = undefined
    this.#user.onError = undefined
    this.#shared.remove(this.#user)
    this.#list?.then((shown) => shown.remove())
  }
}
