// Medians, their spread, and tables.

/** @param {number[]} values */
export function median(values) {
  const sorted = known(values)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

/** Those that were measured, in their order: a page that was quicker than its first paint has none. @param {number[]} values */
const known = (values) => values.filter((value) => !Number.isNaN(value)).sort((one, two) => one - two)

/** Half the distance between the quartiles, as a share of the median. @param {number[]} values */
export function spread(values) {
  const sorted = known(values)
  const at = (/** @type {number} */ share) => sorted[Math.round((sorted.length - 1) * share)] ?? 0
  return (at(0.75) - at(0.25)) / 2 / (median(values) || 1)
}

/** Three digits that count. @param {number} value */
export const digits = (value) => {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  return size >= 100 ? Math.round(value).toLocaleString('en-US') : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** `value ± spread %`. @param {number[]} values */
export const cell = (values) => (values.length > 1 ? `${digits(median(values))} ±${Math.round(spread(values) * 100)}%` : digits(median(values)))

/**
 * @typedef {{ title: string, note?: string, head: string[], rows: string[][], data: unknown }} Table
 */

/** For the terminal. @param {Table} table */
export function plain({ title, note, head, rows }) {
  const lines = [head, ...rows]
  const width = head.map((_, column) => Math.max(...lines.map((line) => String(line[column] ?? '').length)))
  const text = lines.map((line) => line.map((value, column) => (column ? String(value).padStart(width[column] ?? 0) : String(value).padEnd(width[column] ?? 0))).join('   '))
  return [`\n${title}`, ...text.map((line) => `  ${line}`), ...(note ? [`  ${note}`] : [])].join('\n')
}

/** For docs/benchmarks.md. @param {Table} table */
export function markdown({ title, note, head, rows }) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [`## ${title}`, '', line(head), line(head.map((_, column) => (column ? '--:' : '---'))), ...rows.map(line), ...(note ? ['', note] : []), ''].join('\n')
}
