package nlp

import "strings"

// EnglishFunctionWords are the words that carry grammar rather than content:
// articles, pronouns, prepositions, conjunctions, auxiliaries, negations, degree
// words; the closed word classes of Quirk et al., A Comprehensive Grammar of the
// English Language (1985), the commonest of each.
var EnglishFunctionWords = strings.Fields(`
a an the this that these those some any no every all both
i me my you your he him his she her it its we us our they them their
who what which when where why how there
be am is are was were been have has had do does did
can could will would should may might must
not don't doesn't didn't isn't wasn't won't can't cannot never nothing
and or but if because although though while so than as unless until since however
of in to for with on at by from up about into over after out off down without
very too more most less just only even also still again really quite much many few little enough
now then always one two first`)

// ChineseFunctionCharacters are the particles, pronouns, negations, adverbs and
// prepositions that Chinese grammar treats as function words (Chao, A Grammar of
// Spoken Chinese, 1968) and that one character can stand for.
var ChineseFunctionCharacters = strings.Fields(`
的 了 是 不 在 有 我 你 他 她 它 们 这 那 和 与 也 就 都 而 着 过 地 得 很 太 更 最 还 又 再 才 只
没 无 别 被 把 给 让 对 从 到 以 为 因 所 但 如 虽 或 吗 呢 吧 啊 啦 哦 哈 个 些 点 次 会 能 可 要 该 真 什 么 怎 谁 几 多`)

// PunctuationMarks are the characters whose rates the syntactic view measures,
// after NFKC: full-width marks have become ASCII, the ellipsis three dots.
var PunctuationMarks = []rune(`.,;:?!'"()[]-_/\&%$#@*+=<>~^|。、《》「」—“”`)
