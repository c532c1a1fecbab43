// The emotion stream on a page without code: `data-profile` on the tag says whose.
import { addPartStyles } from '../part-styles.js'

/** @param {import('../parts.js').Page} page */
export function start({ tag, run, follow, say }) {
  if (!tag.profile) {
    console.warn('Storywire: [data-sw-emotion] needs to know whose feelings it shows: give the script tag data-profile.')
    return
  }
  const styled = addPartStyles(tag.styles, new URL('emotions.css', import.meta.url).href)
  /** @type {{ close(): void } | undefined} */
  let stream
  let wanted = ''
  follow(tag.profile, (profile) => {
    stream?.close()
    stream = undefined
    const own = (wanted = String(profile ?? ''))
    if (!own) return
    run(async (client) => {
      await styled
      // Another one may be wanted by now.
      if (own !== wanted) return
      stream = client.emotions(own, {
        onEmotion: (emotion) => say('emotion', emotion),
        onError: ({ message, retryIn }) => retryIn === null && console.warn(`Storywire: ${message}`),
      })
    })
  })
}
