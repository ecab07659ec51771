/** How our own addresses begin. */

/** @param ssl the settings of that name */
export const schemeOf = ({ enabled }: { readonly enabled: boolean }): 'http' | 'https' => (enabled ? 'https' : 'http')
