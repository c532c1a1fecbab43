// The page that a client is measured in: the same elements for all, and the client as its users load it.
import { assets, storyId } from './frames.js'

/** Runs before everything else: what is noted for the measurement, at the same cost for every client. */
const notes = `
const notes = window.notes = { longTasks: 0, frames: [], delays: [], paints: [], joins: 0, live: 0, memories: [], marks: {}, bench: {} }
const waiting = {}
const mark = (name) => {
  notes.marks[name] ??= performance.now()
  waiting[name]?.()
}
notes.marked = (name) => name in notes.marks || new Promise((resolve) => waiting[name] = resolve)
new PerformanceObserver((list) => notes.longTasks += list.getEntries().length).observe({ type: 'longtask' })
addEventListener('pointerdown', (event) => notes.delays.push(performance.now() - event.timeStamp), true)
// From the input to the next paint; what is below 16 ms is not told.
new PerformanceObserver((list) => { for (const { name, duration } of list.getEntries()) if (name === 'pointerdown') notes.paints.push(duration) }).observe({ type: 'event', durationThreshold: 16 })
for (const name of ['instantiate', 'instantiateStreaming']) {
  const real = WebAssembly[name]
  WebAssembly[name] = async (...given) => {
    mark('compiling')
    const made = await real.apply(WebAssembly, given)
    mark('compiled')
    for (const one of Object.values((made.instance ?? made).exports)) if (one instanceof WebAssembly.Memory) notes.memories.push(one)
    return made
  }
}
notes.countFrames = () => {
  let last
  const next = (now) => { if (last) notes.frames.push(now - last); last = now; requestAnimationFrame(next) }
  requestAnimationFrame(next)
}
notes.until = (isDone) => new Promise((resolve) => {
  const look = () => isDone() ? resolve(performance.timeOrigin + performance.now()) : setTimeout(look, 8)
  look()
})
// Whether the page shows what the last message of each story said: by what the client offers, or by the attribute.
notes.isShown = (expected, count) => {
  if (notes.bench.rows) return notes.bench.rows(expected, count)
  const elements = [...document.querySelectorAll('[data-asset]')]
  const wanted = expected.flat()
  let at = 0
  return () => {
    while (at < elements.length && Number(elements[at].dataset.progress) === wanted[at]) at++
    return at === elements.length
  }
}
// The reply to a join, and the first bar that moves: the same for every client. What lies between is for tests/bench/start/timeline.mjs.
const RealWebSocket = WebSocket
window.WebSocket = class extends RealWebSocket {
  constructor(...given) {
    super(...given)
    mark('socket')
    this.addEventListener('open', () => mark('open'), { once: true })
    const hear = ({ data }) => { if (String(data).includes('"phx_reply"')) { mark('joined'); this.removeEventListener('message', hear) } }
    this.addEventListener('message', hear)
    if (notes.counts) this.addEventListener('message', ({ data }) => {
      if (!String(data).includes('"Subscribed to PostgreSQL"') || ++notes.live < notes.counts) return
      mark('live')
    })
  }
  send(data) {
    if (String(data).includes('"phx_join"')) {
      mark('asked')
      notes.joins++
    }
    super.send(data)
  }
}
addEventListener('DOMContentLoaded', () => {
  const bar = document.querySelector('.progress-bar')
  if (bar) new MutationObserver(() => mark('painted')).observe(bar, { attributes: true })
})
`

/** @param {number} number */
const card = (number) => `<article class="story-card" data-story-id="${storyId(number)}">${assets
  .map((asset) => `<div class="skeleton" data-asset="${asset}"><div class="progress-bar"></div><span class="status">Generating ${asset}…</span></div>`)
  .join('')}</article>`

/** How each client comes into a page. @type {(cdn: string, snippet: string) => Record<string, string>} */
const tagsFrom = (cdn, snippet) => ({
  bare: `<script src="${cdn}/bare.js"></script>`,
  plain: `<script src="${cdn}/plain.js"></script>`,
  'realtime-js': `<script src="${cdn}/realtime-js.js"></script>`,
  'realtime-js, a channel a card': `<script src="${cdn}/realtime-js-own.js"></script>`,
  'supabase-js': `<script src="${cdn}/supabase.js"></script><script src="${cdn}/supabase-js.js"></script>`,
  phoenix: `<script src="${cdn}/phoenix.js"></script>`,
  storywire: `<script async type="module" src="${cdn}/storywire/auto.js" data-supabase-url="/" data-supabase-key="sb_publishable_bench"></script>`,
  // As the package has it, with the version exact and what it asks for ahead.
  'storywire, exact version': snippet
    .replace(/https:\/\/cdn\.jsdelivr\.net\/npm\/storywire@[\d.]+\/dist/g, `${cdn}/storywire`)
    .replace(/(data-supabase-url=")[^"]*/, '$1/')
    .replace(/(data-supabase-key=")[^"]*/, '$1sb_publishable_bench'),
  'storywire, whole': `<script type="module" src="${cdn}/storywire-whole.js"></script>`,
})

/** Clients that stand in the head; the others stand at the end, as their documentation has it. */
const early = ['storywire', 'storywire, exact version']

/**
 * @param {Record<string, string>} what `client` and `cards`; `quiet`: nothing says how the connection is;
 *   `topics`: when so many flow, all is live
 * @param {string} cdn @param {string} snippet
 */
export function html({ client = '', cards = '0', quiet, topics = '0' }, cdn, snippet) {
  const tags = tagsFrom(cdn, snippet)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<script>${notes}notes.counts = ${Number(topics)}</script>
<style>
  .story-card { display: inline-block; width: 180px; margin: 4px; border: 1px solid #ccc; padding: 4px; font: 12px sans-serif }
  .story-card > * { display: block; min-height: 24px }
  .progress-bar { height: 4px; width: 0; background: #36c }
</style>
${early.includes(client) ? tags[client] : ''}
</head>
<body>
<span ${client.startsWith('storywire') && !quiet ? 'data-sw-connection' : 'hidden'}></span>
${Array.from({ length: Number(cards) }, (_, number) => card(number)).join('\n')}
${early.includes(client) ? '' : tags[client]}
</body>
</html>`
}
