/** The token of a mailed link, which stands behind the hash so that no server's log sees it. */
export function mailToken(): string {
  return new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
}
