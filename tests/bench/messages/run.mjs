// A message to the screen: what it costs the main thread, and how the page bears many.
import { open, ready, spent } from '../lab/browser.mjs'
import { cell, digits, median } from '../lab/report.mjs'

const OURS = 'storywire'
const clients = ['bare', 'realtime-js', 'plain', OURS]

/** @typedef {{ micros: number[], script: number[], style: number[], layout: number[], until: number[], longTasks: number[], dropped: number[], faults: string[] }} Figures */

/** @returns {Figures} */
const none = () => ({ micros: [], script: [], style: [], layout: [], until: [], longTasks: [], dropped: [], faults: [] })

/**
 * One client, one page, one stream of messages.
 * @param {import('../run.mjs').Lab} lab @param {string} client @param {{ cards: number, count: number, rate?: number, what?: string }} load
 * @param {Figures} figures @param {boolean} [frames] counts frames, which costs some, so it is a run of its own
 */
export async function once({ browser, server }, client, { cards, count, rate, what = 'rows' }, figures, frames = false) {
  const { page, session, faults, close } = await open(browser, `${server.origin}/page?client=${encodeURIComponent(client)}&cards=${cards}`, { frames })
  try {
    await ready(page)
    // The first paint of the page is over.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)))
    const { texts, expected } = what === 'rows' ? server.changes(count, cards) : { texts: what === 'presence' ? server.presences(count) : server.broadcasts(count, what), expected: [] }
    await page.evaluate(
      ({ expected, count, isRows }) => {
        const isDone = isRows ? window.notes.isShown(expected, count) : () => window.notes.bench.last() === count - 1
        Object.assign(window.notes, { longTasks: 0, frames: [] })
        window.notes.done = window.notes.until(isDone)
      },
      { expected, count, isRows: what === 'rows' },
    )
    const before = await spent(session)
    const begun = performance.timeOrigin + performance.now()
    const sending = server.send(texts, rate)
    const done = page.evaluate(() => window.notes.done).catch(() => undefined)
    const ended = await Promise.race([done, late(30_000 + (rate ? (count / rate) * 1000 : 0))])
    await sending
    const after = await spent(session)
    if (ended === undefined) throw new Error(`${client} did not reach the right final state of ${count} messages on ${cards} cards. ${faults.join(' ')}`)
    const { longTasks, gaps } = await page.evaluate(() => ({ longTasks: window.notes.longTasks, gaps: window.notes.frames }))
    if (frames) {
      figures.dropped.push(missed(gaps))
      figures.longTasks.push(longTasks)
    } else {
      for (const [name, part] of /** @type {const} */ ([['micros', 'task'], ['script', 'script'], ['style', 'style'], ['layout', 'layout']])) {
        figures[name].push(((after[part] - before[part]) / count) * 1e6)
      }
      figures.until.push(Number(ended) - begun)
    }
    figures.faults.push(...faults)
  } finally {
    await close()
  }
}

/** Frames that a page did not paint. @param {number[]} gaps between those that it did */
const missed = (gaps) => gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / (1000 / 60)) - 1), 0)

const late = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms, undefined).unref())

/** @param {import('../run.mjs').Lab} lab @param {{ cards: number, count: number, rate?: number, what?: string }} load @param {string[]} names @param {number} rounds */
async function compare(lab, load, names, rounds) {
  const figures = Object.fromEntries(names.map((name) => [name, none()]))
  for (let round = 0; round < rounds; round++) for (const name of names) await once(lab, name, load, figures[name])
  if (!lab.quick) for (const name of names) await once(lab, name, load, figures[name], true)
  return figures
}

/** @param {Record<string, Figures>} figures */
function rowsOf(figures) {
  const of = (/** @type {string} */ name) => median(figures[name]?.micros ?? [])
  const ours = Object.keys(figures).find((name) => name.startsWith(OURS)) ?? OURS
  return Object.entries(figures).map(([name, { micros, script, style, layout, until, longTasks, dropped }]) => [
    name,
    cell(micros),
    digits(median(script)),
    digits(median(style) + median(layout)),
    name === ours ? '' : digits(of(ours) / of(name)),
    cell(until),
    String(longTasks[0] ?? ''),
    String(dropped[0] ?? ''),
  ])
}

const head = ['client', 'CPU a message, µs', 'of it script', 'style, layout', 'ours / this', 'ms to the right state', 'long tasks', 'frames dropped']

