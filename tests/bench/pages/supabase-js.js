// After the UMD file, as pages without a bundler load it.
import { peer } from './peer.js'

const client = window.supabase.createClient(location.origin, 'sb_publishable_bench')
peer(client, async (id) => (await client.from('stories').select('*').eq('id', id).single()).data)
