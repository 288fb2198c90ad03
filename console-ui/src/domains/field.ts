/** The field in which a domain is entered, for what leads there. */
export const HOSTNAME_FIELD = 'site-hostname';