/** @param {import('../run.mjs').Lab} lab @returns {Promise<import('../lab/report.mjs').Table[]>} */
export async function run(lab) {
  const { rounds = 3, quick, only } = lab
  const loads = [
    { title: 'burst of 10,000 rows, one card', cards: 1, count: 10_000 },
    { title: 'burst of 10,000 rows, 50 cards', cards: 50, count: 10_000, more: ['realtime-js, a channel a card', 'storywire, whole'] },
    { title: 'burst of 10,000 rows, 500 cards', cards: 500, count: 10_000 },
    { title: '60 rows a second, 50 cards', cards: 50, count: 180, rate: 60 },
    { title: '60 rows a second, 500 cards', cards: 500, count: 180, rate: 60 },
    { title: '1,000 rows a second, 50 cards', cards: 50, count: 3000, rate: 1000 },
    { title: '10,000 broadcasts that are heard', cards: 0, count: 10_000, what: 'tick' },
    { title: '10,000 broadcasts that nobody hears', cards: 0, count: 10_000, what: 'other' },
    { title: '10,000 visitors who come or go', cards: 0, count: 10_000, what: 'presence' },
  ]
  const tables = []
  for (const { title, more = [], ...load } of loads) {
    if (only && !title.includes(only)) continue
    const names = load.what ? ['bare', 'realtime-js', 'storywire, whole'] : [...clients, ...more]
    const figures = await compare(lab, quick ? { ...load, cards: Math.min(load.cards, 12), count: Math.min(load.count, 300), rate: undefined } : load, names, quick ? 1 : rounds)
    const note = more.length > 0 ? '`storywire, whole` is the page of `realtime-js` with its client swapped: one channel, the same handler.' : undefined
    const table = { title, note, head, rows: rowsOf(figures), data: figures }
    lab.say(table)
    tables.push(table)
  }
  if (!only || flood.title.includes(only)) {
    const table = await flooded(lab, quick ? 300 : 30_000, quick ? 4 : 50)
    lab.say(table)
    tables.push(table)
  }
  return tables
}

const flood = {
  title: '10,000 rows a second for three seconds, 50 cards, somebody taps ten times a second',
  head: ['client', 'input delay, ms: median', '95 of 100', 'worst', 'input to paint, ms: 95 of 100', 'ms to the right state after the last', 'long tasks', 'frames dropped'],
}

/** @param {import('../run.mjs').Lab} lab @param {number} count @param {number} cards @returns {Promise<import('../lab/report.mjs').Table>} */
async function flooded({ browser, server }, count, cards) {
  /** @type {Record<string, { delays: number[], paints: number[], until: number, longTasks: number, dropped: number, faults: string[] }>} */
  const data = {}
  for (const client of clients) {
    const { page, session, faults, close } = await open(browser, `${server.origin}/page?client=${client}&cards=${cards}`, { frames: true })
    try {
      await ready(page)
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)))
      const { texts, expected } = server.changes(count, cards)
      await page.evaluate(({ expected, count }) => {
        Object.assign(window.notes, { longTasks: 0, frames: [], delays: [], paints: [] })
        window.notes.done = window.notes.until(window.notes.isShown(expected, count))
      }, { expected, count })
      /** @type {Promise<unknown>[]} */
      const taps = []
      const tap = () => {
        for (const type of /** @type {const} */ (['mousePressed', 'mouseReleased'])) taps.push(session.send('Input.dispatchMouseEvent', { type, x: 3, y: 3, button: 'left', clickCount: 1 }))
      }
      tap()
      const tapping = setInterval(tap, 100)
      await server.send(texts, 10_000)
      const sent = performance.timeOrigin + performance.now()
      const ended = await Promise.race([page.evaluate(() => window.notes.done), late(60_000)])
      clearInterval(tapping)
      await Promise.all(taps)
      if (ended === undefined) throw new Error(`${client} did not reach the right final state of the flood. ${faults.join(' ')}`)
      const { delays, paints, longTasks, frames } = await page.evaluate(() => {
        const { delays, paints, longTasks, frames } = window.notes
        return { delays, paints, longTasks, frames }
      })
      data[client] = { delays, paints, until: Number(ended) - sent, longTasks, dropped: missed(frames), faults }
    } finally {
      await close()
    }
  }
  const share = (/** @type {number[]} */ values, /** @type {number} */ of) => [...values].sort((one, two) => one - two)[Math.min(values.length - 1, Math.floor(values.length * of))] ?? Number.NaN
  const rows = Object.entries(data).map(([name, { delays, paints, until, longTasks, dropped }]) => [
    name,
    digits(share(delays, 0.5)),
    digits(share(delays, 0.95)),
    digits(share(delays, 1)),
    // What the browser does not tell of is below 16 ms.
    digits(share([...Array.from({ length: Math.max(0, delays.length - paints.length) }, () => 0), ...paints], 0.95)).replace('0.00', 'below 16'),
    digits(Math.max(0, until)),
    String(longTasks),
    String(dropped),
  ])
  return { ...flood, rows, data }
}
