import { isIPv4, isIPv6 } from "node:net";

/**
 * The network that an address is counted under: the IPv4 /16 or IPv6 /32, which is about what one
 * party gets hold of at once, so that nobody fills a bucket from one rack.
 *
 * @returns its text; `null` for loopback, private and link-local addresses, which are not counted,
 * and for what is no IP address
 */
export function networkOf(host: string): string | null {
  if (isIPv4(host)) {
    const [a = 0, b = 0] = host.split(".").map(Number);
    // RFC 1918, RFC 6598 (carriers' NAT), RFC 3927, and loopback.
    const isPrivate = a === 10 || a === 127 || (a === 172 && b >= 16 && b <= 31) ||
      (a === 192 && b === 168) || (a === 100 && b >= 64 && b <= 127) || (a === 169 && b === 254);
    return isPrivate ? null : `${a}.${b}`;
  }
  if (!isIPv6(host)) return null;
  const [first = "", second = ""] = host.toLowerCase().split(":");
  const high = parseInt(first || "0", 16);
  // Loopback, RFC 4193 (fc00::/7) and link-local (fe80::/10).
  if (host === "::1" || (high & 0xfe00) === 0xfc00 || (high & 0xffc0) === 0xfe80) return null;
  return `${high.toString(16)}:${parseInt(second || "0", 16).toString(16)}`;
}
