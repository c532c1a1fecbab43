// What is sent: rows, broadcasts and presence as Supabase Realtime writes them. The same numbers give the same bytes.

/** The assets of a story, in the order in which messages move them. */
export const assets = ['text', 'cover', 'audio', 'scenes', 'activities', 'pdf']

const start = Date.UTC(2026, 0, 1)
const at = (/** @type {number} */ step) => new Date(start + step).toISOString().replace('Z', '+00:00')

const summary = 'A small bear who cannot sleep asks the moon for a story, and the moon, which has seen every night there ever was, begins. '
const columns = ['id:uuid', 'user_id:uuid', 'title:text', 'summary:text', 'asset_generation_status:jsonb', 'created_at:timestamptz', 'updated_at:timestamptz']
  .map((column) => column.split(':'))
  .map(([name, type]) => ({ name, type }))

/** @param {number} number */
export const storyId = (number) => `5f0c1e7a-0000-4000-8000-${String(number).padStart(12, '0')}`

/**
 * A story that is being made. Each step moves one asset, as the worker that makes it does.
 * @typedef {{ number: number, steps: number, progress: number[], changed: number[], clock: number }} Story
 */

/** @param {number} number @returns {Story} */
export const newStory = (number) => ({ number, steps: 0, progress: assets.map(() => 0), changed: assets.map(() => 0), clock: 0 })

/**
 * Never the same twice in a row, so that every step is a change. What `last` names is a percentage that no step before it has had,
 * so that who shows it has heard everything, and not only what looks the same.
 * @param {Story} story @param {number} clock in ms; each step of any story is later than the one before
 * @param {number} [last] the burst whose last word about this asset this is
 */
export function step(story, clock, last) {
  const asset = story.steps++ % assets.length
  story.progress[asset] = last === undefined ? (Number(story.progress[asset]) + 7) % 90 : 90 + (last % 10)
  story.changed[asset] = clock
  story.clock = clock
}

/** The row of a story, about 1.5 KB. @param {Story} story */
export const row = (story) => ({
  id: storyId(story.number),
  user_id: 'a3c5b1de-7c9f-4f4e-9d43-2b1f6f1f0b7d',
  title: `The Bear Who Could Not Sleep, number ${story.number}`,
  summary: summary.repeat(4),
  asset_generation_status: {
    overall: 'generating',
    assets: Object.fromEntries(
      assets.map((asset, index) => [asset, { status: 'generating', progress: story.progress[index], url: null, error: null, updatedAt: at(story.changed[index] ?? 0) }]),
    ),
  },
  created_at: at(0),
  updated_at: at(story.clock),
})

/** The payload of `postgres_changes`. @param {Story} story @param {number[]} ids */
export const change = (story, ids) => ({
  ids,
  data: { schema: 'public', table: 'stories', type: 'UPDATE', commit_timestamp: at(story.clock), columns, record: row(story), old_record: { id: storyId(story.number) }, errors: null },
})

/** About 300 bytes. @param {string} event @param {number} number */
export const broadcast = (event, number) => ({ type: 'broadcast', event, payload: { number, words: summary.repeat(2).slice(0, 200) } })

/** Somebody of a hundred comes, or goes. @param {number} number */
export function presence(number) {
  const who = number % 100
  const metas = { [`user-${who}`]: { metas: [{ phx_ref: `F${number}`, name: `Visitor ${who}`, online_at: at(number), page: '/stories/the-bear-who-could-not-sleep' }] } }
  const isHere = Math.floor(number / 100) % 2 === 1
  if (isHere) metas[`user-${who}`].metas[0].phx_ref = `F${number - 100}`
  return isHere ? { joins: {}, leaves: metas } : { joins: metas, leaves: {} }
}
