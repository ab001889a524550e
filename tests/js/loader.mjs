/** node --import ./tests/js/loader.mjs --test tests/js/*.test.mjs */

import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
