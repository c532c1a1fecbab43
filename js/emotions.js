// The emotion stream of a profile, and the elements that show it: `[data-sw-emotion]` and `[data-sw-emotion-graph]`.
// What is shown is decided in src/core/emotion.rs; here it is put into elements, as text and attributes only.
import { StorywireError, sentences } from './errors.js'
import { call } from './listeners.js'
import { RawReadings } from './stream-module.js'

// The module is loaded when an event is there: it came through it.
/** @typedef {import('./stream.js').EventStream} EventStream */
/** @typedef {{ type: string, emotion: string, intensity: number, timestamp: string }} Emotion */
/** @typedef {{ emotion: string, percent: number | null, time: string, x: number | null, y: number | null }} Reading */
/**
 * @typedef {object} EmotionHandlers
 * @property {(data: any) => unknown} [onConnected] the server's greeting
 * @property {(emotion: Emotion) => unknown} [onEmotion]
 * @property {(error: Error & { code: string, retryIn: number | null }) => unknown} [onError] says whether and when it tries again
 */

/** Colours by word; `--sw-emotion-<word>` on any ancestor sets another, `--sw-emotion-other` that of all other words. */
const colours = {
  joy: '#b45309', happy: '#b45309', excited: '#c2410c', love: '#be185d', calm: '#0f766e', content: '#0f766e', curious: '#6d28d9',
  surprised: '#7e22ce', sad: '#1d4ed8', worried: '#4338ca', afraid: '#4338ca', fear: '#4338ca', angry: '#b91c1c', tired: '#4b5563',
}
const other = '#4b5563'

/** So many words have their colour explained; more would be no help. */
const LEGEND = 12

const badges = '[data-sw-emotion]'
const graphs = '[data-sw-emotion-graph]'

/** @param {Node} node */
const hasPlace = (node) => node instanceof Element && Boolean(node.matches(`${badges},${graphs}`) || node.querySelector(`${badges},${graphs}`))

/** The drawing's own units; the box scales it. */
const [width, height, margin] = [400, 120, 6]
const svgNames = 'http://www.w3.org/2000/svg'

Object.assign(sentences, {
  'no-api-base': 'The emotion stream needs the address of the API: give createClient apiBase, or the script tag data-api-base.',
})

export class Emotions {
  #stream
  #handlers
  #root
  /** @type {WeakMap<Element, { readings: InstanceType<typeof RawReadings>, at: number }>} */
  #graphs = new WeakMap()
  /** Readings as text, for elements that come later. @type {string[]} */
  #last = []
  /** @type {MutationObserver | undefined} */
  #observer

  /**
   * @internal
   * @param {(url: string) => EventStream} open @param {string | undefined} apiBase @param {string} profile
   * @param {EmotionHandlers} handlers @param {ParentNode | undefined} root
   */
  constructor(open, apiBase, profile, handlers, root = globalThis.document) {
    this.#handlers = handlers
    this.#root = root
    if (!apiBase) {
      call(handlers.onError, new StorywireError('no-api-base'))
      return
    }
    const stream = open(`${apiBase.replace(/\/+$/, '')}/profiles/${encodeURIComponent(profile)}/emotions/stream`)
    this.#stream = stream
    stream.on('connected', ({ json }) => call(handlers.onConnected, json))
    for (const type of ['emotion', 'emotion_detected']) stream.on(type, (event) => this.#hear(event))
    stream.on('error', (error) => call(handlers.onError, error))
    if (!root) return
    this.#observer = new MutationObserver((mutations) => {
      if (mutations.some(({ addedNodes }) => [...addedNodes].some(hasPlace))) this.#showLate()
    })
    this.#observer.observe(root, { childList: true, subtree: true })
  }

  /** `opening`, `open`, `waiting` or `stopped`. */
  get state() {
    return this.#stream?.state ?? 'stopped'
  }

  /** Ends it; the elements stay as they are. */
  close() {
    this.#stream?.close()
    this.#observer?.disconnect()
  }

  /** @param {{ data: string, json: any }} event */
  #hear({ data, json }) {
    if (!json || typeof json.emotion !== 'string') return
    call(this.#handlers.onEmotion, json)
    this.#last = [...this.#last.slice(-499), data]
    for (const badge of this.#all(badges)) this.#badge(badge, data)
    for (const graph of this.#all(graphs)) this.#graph(graph, data)
  }

  /** Elements that came later, as on a page whose content was changed for another, show what is known. */
  #showLate() {
    const data = this.#last.at(-1)
    if (data === undefined) return
    for (const badge of this.#all(badges)) this.#badge(badge, data)
    for (const graph of this.#all(graphs)) if (!this.#graphs.has(graph)) this.#graph(graph, data)
  }

  /** @param {string} selector */
  #all(selector) {
    return this.#root?.querySelectorAll(selector) ?? []
  }

  /** @param {Element} element @param {string} data */
  #badge(element, data) {
    const readings = new RawReadings(1, scaleOf(element))
    const [reading] = readings.push(data) ? read(readings).readings : []
    readings.free()
    if (!reading) return
    const word = element.querySelector('[data-sw-emotion-word]') ?? element
    if (word.textContent !== reading.emotion) word.textContent = reading.emotion
    element.setAttribute('data-emotion', reading.emotion)
    const { style } = /** @type {HTMLElement} */ (element)
    style.setProperty('--sw-emotion-color', colourOf(reading.emotion))
    if (reading.percent === null) element.removeAttribute('data-intensity')
    else element.setAttribute('data-intensity', String(reading.percent))
    style.setProperty('--sw-emotion-intensity', String((reading.percent ?? 50) / 100))
  }

  /** @param {Element} element @param {string} data */
  #graph(element, data) {
    let state = this.#graphs.get(element)
    if (!state) {
      state = { readings: new RawReadings(Number(element.getAttribute('data-count')) || 20, scaleOf(element)), at: -1 }
      this.#graphs.set(element, state)
      // An element that came later shows what there was before it.
      for (const earlier of this.#last.slice(0, -1)) state.readings.push(earlier)
      prepare(element, state)
    }
    const own = element.querySelector('svg[data-storywire]')
    if (!own) prepare(element, state)
    if (state.readings.push(data)) draw(element, state)
  }
}

