/** Lets node load the browser's modules: bare names as the import map says, and .js under static/ as ES modules. */

const STATIC = new URL('../../static/', import.meta.url)

export async function resolve(specifier, context, next) {
  if (specifier === 'rbush' || specifier === 'idb-keyval') return next(new URL(`vendor/${specifier}.js`, STATIC).href, context)
  if (specifier.startsWith('@app/')) return next(new URL(`app/${specifier.slice(5)}`, STATIC).href, context)
  return next(specifier, context)
}

export async function load(url, context, next) {
  return url.startsWith(STATIC.href) ? next(url, { ...context, format: 'module' }) : next(url, context)
}
