// A story that code wants: what is said of it, and a way to ask for an asset again.
import { call } from './listeners.js'

/** @typedef {import('./page-client.js').PageClient} Client */
/** @typedef {import('./types.js').AssetChange} AssetChange */
/** @typedef {import('./types.js').StoryHandlers} StoryHandlers */

export class Story {
  /** The assets as they were last heard of, by name. @type {Record<string, AssetChange>} */
  assets = Object.create(null)
  /** `pending`, `generating`, `partial`, `completed` or `failed`. */
  status = 'pending'
  #client
  #handlers

  /** @internal @param {Client} client @param {string} id @param {StoryHandlers} handlers */
  constructor(client, id, handlers) {
    this.#client = client
    this.#handlers = handlers
    this.id = id
    client.stories.add(this)
    if (id) client.run((_, sink) => sink.note('story', 0, 1, id))
    // What is known already, since it will not be said again; later, so that the caller holds the story by then.
    queueMicrotask(() => {
      for (const change of client.told.get(id)?.values() ?? []) {
        const isNew = change.asset ? this.assets[change.asset] !== change : this.status !== change.status
        if (isNew && client.stories.has(this)) this.hear(change)
      }
    })
  }

  /** Whether the page brought a function for retries. @internal */
  get retries() {
    return Boolean(this.#handlers.retry)
  }

  /** Asks for an asset to be made again; without a name, for all that failed. @param {string} [asset] */
  retry(asset) {
    const failed = Object.values(this.assets).filter(({ status }) => status === 'failed')
    for (const name of asset ? [asset] : failed.map((of) => of.asset)) this.#client.run((_, sink) => sink.note('retry', 0, 0, this.id, name))
  }

  /** The page's own function. @internal @param {string} asset */
  async ask(asset) {
    return this.#handlers.retry?.(asset)
  }

  /** Ends it. The elements of the page still follow the story. */
  close() {
    if (this.#client.stories.delete(this)) this.#client.run((_, sink) => sink.note('story', 0, 0, this.id))
  }

  // What the core says.

  /** @internal @param {AssetChange} change */
  hear(change) {
    if (change.kind === 'story') {
      this.status = change.status
      call(this.#handlers.onChange, change)
    } else {
      this.assets[change.asset] = change
      call(this.#handlers.onAsset, change)
    }
  }

  /** @internal @param {import('./errors.js').StorywireError} error */
  hearError(error) {
    call(this.#handlers.onError, error)
    return Boolean(this.#handlers.onError)
  }
}
