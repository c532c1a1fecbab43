// The debug panel: fixed at an edge, so that the page does not move, and in a shadow of its own, so that the page's styles and
// ours do not meet. Everything goes in as text.
import { find } from './mistakes.js'
import { assets, clock, report } from './report.js'

/** @typedef {import('../prepare.js').Setting} Setting */
/** @typedef {import('./trace.js').Trace} Trace */

const css = `
:host { all: initial !important; position: fixed !important; inset: auto 8px 8px auto !important; z-index: 2147483647 !important; display: block !important; color-scheme: light dark; --ink: #1b1f26; --quiet: #4a5361; --ground: #fff; --line: #c4cad3; --warn: #8a2f00; --tint: #fff3e6; }
:host([hidden]) { display: none !important; }
@media (prefers-color-scheme: dark) { :host { --ink: #eef1f6; --quiet: #b3bccb; --ground: #1a1e25; --line: #475162; --warn: #ffc48f; --tint: #33261a; } }
section.panel { box-sizing: border-box; inline-size: min(480px, calc(100vw - 16px)); max-block-size: min(75vh, 704px); display: flex; flex-direction: column; color: var(--ink); background: var(--ground); border: 1px solid var(--line); border-radius: 8px; font: 13px/1.45 system-ui, sans-serif; box-shadow: 0 4px 24px rgb(0 0 0 / 0.25); }
header { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; padding: 8px 12px; border-block-end: 1px solid var(--line); }
h2 { margin: 0; flex: 1; font: inherit; font-weight: 650; }
button { font: inherit; color: inherit; background: transparent; border: 1px solid var(--quiet); border-radius: 6px; min-block-size: 30px; padding: 2px 10px; cursor: pointer; }
button:focus-visible, summary:focus-visible, .body:focus-visible, textarea:focus-visible { outline: 2px solid #2f6fed; outline-offset: 1px; }
.body { overflow: auto; padding: 4px 12px 12px; overscroll-behavior: contain; }
.body[hidden] { display: none; }
details { border-block-end: 1px solid var(--line); padding-block: 6px; }
details:last-of-type { border: 0; }
summary { cursor: pointer; font-weight: 600; }
ul { list-style: none; margin: 4px 0 0; padding: 0; }
li { padding-block: 3px; overflow-wrap: anywhere; }
li small { display: block; color: var(--quiet); font-size: 12px; }
.mistakes li { color: var(--warn); background: var(--tint); padding: 5px 8px; border-radius: 4px; margin-block-end: 4px; }
.messages li { font-family: ui-monospace, monospace; font-size: 11px; }
.said { margin: 0; padding: 0 12px; color: var(--quiet); }
.said:empty { display: none; }
textarea { box-sizing: border-box; inline-size: 100%; block-size: 128px; font: 11px/1.4 ui-monospace, monospace; color: inherit; background: transparent; border: 1px solid var(--line); }
`

export class Panel {
  #setting
  #trace
  /** @type {HTMLElement | undefined} */
  #host
  /** The lists that are filled. @type {Record<string, { list: HTMLElement, title: HTMLElement, name: string }>} */
  #parts = {}
  /** @type {HTMLElement | undefined} */
  #said
  #isDue = false

