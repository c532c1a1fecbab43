// A room: messages between those who are on a topic, and who they are.
import { StorywireError } from './errors.js'
import { Presence } from './presence.js'
import { shareChannel } from './shared-channel.js'

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./types.js').RoomOptions} RoomOptions */
/** @typedef {import('./channel.js').SendResult} SendResult */

export class Room {
  #client
  #topic
  #options
  #shared
  /** @type {import('./shared-channel.js').User} */
  #user
  /** @type {Set<() => void>} */
  #undos = new Set()
  /** @type {Presence | undefined} */
  #presence
  #isOpen = true

  /** @internal @param {Client} client @param {string} topic @param {RoomOptions} options */
  constructor(client, topic, options = {}) {
    this.#client = client
    this.#topic = topic
    this.#options = options
    this.#user = { meta: null, onError: options.onError }
    this.#shared = shareChannel(client, topic, options, this.#user)
  }

  /** Who is here. This client is not shown before `room.presence.update(meta)`. */
  get presence() {
    const { key, private: isPrivate } = this.#options
    return (this.#presence ??= new Presence(this.#client, this.#topic, { key, private: isPrivate, meta: null }))
  }

  /**
   * Sends a message to the others. Messages arrive in their order; before the join they wait up to 10 s.
   * @param {string} event @param {any} [payload] what JSON can say, or bytes
   * @param {{ latest?: boolean }} [options] `latest`: at most 20 such messages a second leave the topic, and one that still
   * waits gives way to a later one of its event. For cursors and the like.
   * @returns {Promise<SendResult>} never rejects
   */
  async send(event, payload = {}, options) {
    if (!this.#isOpen) {
      this.#client.hearError(new StorywireError(`The room "${this.#topic}" was closed, so nothing is sent: open it again with room().`))
      return 'error'
    }
    return this.#shared.channel.send({ type: 'broadcast', event, payload }, options)
  }

  /**
   * Hears the messages of the others.
   * @param {string} event `*`: of every event
   * @param {(payload: any, message: { event: string, payload: any }) => unknown} listener
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void} the undo
   */
  on(event, listener, options) {
    const channelUndo = this.#shared.channel.on('broadcast', { event }, (/** @type {any} */ message) => listener(message.payload, message), options)
    const undo = () => {
      this.#undos.delete(undo)
      channelUndo()
    }
    this.#undos.add(undo)
    if (!this.#isOpen) undo()
    return undo
  }

  /** Leaves, unless something else of this client is on the topic. */
  close() {
    if (!this.#isOpen) return
    this.#isOpen = false
    for (const undo of [...this.#undos]) undo()
    this.#presence?.close()
    this.#user.onError = undefined
    this.#shared.remove(this.#user)
  }
}
