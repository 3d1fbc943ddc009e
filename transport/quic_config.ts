import { TLS_SIGNATURE_ALGORITHM } from "../security/mod.ts";
import { isLoopback } from "./address.ts";
import {
  ALPN,
  CONNECTION_WINDOW_BYTES,
  INITIAL_STREAM_WINDOW_BYTES,
  MAX_DATAGRAM_BYTES,
  MAX_STREAM_WINDOW_BYTES,
  MAX_STREAMS,
  MIN_INITIAL_BYTES,
} from "./constants.ts";
import { quiche, type QuicheConfig } from "./quiche.ts";

/** What an endpoint proves itself with. */
export interface Credentials {
  /** An X.509 certificate on an Ed25519 key, and those that vouch for it; PEM. */
  readonly certificatePem: string;
  /** The certificate's private key, PKCS #8; PEM. */
  readonly privateKeyPem: string;
}

/** How much may flow, on each connection. All of them in bytes, except counts of streams. */
export interface FlowLimits {
  /** What a peer may send on a stream before any of it is read; default 65,536. */
  readonly initialStreamWindow?: number;
  /** Where the window of a quickly read stream stops growing; default 4 MiB. */
  readonly maxStreamWindow?: number;
  /**
   * Streams with two directions that a peer may have open; default 512. quiche 0.18 never repeats a
   * lost MAX_STREAMS, so a peer that has reached the limit can be held up until another of its
   * streams ends: make it larger than any burst.
   */
  readonly maxBidiStreams?: number;
  /** The same for streams with one direction; default 512. */
  readonly maxUniStreams?: number;
}

/** What the configurations of an endpoint are made from. */
export interface ConfigOptions {
  readonly credentials: Credentials;
  readonly idleTimeoutMs: number;
  readonly flow: FlowLimits;
  /** Largest datagram to hosts that are not this one, in bytes: 1,200 to 16,384. */
  readonly datagramBytes: number;
  /** Largest datagram to loopback addresses, in bytes: 1,200 to 16,384. */
  readonly loopbackDatagramBytes: number;
}

/**
 * The quiche configurations of an endpoint: QUIC fixes the size of sent datagrams per
 * configuration, so there is one for this host and one for all others. What can be received is the
 * same for both, and told to the peer, which sends no more than that.
 */
export class QuicConfigs {
  readonly #loopback: QuicheConfig;
  readonly #others: QuicheConfig;

  /**
   * @throws {QuicheUnavailableError} When the native binding could not be loaded.
   * @throws {TypeError} When the credentials cannot be read.
   * @throws {RangeError} When a datagram size is out of bounds.
   */
  constructor(options: ConfigOptions) {
    this.#others = makeConfig(options, options.datagramBytes);
    this.#loopback = makeConfig(options, options.loopbackDatagramBytes);
  }

  /** The configuration for a peer at an IP address. */
  for(host: string): QuicheConfig {
    return isLoopback(host) ? this.#loopback : this.#others;
  }
}

function makeConfig(options: ConfigOptions, datagramBytes: number): QuicheConfig {
  if (!(datagramBytes >= MIN_INITIAL_BYTES && datagramBytes <= MAX_DATAGRAM_BYTES)) {
    throw new RangeError(
      `datagrams of ${datagramBytes} bytes: choose ${MIN_INITIAL_BYTES} to ${MAX_DATAGRAM_BYTES}`,
    );
  }
  const { flow } = options;
  const config = tlsConfig(options.credentials);
  config.setApplicationProtos([ALPN]);
  config.setMaxIdleTimeout(options.idleTimeoutMs);
  config.setMaxRecvUdpPayloadSize(MAX_DATAGRAM_BYTES);
  config.setMaxSendUdpPayloadSize(datagramBytes);
  const streamWindow = flow.initialStreamWindow ?? INITIAL_STREAM_WINDOW_BYTES;
  config.setInitialMaxData(CONNECTION_WINDOW_BYTES);
  config.setInitialMaxStreamDataBidiLocal(streamWindow);
  config.setInitialMaxStreamDataBidiRemote(streamWindow);
  config.setInitialMaxStreamDataUni(streamWindow);
  config.setMaxStreamWindow(flow.maxStreamWindow ?? MAX_STREAM_WINDOW_BYTES);
  config.setInitialMaxStreamsBidi(flow.maxBidiStreams ?? MAX_STREAMS);
  config.setInitialMaxStreamsUni(flow.maxUniStreams ?? MAX_STREAMS);
  config.enablePacing(false); // its times are hints to a socket that could keep them; ours cannot
  config.grease(false);
  return config;
}

function tlsConfig({ certificatePem, privateKeyPem }: Credentials): QuicheConfig {
  const encoder = new TextEncoder();
  const { Config } = quiche();
  try {
    // Both sides must present a certificate and prove its key; whose it is, the owner judges.
    return Config.withBoringSslCtx(
      true,
      true,
      null,
      [encoder.encode(privateKeyPem)],
      [encoder.encode(certificatePem)],
      TLS_SIGNATURE_ALGORITHM,
    );
  } catch (cause) {
    throw new TypeError(
      "the endpoint's credentials cannot be used: give an X.509 certificate on an Ed25519 key, " +
        "and the PKCS #8 private key that belongs to it, both as PEM",
      { cause },
    );
  }
}