  /** @param {Setting} setting @param {Trace} trace */
  constructor(setting, trace) {
    this.#setting = setting
    this.#trace = trace
    trace.on(() => this.#draw())
    document.addEventListener('storywire:asset', () => this.#draw())
  }

  open() {
    if (!this.#host) this.#build()
    const host = /** @type {HTMLElement} */ (this.#host)
    host.hidden = false
    if (!host.isConnected) document.documentElement.append(host)
    this.#draw()
  }

  #build() {
    const host = (this.#host = document.createElement('div'))
    host.id = 'storywire-debug'
    const root = host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
    const panel = element('section', { className: 'panel' })
    panel.setAttribute('aria-label', 'Storywire debug panel')
    const body = element('div', { className: 'body', tabIndex: 0 })
    body.setAttribute('role', 'group')
    body.setAttribute('aria-label', 'What is going on')
    const fold = button('Fold', () => {
      body.hidden = !body.hidden
      fold.textContent = body.hidden ? 'Unfold' : 'Fold'
      fold.setAttribute('aria-expanded', String(!body.hidden))
    })
    fold.setAttribute('aria-expanded', 'true')
    const close = () => (host.hidden = true)
    const header = element('header', {})
    header.append(element('h2', { textContent: 'Storywire' }), button('Copy report', () => this.#copy(body)), fold, button('Close', close))
    this.#said = element('p', { className: 'said' })
    this.#said.setAttribute('role', 'status')
    for (const name of ['Mistakes', 'Connection', 'Assets', 'Channels', 'Messages']) {
      const details = element('details', { open: name !== 'Messages', className: name.toLowerCase() })
      const [title, list] = [element('summary', { textContent: name }), element('ul', {})]
      details.append(title, list)
      body.append(details)
      this.#parts[name] = { list, title, name }
    }
    panel.append(header, this.#said, body)
    panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') close()
      // The page has keys of its own.
      event.stopPropagation()
    })
    root.append(panel)
  }

  /** At the next moment of leisure, however much has come. */
  #draw() {
    if (this.#isDue || !this.#host || this.#host.hidden) return
    this.#isDue = true
    setTimeout(() => {
      this.#isDue = false
      this.#fill()
    }, 100)
  }

  #fill() {
    const trace = this.#trace
    const mistakes = find(this.#setting, trace)
    this.#list('Mistakes', mistakes.map((text) => [text]))
    const { state, at } = trace.connection
    this.#list('Connection', [[`${state} since ${clock(at)}`, trace.clean(this.#setting.project.url)]], false)
    this.#list('Assets', assets(trace).map(({ story, asset, state: of, progress, source }) => [`${asset}: ${of}${progress && of === 'generating' ? ` ${progress}%` : ''}`, `${source}${story ? `, story ${story}` : ''}`]))
    this.#list('Channels', [...trace.topics].map(([name, topic]) => [`${name}: ${topic.state}`, `since ${clock(topic.at)}${topic.tables.length ? `, changes of ${topic.tables.join(', ')}` : ''}`]))
    this.#list('Messages', [...trace.lines].reverse().map(({ at: when, from, topic, event, text }) => [`${clock(when)} ${from === 'page' ? '→' : '←'} ${topic} ${event}`, text]))
  }

  /** @param {string} name @param {string[][]} entries each a line and a smaller one below @param {boolean} [isCounted] */
  #list(name, entries, isCounted = true) {
    const part = this.#parts[name]
    if (!part) return
    part.title.textContent = isCounted ? `${name} (${entries.length})` : name
    part.list.replaceChildren(
      ...(entries.length ? entries : [['none']]).map(([line = '', more]) => {
        const item = element('li', { textContent: line })
        if (!entries.length) item.style.cssText = 'color: inherit; background: none; padding-inline: 0'
        if (more) item.append(element('small', { textContent: more }))
        return item
      }),
    )
  }

  /** @param {HTMLElement} body */
  async #copy(body) {
    const text = report(this.#setting, this.#trace)
    const said = /** @type {HTMLElement} */ (this.#said)
    try {
      await navigator.clipboard.writeText(text)
      said.textContent = 'The report was copied. It holds no keys and no tokens.'
    } catch {
      // Without a permission the visitor copies it by hand.
      const known = body.querySelector('textarea')
      const area = known ?? element('textarea', { readOnly: true })
      area.setAttribute('aria-label', 'Report')
      area.value = text
      if (!known) body.prepend(area)
      body.hidden = false
      area.focus()
      area.select()
      said.textContent = 'Copy the report from here. It holds no keys and no tokens.'
    }
  }
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Record<string, unknown>} properties @returns {HTMLElementTagNameMap[T]} */
const element = (tag, properties) => Object.assign(document.createElement(tag), properties)

/** @param {string} text @param {() => unknown} press */
function button(text, press) {
  const made = element('button', { type: 'button', textContent: text })
  made.addEventListener('click', press)
  return made
}