/** @param {Element} element */
const scaleOf = (element) => Number(element.getAttribute('data-scale')) || 10

/** @param {InstanceType<typeof RawReadings>} readings @returns {{ summary: string, readings: Reading[] }} */
const read = (readings) => JSON.parse(readings.view(width, height))

/** @param {string} emotion */
function colourOf(emotion) {
  const word = emotion.toLowerCase()
  const own = Object.hasOwn(colours, word) ? colours[/** @type {keyof typeof colours} */ (word)] : other
  // A word that cannot be part of a name has no property of its own.
  return /^[\w-]+$/.test(word) ? `var(--sw-emotion-${word}, ${own})` : `var(--sw-emotion-other, ${own})`
}

/** @param {Reading} reading */
const say = ({ emotion, percent, time }) => [emotion, percent === null ? '' : `${percent} percent`, clock(time)].filter(Boolean).join(', ')

/** @param {string} time */
function clock(time) {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleTimeString()
}

/** The parts of a graph: a drawing with a summary, what its colours mean, a list for those who do not see it, a line for one reading. */
/** @param {Element} element @param {{ readings: InstanceType<typeof RawReadings>, at: number }} state */
function prepare(element, state) {
  const drawing = document.createElementNS(svgNames, 'svg')
  for (const [name, value] of Object.entries({ viewBox: `${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}`, role: 'img', preserveAspectRatio: 'none', tabindex: '0', 'data-storywire': 'graph' })) drawing.setAttribute(name, value)
  const line = document.createElementNS(svgNames, 'polyline')
  const dots = document.createElementNS(svgNames, 'g')
  drawing.append(line, dots)
  const said = Object.assign(document.createElement('p'), { className: 'sw-emotion-said' })
  said.setAttribute('role', 'status')
  const list = Object.assign(document.createElement('ol'), { className: 'sw-visually-hidden' })
  const legend = Object.assign(document.createElement('ul'), { className: 'sw-emotion-legend' })
  legend.setAttribute('aria-hidden', 'true')
  element.replaceChildren(drawing, legend, said, list)
  drawing.addEventListener('pointermove', ({ clientX }) => {
    const { left, width: wide } = drawing.getBoundingClientRect()
    const x = ((clientX - left) / wide) * (width + 2 * margin) - margin
    const { readings } = read(state.readings)
    const away = (/** @type {number} */ at) => Math.abs((readings[at]?.x ?? Infinity) - x)
    state.at = readings.reduce((best, _, at) => (away(at) < away(best) ? at : best), 0)
    mark(element, state, readings)
  })
  drawing.addEventListener('keydown', (event) => {
    const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 })
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const { readings } = read(state.readings)
    const from = state.at < 0 ? readings.length : state.at
    state.at = Math.min(readings.length - 1, Math.max(0, from + step))
    mark(element, state, readings)
  })
  for (const leaves of ['blur', 'pointerleave']) {
    drawing.addEventListener(leaves, () => {
      state.at = -1
      mark(element, state, [])
    })
  }
}

/** @param {Element} element @param {{ readings: InstanceType<typeof RawReadings>, at: number }} state */
function draw(element, state) {
  const { summary, readings } = read(state.readings)
  const drawing = element.querySelector('svg[data-storywire]')
  const [line, dots] = drawing?.children ?? []
  if (!drawing || !line || !dots) return
  drawing.setAttribute('aria-label', summary)
  line.setAttribute('points', readings.filter(({ x }) => x !== null).map(({ x, y }) => `${x},${y}`).join(' '))
  dots.replaceChildren(
    ...readings.map((reading) => {
      // A line of no length with round ends is a dot that keeps its shape however the box is stretched.
      const dot = document.createElementNS(svgNames, 'path')
      if (reading.x !== null) dot.setAttribute('d', `M${reading.x} ${reading.y}h0`)
      // Not the attribute: a content security policy may forbid that.
      dot.style.setProperty('--sw-dot', colourOf(reading.emotion))
      return dot
    }),
  )
  element.querySelector('ol')?.replaceChildren(...readings.map((reading) => Object.assign(document.createElement('li'), { textContent: say(reading) })))
  const words = [...new Set(readings.map(({ emotion }) => emotion))].slice(0, LEGEND)
  element.querySelector('.sw-emotion-legend')?.replaceChildren(
    ...words.map((word) => {
      const item = Object.assign(document.createElement('li'), { textContent: word })
      item.style.setProperty('--sw-dot', colourOf(word))
      return item
    }),
  )
  mark(element, state, readings)
}

/** @param {Element} element @param {{ at: number }} state @param {Reading[]} readings */
function mark(element, { at }, readings) {
  const said = element.querySelector('.sw-emotion-said')
  const reading = readings[at]
  const text = reading ? say(reading) : ''
  if (said && said.textContent !== text) said.textContent = text
  element.querySelectorAll('svg[data-storywire] path').forEach((dot, place) => dot.toggleAttribute('data-current', place === at))
}
