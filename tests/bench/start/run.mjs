// The start: from navigation to the reply to the first join, and to the first bar that moves, as the page itself sees them.
import { open } from '../lab/browser.mjs'
import { cell, digits, median } from '../lab/report.mjs'

const OURS = 'storywire'
const clients = ['bare', 'realtime-js', 'supabase-js', OURS]

/** Bytes a second and milliseconds, as Chromium's developer tools have them. */
const fast3g = { latency: 562, down: 180_000, up: 84_375 }
const fast4g = { latency: 165, down: 1_012_500, up: 168_750 }

const conditions = [
  { title: 'start, CPU 1x', how: {} },
  { title: 'start, CPU 4x slower', how: { cpu: 4 } },
  { title: 'start, CPU 6x slower', how: { cpu: 6 } },
  { title: 'start, CPU 6x slower, files in the cache', how: { cpu: 6 }, warm: true },
  { title: 'start, Fast 3G', how: { network: fast3g } },
  { title: 'start, Fast 4G', how: { network: fast4g } },
]

/** @param {import('../run.mjs').Lab} lab @param {string} client @param {any} how @param {boolean} warm */
async function once({ browser, server }, client, how, warm) {
  const url = `${server.origin}/page?client=${client}&cards=1`
  const { page, faults, close } = await open(browser, warm ? url : 'about:blank', how)
  try {
    const isThere = (/** @type {string} */ wanted) => page.waitForFunction((wanted) => window.notes?.marks[wanted], wanted, { polling: 50, timeout: 60_000 })
    if (warm) {
      await isThere('joined')
      await page.waitForTimeout(300)
      await page.goto('about:blank')
    }
    await page.goto(url)
    await isThere('joined')
    // The limit shows nothing.
    if (client !== 'bare') {
      await isThere('painted').catch(async () => {
        throw new Error(`${client} painted nothing: ${faults.join(' ')}`)
      })
    }
    return await page.evaluate(() => ({ ...window.notes.marks, longTasks: window.notes.longTasks }))
  } finally {
    await close()
  }
}

const head = ['client', 'ms to joined', 'ours / this', 'ms to the first bar', 'ours / this', 'long tasks']

/** @param {import('../run.mjs').Lab} lab @returns {Promise<import('../lab/report.mjs').Table[]>} */
export async function run(lab) {
  const { rounds = 5, quick, only } = lab
  const tables = []
  for (const { title, how, warm = false } of quick ? conditions.slice(0, 1) : conditions) {
    if (only && !title.includes(only)) continue
    /** @type {Record<string, { joined: number[], painted: number[], longTasks: number[] }>} */
    const figures = Object.fromEntries(clients.map((name) => [name, { joined: [], painted: [], longTasks: [] }]))
    for (let round = 0; round < (quick ? 1 : rounds); round++) {
      for (const name of clients) {
        const { joined, painted = Number.NaN, longTasks } = await once(lab, name, how, warm)
        figures[name].joined.push(joined)
        figures[name].painted.push(painted)
        figures[name].longTasks.push(longTasks)
      }
    }
    const ratio = (/** @type {'joined' | 'painted'} */ mark, /** @type {string} */ name) => (name === OURS ? '' : digits(median(figures[OURS][mark]) / median(figures[name][mark])))
    const rows = clients.map((name) => [
      name,
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
  return tables
}
