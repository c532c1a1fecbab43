// The start: from navigation to what the page paints by itself, to the reply to the first join, and to the first bar that moves, as the
// page itself sees them.
import { marked, open, spent } from '../lab/browser.mjs'
import { cell, digits, median } from '../lab/report.mjs'

const OURS = 'storywire, exact version'
const clients = ['bare', 'realtime-js', 'supabase-js', 'storywire', OURS]

/** Bytes a second and milliseconds, as Chromium's developer tools have them. */
const fast3g = { latency: 562, down: 180_000, up: 84_375 }
const fast4g = { latency: 165, down: 1_012_500, up: 168_750 }

const conditions = [
  { title: 'start, CPU 1x', how: {} },
  { title: 'start, CPU 4x slower', how: { cpu: 4 } },
  { title: 'start, CPU 6x slower', how: { cpu: 6 } },
  { title: 'start, CPU 6x slower, files in the cache', how: { cpu: 6 }, warm: true },
  { title: 'start, Fast 4G', how: { network: fast4g } },
  { title: 'start, Fast 3G', how: { network: fast3g } },
  { title: 'start, a phone: CPU 4x slower, Fast 4G', how: { cpu: 4, network: fast4g } },
]

/** @param {import('../run.mjs').Lab} lab @param {string} client @param {any} how @param {boolean} warm */
async function once({ browser, server }, client, how, warm) {
  const url = `${server.origin}/page?client=${encodeURIComponent(client)}&cards=1&quiet=1`
  const { page, session, faults, close } = await open(browser, warm ? url : 'about:blank', how)
  try {
    if (warm) {
      await marked(session, 'joined')
      await page.waitForTimeout(300)
      await page.goto('about:blank')
    }
    await page.goto(url)
    await marked(session, 'joined')
    // The limit shows nothing.
    if (client !== 'bare') await marked(session, 'painted')
    return await page.evaluate(() => {
      const first = performance.getEntriesByName('first-contentful-paint')[0]?.startTime
      return { ...window.notes.marks, first, longTasks: window.notes.longTasks }
    })
  } catch (error) {
    throw new Error(`${client}: ${error.message} ${faults.join(' ')}`)
  } finally {
    await close()
  }
}

const head = ['client', 'ms to the first paint', 'to joined', 'ours / this', 'to the first bar', 'ours / this', 'long tasks']

/** @param {import('../run.mjs').Lab} lab @returns {Promise<import('../lab/report.mjs').Table[]>} */
export async function run(lab) {
  const { rounds = 5, quick, only } = lab
  const tables = []
  for (const { title, how, warm = false } of quick ? conditions.slice(0, 1) : conditions) {
    if (only && !title.includes(only)) continue
    /** @type {Record<string, { first: number[], joined: number[], painted: number[], longTasks: number[] }>} */
    const figures = Object.fromEntries(clients.map((name) => [name, { first: [], joined: [], painted: [], longTasks: [] }]))
    for (let round = 0; round < (quick ? 1 : rounds); round++) {
      for (const name of clients) {
        const { first = Number.NaN, joined, painted = Number.NaN, longTasks } = await once(lab, name, how, warm)
        figures[name].first.push(first)
        figures[name].joined.push(joined)
        figures[name].painted.push(painted)
        figures[name].longTasks.push(longTasks)
      }
    }
    const ratio = (/** @type {'joined' | 'painted'} */ mark, /** @type {string} */ name) => (name === OURS ? '' : digits(median(figures[OURS][mark]) / median(figures[name][mark])))
    const rows = clients.map((name) => [
      name,
      cell(figures[name].first),
      cell(figures[name].joined),
      ratio('joined', name),
      name === 'bare' ? '' : cell(figures[name].painted),
      name === 'bare' ? '' : ratio('painted', name),
      String(median(figures[name].longTasks)),
    ])
    const table = { title, head, rows, data: figures }
    lab.say(table)
    tables.push(table)
  }
  if (!only || shelf.title.includes(only)) {
    const table = await shelfOf(lab, quick ? 1 : rounds, quick ? 5 : 50)
    lab.say(table)
    tables.push(table)
  }
  return tables
}

const shelf = {
  title: 'start, 50 cards until all of them are live',
  note: 'One channel for the table hears of every row that the visitor may see, whoever it belongs to, and each change of any of them is checked for and sent to every visitor. A channel a card hears of its row alone; one with a bad filter, or one that the server refuses, does not silence the others. storywire asks for the rows of the cards and no others, up to a hundred in one join; where the server refuses that, for the sake of one id, the rest is joined without it.',
  head: ['client', 'joins', 'ms until all flow', 'CPU of the main thread, ms', 'ours / this', 'reads'],
}

/** @param {import('../run.mjs').Lab} lab @param {number} rounds @param {number} cards @returns {Promise<import('../lab/report.mjs').Table>} */
async function shelfOf({ browser, server }, rounds, cards) {
  const topics = { 'realtime-js': 1, 'realtime-js, a channel a card': cards, storywire: Math.ceil(cards / 100) }
  const data = Object.fromEntries(Object.keys(topics).map((name) => [name, { joins: 0, live: [], cpu: [], reads: [] }]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, count] of Object.entries(topics)) {
      const { page, session, close } = await open(browser, `${server.origin}/page?client=${encodeURIComponent(name)}&cards=${cards}&quiet=1&topics=${count}`)
      try {
        await marked(session, 'live')
        await page.waitForTimeout(500)
        const { joins, live, reads } = await page.evaluate(() => ({ joins: window.notes.joins, live: window.notes.marks.live, reads: performance.getEntriesByType('resource').filter(({ name }) => name.includes('/rest/v1/')).length }))
        data[name].joins = joins
        data[name].live.push(live)
        data[name].reads.push(reads)
        data[name].cpu.push((await spent(session)).task * 1000)
      } finally {
        await close()
      }
    }
  }
  const rows = Object.entries(data).map(([name, { joins, live, cpu, reads }]) => [name, String(joins), cell(live), cell(cpu), name === 'storywire' ? '' : digits(median(data.storywire.cpu) / median(cpu)), String(median(reads))])
  return { ...shelf, rows, data }
}
