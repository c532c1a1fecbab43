// A page of Supabase's clients, written as their documentation says.
import { showRow } from './handler.js'
import { widthsAre } from './shown.js'

/**
 * @param {any} client with `channel` and `removeChannel`
 * @param {(id: string) => Promise<any>} read the row of a story
 * @param {boolean} [own] a channel for each card, which hears of nothing but its row
 */
export function peer(client, read, own = false) {
  const { bench } = window.notes
  const cards = document.querySelectorAll('[data-story-id]')
  let last
  if (own) {
    let joined = 0
    for (const { dataset } of cards) {
      client
        .channel(`story:${dataset.storyId}`)
        .on('postgres_changes', { event: 'UPDATE', schema: 'public', table: 'stories', filter: `id=eq.${dataset.storyId}` }, (payload) => showRow(payload.new))
        .subscribe((status) => status === 'SUBSCRIBED' && (bench.isReady = ++joined === cards.length))
    }
  } else if (cards.length > 0) {
    client
      .channel('stories')
      .on('postgres_changes', { event: 'UPDATE', schema: 'public', table: 'stories' }, (payload) => showRow(payload.new))
      .subscribe((status) => (bench.isReady = status === 'SUBSCRIBED'))
    if (cards.length === 1) read(cards[0].dataset.storyId).then(showRow)
  } else {
    const channel = client.channel('room')
    channel
      .on('broadcast', { event: 'tick' }, ({ payload }) => (last = payload.number))
      .on('presence', { event: 'sync' }, () => (bench.present = Object.keys(channel.presenceState()).length))
      .subscribe((status) => (bench.isReady = status === 'SUBSCRIBED'))
  }
  bench.rows = widthsAre
  bench.last = () => last

  /** Joins so many channels. @param {number} count */
  bench.join = (count) => {
    const joining = Array.from({ length: count }, (_, number) => {
      const channel = client.channel(`many:${number}`)
      channel.on('broadcast', { event: 'tick' }, ({ payload }) => (last = payload.number))
      return new Promise((resolve) => channel.subscribe((status) => status === 'SUBSCRIBED' && resolve(channel)))
    })
    return Promise.all(joining).then((channels) => (bench.channels = channels))
  }
  bench.leave = async () => {
    const channels = bench.channels
    bench.channels = undefined
    await Promise.all(channels.map((channel) => client.removeChannel(channel)))
  }
}
