package tokenizer

// The tokenizers library classifies characters by the tables of its parts, which are of several
// versions of Unicode: BERT's normalizer and punctuation by one of 2015 and 2016, digits, letters
// and words by one of 2024 and 2025. These are the differences from Go's tables (Unicode 15),
// as ranges of hexadecimal code points; TestClassesAgree in the conformance tests holds them.
const (

	// format characters that BERT keeps
	controlLater = "890-891 8e2 110cd 13430-1343f"

	// nonspacing marks that BERT does not strip
	nonspacingLater = "7fd 898-89f 8ca-8e1 9fe afa-aff b55 c04 c3c d00 d3b-d3c d81 eba ece 180f 1885-1886 1abf-1ace " +
		"1df6-1dfb a82c a8c5 a8ff a9bd 10d24-10d27 10eab-10eac 10efd-10eff 10f46-10f50 10f82-10f85 " +
		"11070 11073-11074 110c2 111c9 111cf 1123e 11241 1133b 11438-1143f 11442-11444 11446 1145e " +
		"1182f-11837 11839-1183a 1193b-1193c 1193e 11943 119d4-119d7 119da-119db 119e0 11a01-11a0a " +
		"11a33-11a38 11a3b-11a3e 11a47 11a51-11a56 11a59-11a5b 11a8a-11a96 11a98-11a99 11c30-11c36 " +
		"11c38-11c3d 11c3f 11c92-11ca7 11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a " +
		"11d3c-11d3d 11d3f-11d45 11d47 11d90-11d91 11d95 11d97 11ef3-11ef4 11f00-11f01 11f36-11f3a " +
		"11f40 11f42 13440 13447-13455 16f4f 16fe4 1cf00-1cf2d 1cf30-1cf46 1e000-1e006 1e008-1e018 " +
		"1e01b-1e021 1e023-1e024 1e026-1e02a 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef " +
		"1e944-1e94a"

	// what was a nonspacing mark
	nonspacingOnce = "1734"

	// marks that StripAccents keeps
	markLater = "7fd 898-89f 8ca-8d3 9fe afa-aff b55 c04 c3c cf3 d00 d3b-d3c d81 eba ece 1715 180f 1abf-1ace " +
		"1cf7 1df6-1dfa a82c a8ff 10d24-10d27 10eab-10eac 10efd-10eff 10f46-10f50 10f82-10f85 11070 " +
		"11073-11074 110c2 11145-11146 111c9 111ce-111cf 11241 1133b 1145e 1182c-1183a 11930-11935 " +
		"11937-11938 1193b-1193e 11940 11942-11943 119d1-119d7 119da-119e0 119e4 11a01-11a0a " +
		"11a33-11a39 11a3b-11a3e 11a47 11a51-11a5b 11a8a-11a99 11d31-11d36 11d3a 11d3c-11d3d " +
		"11d3f-11d45 11d47 11d8a-11d8e 11d90-11d91 11d93-11d97 11ef3-11ef6 11f00-11f01 11f03 " +
		"11f34-11f3a 11f3e-11f42 13440 13447-13455 16f4f 16f7f-16f87 16fe4 16ff0-16ff1 1cf00-1cf2d " +
		"1cf30-1cf46 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef"

	// what was a mark
	markOnce = "1cf2-1cf3"

	// punctuation that does not split words
	punctuationLater = "61d 9fd a76 c77 c84 1b7d-1b7e 2e43-2e4f 2e52-2e5d 10ead 10f55-10f59 10f86-10f89 1144b-1144f " +
		"1145a-1145b 1145d 11660-1166c 116b9 1183b 11944-11946 119e2 11a3f-11a46 11a9a-11a9c " +
		"11a9e-11aa2 11b00-11b09 11c41-11c45 11c70-11c71 11ef7-11ef8 11f43-11f4f 11fff 12ff1-12ff2 " +
		"16e97-16e9a 16fe2 1e95e-1e95f"

	// what was punctuation
	punctuationOnce = "166d 111c9"

	// numbers of the pre-tokenizer Digits
	numericNewer = "10d40-10d49 116d0-116e3 11bf0-11bf9 11de0-11de9 16130-16139 16d70-16d79 16ff4-16ff6 " +
		"1ccf0-1ccf9 1e5f1-1e5fa"

	// letters of regular expressions (\p{L})
	letterNewer = "1c89-1c8a a7cb-a7cd a7da-a7dc 105c0-105f3 10d4a-10d65 10d6f-10d85 10ec2-10ec4 11380-11389 " +
		"1138b 1138e 11390-113b5 113b7 113d1 113d3 11bc0-11be0 13460-143fa 16100-1611d 16d40-16d6c " +
		"18cff 1e5d0-1e5ed 1e5f0 2ebf0-2ee5d"

	// numbers and digits of regular expressions (\p{N}, \d)
	numberNewer = "10d40-10d49 116d0-116e3 11bf0-11bf9 16130-16139 16d70-16d79 1ccf0-1ccf9 1e5f1-1e5fa"

	// word characters (\w)
	wordNewer = "897 1c89-1c8a a7cb-a7cd a7da-a7dc 105c0-105f3 10d40-10d65 10d69-10d6d 10d6f-10d85 " +
		"10ec2-10ec4 10efc 11380-11389 1138b 1138e 11390-113b5 113b7-113c0 113c2 113c5 113c7-113ca " +
		"113cc-113d3 113e1-113e2 116d0-116e3 11bc0-11be0 11bf0-11bf9 11f5a 13460-143fa 16100-16139 " +
		"16d40-16d6c 16d70-16d79 18cff 1ccf0-1ccf9 1e5d0-1e5fa 2ebf0-2ee5d"

	// what BERT takes for Chinese characters
	chineseRanges = "3400-4dbf 4e00-9fff f900-faff 20000-2a6df 2a700-2b81f 2b920-2ceaf 2f800-2fa1f"

	// what the normalizer Nmt removes
	nmtRemoved = "1-8 b e-1f 7f 8f 9f"

	// what the normalizer Nmt turns into a space
	nmtSpace = "9-a c-d 20 1680 200b-200f 2028-2029 2581 feff fffd"

	// what does not decompose
	canonicalLater = "11938"

	// what does not decompose to its compatible characters
	compatibilityLater = "32ff a7f2-a7f4 ab69 10781-10785 10787-107b0 107b2-107ba 11938 1e030-1e06d 1f16c 1fbf0-1fbf9"
)

// lowerNewer maps capital letters newer than Go's tables: from, to, number of letters.
var lowerNewer = [][3]rune{
	{0x1c89, 0x1c8a, 1},
	{0xa7cb, 0x264, 1},
	{0xa7cc, 0xa7cd, 1},
	{0xa7ce, 0xa7cf, 1},
	{0xa7d2, 0xa7d3, 1},
	{0xa7d4, 0xa7d5, 1},
	{0xa7da, 0xa7db, 1},
	{0xa7dc, 0x19b, 1},
	{0x10d50, 0x10d70, 22},
	{0x16ea0, 0x16ebb, 25},
}
