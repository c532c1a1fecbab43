// Memory: what a long life leaves behind, and what a channel costs.
import { heap, open, ready, spent, wasmMemory } from '../lab/browser.mjs'
import { cell, digits, median } from '../lab/report.mjs'

const CARDS = 50

/** Rows by the burst, as a busy day brings them. @param {import('../run.mjs').Lab} lab @param {string} client @param {number} count */
async function life({ browser, server }, client, count) {
  const { page, session, close } = await open(browser, `${server.origin}/page?client=${encodeURIComponent(client)}&cards=${CARDS}`)
  try {
    await ready(page)
    const burst = async (/** @type {number} */ size) => {
      const { texts, expected } = server.changes(size, CARDS)
      await server.send(texts)
      await page.evaluate((expected) => window.notes.until(window.notes.isShown(expected)), expected)
    }
    // What is compiled and cached in the first seconds is not growth.
    await burst(Math.min(count, 5000))
    const [before, memory] = [await heap(session), await wasmMemory(page)]
    for (let sent = 0; sent < count; sent += 10_000) await burst(Math.min(count, 10_000))
    return { growth: ((await heap(session)) - before) / count, wasm: await wasmMemory(page), wasmGrowth: (await wasmMemory(page)) - memory }
  } finally {
    await close()
  }
}

/** @param {import('../run.mjs').Lab} lab @param {string} client @param {number} count @param {number} rounds of leave and join */
async function channels({ browser, server }, client, count, rounds) {
  const { page, session, close } = await open(browser, `${server.origin}/page?client=${encodeURIComponent(client)}&cards=0`)
  try {
    await ready(page)
    const [empty, emptyWasm] = [await heap(session), await wasmMemory(page)]
    const before = await spent(session)
    await page.evaluate((count) => window.notes.bench.join(count).then(() => undefined), count)
    const cpu = ((await spent(session)).task - before.task) * 1000
    const full = await heap(session)
    const wasm = (await wasmMemory(page)) - emptyWasm
    let last = full
    for (let round = 0; round < rounds; round++) {
      await page.evaluate(() => window.notes.bench.leave())
      await page.evaluate((count) => window.notes.bench.join(count).then(() => undefined), count)
      last = await heap(session)
    }
    return { cpu, heap: (full - empty) / count, wasm: wasm / count, growth: (last - full) / 1024 }
  } finally {
    await close()
  }
}

/** @param {import('../run.mjs').Lab} lab @returns {Promise<import('../lab/report.mjs').Table[]>} */
export async function run(lab) {
  const { rounds = 3, quick, only } = lab
  const tables = []
  const lives = { title: `memory, 100,000 rows on ${CARDS} cards`, head: ['client', 'heap growth, B a message', 'WebAssembly, KB', 'its growth, KB'] }
  if (!only || lives.title.includes(only)) {
    const data = {}
    for (const client of ['realtime-js', 'storywire']) data[client] = await life(lab, client, quick ? 300 : 100_000)
    const rows = Object.entries(data).map(([name, { growth, wasm, wasmGrowth }]) => [name, digits(growth), digits(wasm / 1024), digits(wasmGrowth / 1024)])
    tables.push({ ...lives, rows, data })
  }
  const many = quick ? 20 : 1000
  const title = `${many.toLocaleString('en-US')} channels, joined at once`
  if (!only || title.includes(only)) {
    const names = ['realtime-js', 'phoenix', 'storywire, whole']
    /** @type {Record<string, Record<string, number[]>>} */
    const data = Object.fromEntries(names.map((name) => [name, { cpu: [], heap: [], wasm: [], growth: [] }]))
    for (let round = 0; round < (quick ? 1 : rounds); round++) {
      for (const name of names) for (const [part, value] of Object.entries(await channels(lab, name, many, round === 0 ? (quick ? 1 : 5) : 0))) if (part !== 'growth' || round === 0) data[name]?.[part]?.push(value)
    }
    const ours = data['storywire, whole'] ?? {}
    const rows = names.map((name) => {
      const of = data[name] ?? {}
      const ratio = (/** @type {string} */ part) => (of === ours ? '' : digits(median(ours[part] ?? []) / median(of[part] ?? [])))
      return [name, cell(of.cpu ?? []), ratio('cpu'), cell(of.heap ?? []), ratio('heap'), cell(of.wasm ?? []), digits(median(of.growth ?? []))]
    })
    tables.push({ title, head: ['client', 'CPU of the joins, ms', 'ours / this', 'heap a channel, B', 'ours / this', 'WebAssembly a channel, B', 'KB more after 5 rounds of leave and join'], rows, data })
  }
  for (const table of tables) lab.say(table)
  return tables
}
