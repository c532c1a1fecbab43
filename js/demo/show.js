// How a demo story goes: each asset has its time, one of them fails and is made again, and after a while it all begins anew.
import { activities, captions, narration, paper, picture, sentences } from './content.js'

/** @typedef {import('../testing/backend.js').FakeBackend} FakeBackend */

/** When an asset begins and how long it takes, in seconds. @type {Record<string, [begins: number, takes: number]>} */
const times = { text: [1, 3], cover: [2, 6], audio: [4, 7], scenes: [6, 9], activities: [8, 6], pdf: [10, 10] }
/** It fails once. */
const unlucky = 'audio'
/** What is left of a second when nothing new happens. */
export const TICK = 500
/** How long all of it is looked at before it begins anew, and how long a failure stands if nobody retries; in ticks. */
const [REST, STANDS] = [24, 10]

/** The states in which a story can be held. */
export const states = ['pending', 'generating', 'failed', 'ready', 'partial']

export class Show {
  #backend
  #id
  #held
  /** @type {Map<string, { begins: number, takes: number, failed: number, isDone: boolean }>} */
  #assets = new Map()
  #tick = 0
  #rest = 0
  #hasFailed = false

  /** @param {FakeBackend} backend @param {string} id @param {string[]} assets what the page shows @param {string} held a state, or empty */
  constructor(backend, id, assets, held) {
    this.#backend = backend
    this.#id = id
    this.#held = held
    for (const asset of assets) {
      const [begins, takes] = times[asset] ?? [3, 9]
      this.#assets.set(asset, { begins: begins * 2, takes: takes * 2, failed: 0, isDone: false })
    }
    const first = (/** @type {string} */ asset, /** @type {number} */ at) => (held === 'partial' ? (at % 2 ? 'failed' : 'ready') : held || 'pending')
    backend.story(id, Object.fromEntries(assets.map((asset, at) => [asset, state(asset, first(asset, at), 60)])), { title: 'The lantern of the little fox', webvtt_url: captions() })
  }

  /** Half a second passes. @returns {boolean} whether it is over */
  tick() {
    if (this.#held) return false
    this.#tick += 1
    /** @type {Record<string, any>} */
    const changes = {}
    for (const [asset, course] of this.#assets) {
      if (course.isDone) continue
      if (course.failed) {
        if (this.#tick - course.failed >= STANDS) this.#restart(asset)
        continue
      }
      const part = (this.#tick - course.begins) / course.takes
      if (part < 0) continue
      if (asset === unlucky && !this.#hasFailed && part >= 0.6) {
        this.#hasFailed = true
        course.failed = this.#tick
        changes[asset] = { status: 'failed' }
      } else if (part >= 1) {
        course.isDone = true
        changes[asset] = state(asset, 'ready')
      } else changes[asset] = state(asset, 'generating', Math.round(part * 100), part)
    }
    if (Object.keys(changes).length) this.#backend.update(this.#id, changes)
    if ([...this.#assets.values()].every(({ isDone }) => isDone)) this.#rest += 1
    return this.#rest > REST
  }

  /** Somebody wants them made again. @param {string[]} assets */
  retry(assets) {
    for (const asset of assets) this.#restart(asset)
  }

  /** @param {string} asset */
  #restart(asset) {
    const course = this.#assets.get(asset)
    if (course) Object.assign(course, { begins: this.#tick + 2, failed: 0, isDone: false })
    this.#backend.update(this.#id, { [asset]: { status: 'pending', progress: 0 } })
    // A state that is held comes back: it is there to be looked at.
    if (this.#held) setTimeout(() => this.#backend.update(this.#id, { [asset]: state(asset, this.#held === 'partial' ? 'failed' : this.#held, 60) }), 3 * TICK)
  }
}

/** @param {string} asset @param {string} status @param {number} [progress] @param {number} [part] of a list that is there already */
function state(asset, status, progress = 0, part = 0) {
  if (status === 'ready') return { status, progress: 100, ...content(asset) }
  if (status !== 'generating') return { status, progress: 0 }
  const scenes = asset === 'scenes' && [0, 1, 2].map((at) => (at < Math.floor(part * 3) ? picture(at + 1) : ''))
  return { status, progress, ...(scenes && { urls: scenes }) }
}

/** @param {string} asset @returns {Record<string, any>} */
function content(asset) {
  if (asset === 'text') return { text: sentences.join('\n\n') }
  if (asset === 'audio' || asset === 'narration') return { url: narration() }
  if (asset === 'scenes') return { urls: [1, 2, 3].map(picture) }
  if (asset === 'activities') return { items: activities }
  return { url: asset === 'pdf' ? paper() : picture(0) }
}
