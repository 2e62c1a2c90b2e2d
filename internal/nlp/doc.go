// Package nlp holds the text algorithms below the text views: normalization
// (Unicode NFKC), words (UAX #29) with Han characters on their own, scripts and
// languages, murmur3 hashing, document frequencies and word vectors.
//
// Everything works on byte slices and appends to the caller's memory; nothing
// allocates per token.
package nlp
