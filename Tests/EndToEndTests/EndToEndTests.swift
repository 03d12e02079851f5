import Testing

/// The whole program on real containers. One test at a time: each fills a machine's ring buffers.
@Suite(.serialized) enum EndToEndTests {}
