// The whole client, as a page's own module uses it.
import { createClient } from './storywire/index.js'
import { peer } from './peer.js'

const client = createClient(location.origin, 'sb_publishable_bench', { channelLimit: 2000, timing: { joinInterval: 0 } })
window.notes.client = client
peer(client, async () => undefined)
