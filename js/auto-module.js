// The script tag for those who bundle: `import 'storywire/auto'`. The settings stand on any tag with `data-supabase-url`.
import { boot } from './boot.js'
import { start } from './start.js'

boot(async () => ({ start }), true)
