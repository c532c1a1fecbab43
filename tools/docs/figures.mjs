// The few figures of README.md, from the tables of docs/benchmarks.md, which `npm run bench` has measured: those where it is
// ahead, and those where it is not.

const names = { ours: 'Storywire', realtime: 'realtime-js', supabase: 'supabase-js', bare: 'no client' }

/**
 * What is shown: the words, the table and its column, the rows by client, and what measures it.
 * @type {{ what: string, table: string, column: string, rows: Partial<Record<keyof typeof names, string>>, bench: string }[]}
 */
const shown = [
  ...[
    { what: 'main thread a message, µs: a burst, 50 cards', table: 'burst of 10,000 rows, 50 cards', column: 'CPU a message, µs' },
    { what: 'the same with 500 cards', table: 'burst of 10,000 rows, 500 cards', column: 'CPU a message, µs' },
    { what: 'the same, 60 messages a second, 50 cards', table: '60 rows a second, 50 cards', column: 'CPU a message, µs' },
    { what: 'ms from the burst until 50 cards are right', table: 'burst of 10,000 rows, 50 cards', column: 'ms to the right state' },
  ].map((one) => ({ ...one, rows: { ours: 'storywire', realtime: 'realtime-js', bare: 'bare' }, bench: 'messages' })),
  {
    what: 'ms that a tap waits at 10,000 messages a second (95 of 100)',
    table: '10,000 rows a second for three seconds, 50 cards, somebody taps ten times a second',
    column: '95 of 100',
    rows: { ours: 'storywire', realtime: 'realtime-js', bare: 'bare' },
    bench: 'messages',
  },
  ...[
    { what: 'B of the heap a channel, of 1,000', column: 'heap a channel, B' },
    { what: 'B of WebAssembly\'s memory beside it', column: 'WebAssembly a channel, B' },
    { what: 'ms of the main thread to join them', column: 'CPU of the joins, ms' },
  ].map((one) => ({ ...one, table: '1,000 channels, joined at once', rows: { ours: 'storywire, whole', realtime: 'realtime-js' }, bench: 'memory' })),
  ...[
    { what: 'ms to the first join, Fast 3G', table: 'start, Fast 3G', column: 'to joined' },
    { what: 'ms to the first content, Fast 3G', table: 'start, Fast 3G', column: 'to the first bar' },
    { what: 'ms to the first join, CPU 6 times slower', table: 'start, CPU 6x slower', column: 'to joined' },
  ].map((one) => ({ ...one, rows: { ours: 'storywire, exact version', realtime: 'realtime-js', supabase: 'supabase-js', bare: 'bare' }, bench: 'start' })),
  {
    what: 'bytes to download, brotli',
    table: 'size, bytes',
    column: 'brotli 11',
    rows: { ours: 'storywire, a story page (scripts, WebAssembly)', realtime: '@supabase/realtime-js', supabase: 'supabase-js, the UMD file that such pages load' },
    bench: 'size',
  },
]

/** The tables of a document, by their titles: the head, and the rows by their first cell. @param {string} text */
export function tablesOf(text) {
  const cells = (/** @type {string} */ line) => line.split('|').slice(1, -1).map((cell) => cell.trim())
  return new Map(
    text.split(/^## /m).slice(1).map((part) => {
      const [title = '', ...lines] = part.split('\n')
      const [head = '', , ...rows] = lines.filter((line) => line.startsWith('|'))
      return [title, { head: cells(head), rows: new Map(rows.map((row) => [String(cells(row)[0]), cells(row)])) }]
    }),
  )
}

/** @param {string} benchmarks docs/benchmarks.md @returns {string} a table */
export function figures(benchmarks) {
  const tables = tablesOf(benchmarks)
  const columns = /** @type {(keyof typeof names)[]} */ (Object.keys(names))
  const lines = shown.map(({ what, table, column, rows, bench }) => {
    const { head, rows: found } = tables.get(table) ?? {}
    if (!head || !found) throw new Error(`docs/benchmarks.md has no table "${table}": npm run bench -- ${bench}`)
    const value = (/** @type {string | undefined} */ row) => {
      if (!row) return ''
      const cell = found.get(row)?.[head.indexOf(column)]
      if (cell === undefined) throw new Error(`the table "${table}" has no ${column} of ${row}: npm run bench -- ${bench}`)
      return cell.replace(/ ±.*/, '')
    }
    return [what, ...columns.map((name) => value(rows[name])), `\`-- ${bench}\``]
  })
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [line(['', ...Object.values(names), '`npm run bench`']), line(['---', ...columns.map(() => '--:'), '---']), ...lines.map(line)].join('\n')
}
